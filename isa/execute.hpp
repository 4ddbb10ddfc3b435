// One instruction on one machine: the row's user rule, then the row. Every reader that runs decoded instructions one at
// a time comes through here; engines that specialise per row apply `user_rule` where they decode.
#pragma once

#include "isa/isa.hpp"
#include "isa/semantics/run.hpp"
#include "isa/table.hpp"

namespace vmsim {

/// What a row's user rule leaves to do in `mode`.
inline UserRule effective_rule(const RowInfo& row, Mode mode) { return mode == Mode::user ? row.user : UserRule::execute; }

/// Calls `f.template operator()<Index>()` for `index`, one of 0 to Count - 1; a switch, so that f can be inlined into
/// each case.
template <int Count = row_count, class F>
[[gnu::always_inline]] constexpr decltype(auto) dispatch(int index, F&& f) {
  static_assert(Count <= 96);
#define VMSIM_CASE(n)                                               \
  case n:                                                           \
    if constexpr ((n) < Count) return f.template operator()<(n)>(); \
    else break;
#define VMSIM_EIGHT(n) \
  VMSIM_CASE((n)) VMSIM_CASE((n) + 1) VMSIM_CASE((n) + 2) VMSIM_CASE((n) + 3) VMSIM_CASE((n) + 4) VMSIM_CASE((n) + 5) VMSIM_CASE((n) + 6) VMSIM_CASE((n) + 7)
  switch (index) {
    VMSIM_EIGHT(0)
    VMSIM_EIGHT(8)
    VMSIM_EIGHT(16)
    VMSIM_EIGHT(24)
    VMSIM_EIGHT(32)
    VMSIM_EIGHT(40)
    VMSIM_EIGHT(48)
    VMSIM_EIGHT(56)
    VMSIM_EIGHT(64)
    VMSIM_EIGHT(72)
    VMSIM_EIGHT(80)
    VMSIM_EIGHT(88)
    default: break;
  }
#undef VMSIM_EIGHT
#undef VMSIM_CASE
  __builtin_unreachable();
}

/// Executes the row at index `op`, whatever the mode.
template <class M>
void execute_row(M& m, Op op, const Operands<typename M::Value>& operands) {
  if (m.isa().row(op).does != nullptr) return semantics::run(m, *m.isa().row(op).does, operands);
  dispatch(op, [&]<int Index>() { RowAt<Index>::execute(m, operands); });
}

/// Does what the user rule of a decoded instruction says, and `row()`, which executes its row, where that is still to do.
template <class M>
void by_user_rule(M& m, Op op, auto&& row) {
  if (op == illegal_op) return illegal_instruction(m);
  switch (effective_rule(m.isa().row(op), m.mode())) {
    case UserRule::trap: return illegal_instruction(m);
    case UserRule::ignore: return;
    case UserRule::execute:
    case UserRule::filter: return row();
  }
}

/// Executes a decoded instruction: its user rule, then its row.
template <class M>
void execute_decoded(M& m, Op op, const Operands<typename M::Value>& operands) {
  by_user_rule(m, op, [&] { execute_row(m, op, operands); });
}

/// Executes `i` on `m`, whose word() is i.word and whose next pc defaults to pc + 4.
template <class M>
void execute(M& m, const Instruction& i) {
  execute_decoded(m, i.op, i.legal() ? decode_operands<typename M::Value>(m.isa().row(i.op).format, i.word) : Operands<typename M::Value>{});
}

}  // namespace vmsim
