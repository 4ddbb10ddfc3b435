// Verdicts that are kept between runs of vmsim: in a folder of the user's, by the instruction set's hash, or in a file that the user names.
#pragma once

#include <optional>

#include "check/decide.hpp"
#include "isa/error.hpp"

namespace vmsim::cli {

struct VerdictStore {
  std::string file;  // where the user wants them; empty: in the folder
  bool off = false;  // neither read nor written

  /// The report of `isa`, where one is kept that can be believed. What is there and cannot is told on standard error.
  /// A named file that is there and holds something else is an error: it would be overwritten.
  [[nodiscard]] Result<std::optional<check::Report>> find(const Isa& isa) const;
  /// Keeps `report`. A folder that cannot be written to is no error.
  [[nodiscard]] Result<void> keep(const Isa& isa, const check::Report& report) const;

 private:
  [[nodiscard]] std::string path(const Isa& isa) const;
};

}  // namespace vmsim::cli
