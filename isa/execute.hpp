// One instruction on one machine: the row's user rule, then the row. Every reader that runs decoded instructions one at
// a time comes through here; engines that specialise per row apply `user_rule` where they decode.
#pragma once

#include "isa/isa.hpp"
#include "isa/table.hpp"

namespace vmsim {

/// What a row's user rule leaves to do in `mode`.
inline UserRule effective_rule(const RowInfo& row, Mode mode) {
  return mode == Mode::user ? row.user : UserRule::execute;
}

/// Calls `f.template operator()<Op>()` for the operation `op`; a switch, so that f can be inlined into each case.
template <class F>
constexpr decltype(auto) dispatch(Op op, F&& f) {
  static_assert(row_count <= 96);
#define VMSIM_CASE(n) \
  case n:             \
    if constexpr ((n) < row_count) return f.template operator()<(n)>(); \
    else break;
#define VMSIM_CASES(n) \
  VMSIM_CASE(n) VMSIM_CASE(n + 1) VMSIM_CASE(n + 2) VMSIM_CASE(n + 3) \
  VMSIM_CASE(n + 4) VMSIM_CASE(n + 5) VMSIM_CASE(n + 6) VMSIM_CASE(n + 7)
  switch (op) {
    VMSIM_CASES(0) VMSIM_CASES(8) VMSIM_CASES(16) VMSIM_CASES(24) VMSIM_CASES(32) VMSIM_CASES(40)
    VMSIM_CASES(48) VMSIM_CASES(56) VMSIM_CASES(64) VMSIM_CASES(72) VMSIM_CASES(80) VMSIM_CASES(88)
    default: break;
  }
#undef VMSIM_CASES
#undef VMSIM_CASE
  __builtin_unreachable();
}

/// Executes `i` on `m`, whose word() is i.word and whose next pc defaults to pc + 4.
template <class M>
void execute(M& m, const Instruction& i) {
  if (!i.legal()) return illegal_instruction(m);
  const RowInfo& row = m.isa().row(i.op);
  switch (effective_rule(row, m.mode())) {
    case UserRule::trap: return illegal_instruction(m);
    case UserRule::ignore: return;
    case UserRule::execute: break;
  }
  const auto operands = decode_operands<typename M::Value>(row.format, i.word);
  dispatch(i.op, [&]<int Index>() { RowAt<Index>::execute(m, operands); });
}

}  // namespace vmsim
