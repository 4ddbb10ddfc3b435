// RV32A: load-reserved, store-conditional and read-modify-write (unprivileged specification, chapter 8). One hart
// and steps in order make aq and rl hints. Misaligned atomics trap; AMO and SC fault as stores do.
#pragma once

#include <tuple>

#include "isa/row.hpp"

namespace vmsim::rows {

/// The physical word an atomic works on: misalignment is found first, then translation and permission, as `access` has them.
template <class M>
constexpr typename M::Value atomic_word(M& m, typename M::Value address, Access access) {
  m.branch(ne(address & 3u, 0u), [&] { m.trap(access == Access::load ? cause::load_misaligned : cause::store_misaligned, address); });
  return m.atomic(address, access);
}

template <class M, class O, class Op>
constexpr void amo(M& m, const O& o, Op op) {
  auto address = m.x(o.rs1);
  atomic_word(m, address, Access::store);
  auto old = m.load(address, Width::word);
  m.store(address, op(old, m.x(o.rs2)), Width::word);
  m.set(o.rd, old);
}

// clang-format off
inline constexpr auto rv32a = std::tuple(
    insn<"amoadd.w",  "00000 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return a + b; }); }),
    insn<"amoswap.w", "00001 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto, auto b) { return b; }); }),
    insn<"lr.w",      "00010 -- 00000 ----- 010 ----- 0101111", Format::Reserve>([](auto& m, auto o) {
      auto address = m.x(o.rs1);
      auto word = atomic_word(m, address, Access::load);
      auto value = m.load(address, Width::word);
      m.reserve(word);
      m.set(o.rd, value);
    }),
    insn<"sc.w",      "00011 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) {
      auto address = m.x(o.rs1), value = m.x(o.rs2);
      auto held = m.reserved(atomic_word(m, address, Access::store));
      m.branch(held, [&] { m.store(address, value, Width::word); });
      m.release();
      m.set(o.rd, select(held, 0u, 1u));
    }),
    insn<"amoxor.w",  "00100 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return a ^ b; }); }),
    insn<"amoor.w",   "01000 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return a | b; }); }),
    insn<"amoand.w",  "01100 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return a & b; }); }),
    insn<"amomin.w",  "10000 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return select(lt_s(b, a), b, a); }); }),
    insn<"amomax.w",  "10100 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return select(lt_s(a, b), b, a); }); }),
    insn<"amominu.w", "11000 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return select(lt_u(b, a), b, a); }); }),
    insn<"amomaxu.w", "11100 -- ----- ----- 010 ----- 0101111", Format::Atomic>([](auto& m, auto o) { amo(m, o, [](auto a, auto b) { return select(lt_u(a, b), b, a); }); }));
// clang-format on

}  // namespace vmsim::rows
