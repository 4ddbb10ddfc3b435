// RV32M: multiplication and division (unprivileged specification, chapter 7). Division by zero gives all ones and
// the dividend; the one overflowing division gives the dividend and zero (table 7.1).
#pragma once

#include <tuple>

#include "isa/row.hpp"

namespace vmsim::rows {

template <class V>
constexpr auto division_overflows(V a, V b) {
  return eq(a, V{0x8000'0000u}) & eq(b, V{0xFFFF'FFFFu});
}

// clang-format off
inline constexpr auto rv32m = std::tuple(
    insn<"mul",    "0000001 ----- ----- 000 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) * m.x(o.rs2)); }),
    insn<"mulh",   "0000001 ----- ----- 001 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, mulh_ss(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"mulhsu", "0000001 ----- ----- 010 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, mulh_su(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"mulhu",  "0000001 ----- ----- 011 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, mulh_uu(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"div",    "0000001 ----- ----- 100 ----- 0110011", Format::R>([](auto& m, auto o) {
      auto a = m.x(o.rs1), b = m.x(o.rs2);
      m.set(o.rd, select(eq(b, 0u), ~0u, select(division_overflows(a, b), a, div_s(a, b))));
    }),
    insn<"divu",   "0000001 ----- ----- 101 ----- 0110011", Format::R>([](auto& m, auto o) {
      auto a = m.x(o.rs1), b = m.x(o.rs2);
      m.set(o.rd, select(eq(b, 0u), ~0u, div_u(a, b)));
    }),
    insn<"rem",    "0000001 ----- ----- 110 ----- 0110011", Format::R>([](auto& m, auto o) {
      auto a = m.x(o.rs1), b = m.x(o.rs2);
      m.set(o.rd, select(eq(b, 0u), a, select(division_overflows(a, b), 0u, rem_s(a, b))));
    }),
    insn<"remu",   "0000001 ----- ----- 111 ----- 0110011", Format::R>([](auto& m, auto o) {
      auto a = m.x(o.rs1), b = m.x(o.rs2);
      m.set(o.rd, select(eq(b, 0u), a, rem_u(a, b)));
    }));
// clang-format on

}  // namespace vmsim::rows
