// Which steps and acts a trace shows: a window of steps, and a filter.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "isa/error.hpp"
#include "isa/image.hpp"
#include "isa/isa.hpp"
#include "vcpu/trace.hpp"

namespace vmsim {

/// Everything between two steps that the filter lets through. A filter is terms `KEY=VALUE` with commas between; terms of one key are
/// alternatives, different keys must all hold:
///   op=csrrw        the instruction's name in the table
///   pc=LOW-HIGH     an address, a symbol, or two of them
///   mode=user       or kernel: the virtual mode before the step
///   kind=emulate    what the monitor did; leaves acts only
///   cause=8         or a name (user-ecall): of a trap or an interrupt
class Selection {
 public:
  uint64_t from = 0, until = ~uint64_t{0};  // steps

  static Result<Selection> parse(const Isa& isa, const SymbolTable& symbols, const std::string& filter);

  [[nodiscard]] bool takes(const Isa& isa, const Record& record) const;
  [[nodiscard]] bool takes(const Isa& isa, const Act& act) const;

 private:
  [[nodiscard]] bool takes_place(const Isa& isa, uint64_t step, uint32_t pc, uint32_t word, Mode mode) const;

  std::set<Op> ops_;
  std::vector<std::pair<uint32_t, uint32_t>> pcs_;  // both ends included
  std::set<Mode> modes_;
  std::set<ActKind> kinds_;
  std::set<uint32_t> causes_;
};

}  // namespace vmsim
