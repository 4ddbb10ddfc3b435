// Zicsr (unprivileged specification, chapter 9): each reads a control register, then writes it unless the source is
// x0 or the immediate 0. The rules of each register are in csr.hpp.
#pragma once

#include <tuple>

#include "isa/csr.hpp"
#include "isa/row.hpp"

namespace vmsim::rows {

// clang-format off
inline constexpr auto zicsr = std::tuple(
    insn<"csrrw",  "------------ ----- 001 ----- 1110011", Format::Csr>([](auto& m, auto o) { csr_access(m, o.csr, o.rd, true, [&](auto) { return m.x(o.rs1); }); }),
    insn<"csrrs",  "------------ ----- 010 ----- 1110011", Format::Csr>([](auto& m, auto o) { csr_access(m, o.csr, o.rd, !o.zero_source, [&](auto old) { return old | m.x(o.rs1); }); }),
    insn<"csrrc",  "------------ ----- 011 ----- 1110011", Format::Csr>([](auto& m, auto o) { csr_access(m, o.csr, o.rd, !o.zero_source, [&](auto old) { return old & ~m.x(o.rs1); }); }),
    insn<"csrrwi", "------------ ----- 101 ----- 1110011", Format::CsrImm>([](auto& m, auto o) { csr_access(m, o.csr, o.rd, true, [&](auto) { return o.imm; }); }),
    insn<"csrrsi", "------------ ----- 110 ----- 1110011", Format::CsrImm>([](auto& m, auto o) { csr_access(m, o.csr, o.rd, !o.zero_source, [&](auto old) { return old | o.imm; }); }),
    insn<"csrrci", "------------ ----- 111 ----- 1110011", Format::CsrImm>([](auto& m, auto o) { csr_access(m, o.csr, o.rd, !o.zero_source, [&](auto old) { return old & ~o.imm; }); }));
// clang-format on

}  // namespace vmsim::rows
