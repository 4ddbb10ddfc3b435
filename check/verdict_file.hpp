// A report as JSON, for programs and to be read back: verdicts are kept in a file keyed by the instruction set's hash, so that what was decided once is not
// decided again, and the translator can ask. A file is believed only where it says that this very checker wrote it about this very instruction set.
#pragma once

#include <string>
#include <string_view>

#include "check/decide.hpp"
#include "isa/error.hpp"

namespace vmsim::check {

/// Objects theorem1, theorem2, theorem3, safe and the other claims, each with `holds` and `because`; instructions[] with name, classes, verdict, witness.
std::string to_json(const Report& report);

/// What a file of verdicts turned out to be.
struct Kept {
  enum class State : uint8_t { usable, stale, damaged };
  State state = State::damaged;
  std::string why;  // it is not usable
  Report report;
};

/// Reads what to_json wrote. Stale: of another instruction set or checker, or with questions that stayed open. Damaged: no such file at all.
Kept read_verdicts(const Isa& isa, std::string_view text);

/// "0123456789abcdef.json", under which the verdicts of `isa` are kept.
std::string verdict_file_name(const Isa& isa);

}  // namespace vmsim::check
