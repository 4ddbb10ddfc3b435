// Environment calls, trap return, wait and fence of translations (unprivileged specification, section 2.8; privileged
// specification 1.12, sections 3.3 and 4.2.1).
#pragma once

#include <tuple>

#include "isa/row.hpp"
#include "isa/trap.hpp"

namespace vmsim::rows {

// clang-format off
inline constexpr auto system = std::tuple(
    insn<"ecall",             "0000000 00000 00000 000 00000 1110011", Format::None>([](auto& m, auto) { m.trap(m.mode() == Mode::user ? cause::user_ecall : cause::kernel_ecall, 0u); }),
    insn<"ebreak",            "0000000 00001 00000 000 00000 1110011", Format::None>([](auto& m, auto) { m.trap(cause::breakpoint, m.pc()); }),
    kernel_insn<"sret",       "0001000 00010 00000 000 00000 1110011", Format::None>([](auto& m, auto) { leave_trap(m); }),
    kernel_insn<"wfi",        "0001000 00101 00000 000 00000 1110011", Format::None>([](auto& m, auto) { m.wait(); }),
    kernel_insn<"sfence.vma", "0001001 ----- ----- 000 00000 1110011", Format::Flush>([](auto& m, auto o) { m.flush({o.rs1 == 0, o.rs2 == 0, m.x(o.rs1), m.x(o.rs2)}); }));
// clang-format on

}  // namespace vmsim::rows
