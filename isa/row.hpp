// One instruction: name, encoding, format, what it does in user mode, and its meaning as a generic lambda over a
// machine. A malformed pattern, or one that leaves other bits open than its format's operands, does not compile.
#pragma once

#include "isa/format.hpp"
#include "isa/machine.hpp"
#include "isa/pattern.hpp"

namespace vmsim {

/// What executing an instruction in user mode does. A variant may change it per row.
enum class UserRule : uint8_t {
  execute,  // the same as in kernel mode
  trap,     // illegal instruction
  ignore,   // retires and does nothing
  filter,   // of a control register: some bits only
};
/// As a variant's file calls it.
constexpr std::string_view name(UserRule rule) {
  constexpr std::string_view names[] = {"execute", "trap", "ignore", "filter"};
  return names[static_cast<size_t>(rule)];
}

template <Text Name, Text Bits, Format F, UserRule User, class Does>
struct Row {
  static constexpr std::string_view name = Name.view();
  static constexpr Pattern pattern = parse_pattern(Bits.view());
  static constexpr Format format = F;
  static constexpr UserRule user = User;
  static_assert(pattern.well_formed, "an encoding pattern has 32 characters of 0, 1 and -");
  static_assert((pattern.mask ^ operand_mask(F)) == ~0u, "the pattern must leave exactly the format's operand bits open");

  template <class M, class O>
  static constexpr void execute(M& m, const O& o) {
    Does{}(m, o);
  }
};

/// An instruction that every mode may execute.
template <Text Name, Text Bits, Format F, class Does>
constexpr auto insn(Does) {
  return Row<Name, Bits, F, UserRule::execute, Does>{};
}

/// An instruction that traps as illegal in user mode.
template <Text Name, Text Bits, Format F, class Does>
constexpr auto kernel_insn(Does) {
  return Row<Name, Bits, F, UserRule::trap, Does>{};
}

}  // namespace vmsim
