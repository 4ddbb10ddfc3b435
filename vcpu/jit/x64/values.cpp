// How a block's values are made.
#include <algorithm>
#include <type_traits>

#include "vcpu/ir/fold.hpp"
#include "vcpu/jit/x64/block_emitter.hpp"

namespace vmsim::jit::x64 {

using ir::no_ref;
using ir::Node;
using ir::Op;
using ir::Ref;

/// Calls `use` with the place as an operand of an instruction.
template <class F>
void BlockEmitter::with(const Place& p, F&& use) {
  if (p.kind == Place::constant) use(p.k);
  else if (p.kind == Place::reg) use(Reg32(static_cast<int>(p.k)));
  else use(address(p));
}

namespace {

/// The place as Xbyak names it.
Xbyak::Address outside(const Mem& m) { return Xbyak::util::dword[Reg64(m.base) + m.displacement]; }

bool is_reg(const auto& p, const Reg32& r) { return p.kind == p.reg && p.k == static_cast<uint32_t>(r.getIdx()); }

/// Operations that need all temporaries for themselves.
bool needs_room(Op op) {
  switch (op) {
    case Op::shl:
    case Op::shr_u:
    case Op::shr_s:
    case Op::mulh_ss:
    case Op::mulh_su:
    case Op::mulh_uu:
    case Op::div_u:
    case Op::div_s:
    case Op::rem_u:
    case Op::rem_s:
    case Op::select:
    case Op::load: return true;
    default: return false;
  }
}

}  // namespace

/// Makes value `r`: in `host`, which is the home of `guest`, or in a temporary.
void BlockEmitter::value(Ref r, int host, uint8_t guest) {
  const Node& n = block_->nodes[r];
  if (needs_room(n.op)) vacate_all();
  if (host >= 0) {
    // Values that were read from `guest` and are needed after this node move out first.
    for (const Ref operand : {n.a, n.b, n.c})
      if (operand != no_ref) count_uses(operand, false);
    save_reads_of(guest);
    for (const Ref operand : {n.a, n.b, n.c})
      if (operand != no_ref) count_uses(operand, true);
  }
  if (n.op == Op::load) {
    const Reg32 to = host >= 0 ? Reg32(host) : eax;
    load(r, to);
    if (host < 0) give(r, to);
    return;
  }
  const auto operands = {n.a, n.b};
  for (const Ref operand : operands)
    if (operand != no_ref) pin(place(operand), true);
  const Reg32 to = n.op == Op::select ? select(r, host) : host >= 0 ? Reg32(host) : temporary();
  if (ir::is_binary(n.op)) {
    const Place target{Place::reg, static_cast<uint32_t>(to.getIdx())};
    pin(target, true);
    binary(r, to);
    pin(target, false);
  } else if (n.op == Op::get_csr) {
    mov(Reg64(to.getIdx()), field(VMSIM_STATE(csr)));
    mov(to, Mem{to.getIdx(), 4 * n.what});
  } else if (n.op == Op::not_) {
    move(to, place(n.a));
    not_(to);
  } else if (n.op == Op::sext) {
    move(to, place(n.a));
    if (n.k == 8) movsx(to, to.cvt8());
    else if (n.k == 16) movsx(to, to.cvt16());
    else if (n.k < 32) shift(Shift::left, to, static_cast<uint8_t>(32 - n.k)), shift(Shift::arithmetic, to, static_cast<uint8_t>(32 - n.k));
  }
  for (const Ref operand : operands)
    if (operand != no_ref) pin(place(operand), false);
  for (const Ref operand : {n.a, n.b, n.c})
    if (operand != no_ref) done_with(operand);
  if (host < 0) give(r, to);
}

void BlockEmitter::add_to(Reg32 to, const Place& a, const Place& b) {
  if (is_reg(a, to)) return with(b, [&](auto o) { alu(Alu::add, to, o); });
  if (is_reg(b, to)) return with(a, [&](auto o) { alu(Alu::add, to, o); });
  if (a.kind == Place::reg && b.kind == Place::constant) return lea(to, Mem{static_cast<int>(a.k), static_cast<int>(b.k)});
  if (a.kind == Place::reg && b.kind == Place::reg) return lea(to, Mem{.base = static_cast<int>(a.k), .index = static_cast<int>(b.k)});
  move(to, a);
  with(b, [&](auto o) { alu(Alu::add, to, o); });
}

void BlockEmitter::binary(Ref r, Reg32 to) {
  const Node& n = block_->nodes[r];
  const Place a = place(n.a), b = place(n.b);
  switch (n.op) {
    case Op::add: return add_to(to, a, b);
    case Op::sub:
      if (is_reg(b, to) && !is_reg(a, to)) {
        neg(to);
        return with(a, [&](auto o) { alu(Alu::add, to, o); });
      }
      move(to, a);
      return with(b, [&](auto o) { alu(Alu::sub, to, o); });
    case Op::and_:
    case Op::or_:
    case Op::xor_: {
      const bool swapped = is_reg(b, to);
      if (!swapped) move(to, a);
      return with(swapped ? a : b, [&](auto o) { alu(n.op == Op::and_ ? Alu::and_ : n.op == Op::or_ ? Alu::or_ : Alu::xor_, to, o); });
    }
    case Op::mul: {
      const bool swapped = is_reg(b, to);
      const Place& other = swapped ? a : b;
      if (!swapped) move(to, a);
      if (other.kind == Place::constant) return imul(to, to, static_cast<int>(other.k));
      if (other.kind == Place::reg) return imul(to, Reg32(static_cast<int>(other.k)));
      return imul(to, outside(address(other)));
    }
    case Op::shl:
    case Op::shr_u:
    case Op::shr_s: return shift_by(n.op, to, a, b);
    case Op::mulh_ss:
    case Op::mulh_su:
    case Op::mulh_uu: return high_product(n.op, to, a, b);
    default: return divide(n.op, to, a, b);
  }
}

void BlockEmitter::shift_by(Op op, Reg32 to, const Place& a, const Place& b) {
  if (b.kind == Place::constant) {
    move(to, a);
    const auto by = static_cast<uint8_t>(b.k & 31);
    if (by != 0) shift(op == Op::shl ? Shift::left : op == Op::shr_u ? Shift::right : Shift::arithmetic, to, by);
    return;
  }
  if (runtime_.features_.bmi2) {
    Reg32 count = ecx;
    if (b.kind == Place::reg) count = Reg32(static_cast<int>(b.k));
    else move(count, b);
    const auto by = [&](const Xbyak::Operand& what) {
      if (op == Op::shl) shlx(to, what, count);
      else if (op == Op::shr_u) shrx(to, what, count);
      else sarx(to, what, count);
    };
    if (a.kind == Place::reg) return by(Reg32(static_cast<int>(a.k)));
    if (a.kind != Place::constant) return by(outside(address(a)));
    move(edx, a);
    return by(edx);
  }
  move(edx, a);
  move(ecx, b);
  if (op == Op::shl) shl(edx, cl);
  else if (op == Op::shr_u) shr(edx, cl);
  else sar(edx, cl);
  mov(to, edx);
}

void BlockEmitter::high_product(Op op, Reg32 to, const Place& a, const Place& b) {
  move(edx, a);
  move(ecx, b);
  if (op != Op::mulh_uu) movsxd(rdx, edx);
  if (op == Op::mulh_ss) movsxd(rcx, ecx);
  imul(rdx, rcx);
  shr(rdx, 32);
  mov(to, edx);
}

/// By zero gives zero, and the one overflowing quotient wraps: hence 64 bits for the signed ones.
void BlockEmitter::divide(Op op, Reg32 to, const Place& a, const Place& b) {
  move(eax, a);
  move(ecx, b);
  test(ecx, ecx);
  const Hole by_zero = jump(equal);
  if (op == Op::div_s || op == Op::rem_s) {
    movsxd(rax, eax);
    movsxd(rcx, ecx);
    cqo();
    idiv(rcx);
  } else {
    xor_(edx, edx);
    div(ecx);
  }
  if (op == Op::rem_s || op == Op::rem_u) mov(eax, edx);
  const Hole end = jump();
  fill(by_zero);
  alu(Alu::xor_, eax, eax);
  fill(end);
  if (to.getIdx() != Code::RAX) mov(to, eax);
}

/// Makes the value in `host`, or in a temporary; gives the register.
Reg32 BlockEmitter::select(Ref r, int host) {
  const Node& n = block_->nodes[r];
  const Place a = place(n.a), b = place(n.b);
  if (a.kind == Place::constant && b.kind == Place::constant && (a.k | b.k) == 1 && a.k != b.k) {
    const Reg32 to = host >= 0 ? Reg32(host) : temporary();
    truth_to(to, n.c);
    if (a.k == 0) alu(Alu::xor_, to, 1);
    return to;
  }
  const Reg32 result = temporary();
  const Place kept{Place::reg, static_cast<uint32_t>(result.getIdx())};
  pin(kept, true);
  // Between the test of the condition and the choice nothing may touch the flags: moves do not.
  if (a.kind == Place::constant) {
    const Holds holds = test_condition(n.c);
    mov(result, a.k);
    const Hole chosen = jump(holds);
    move(result, b);
    fill(chosen);
  } else {
    move(result, b);
    const Holds holds = test_condition(n.c);
    move_if(holds, result, a);
  }
  pin(kept, false);
  if (host < 0) return result;
  mov(Reg32(host), result);
  return Reg32(host);
}

void BlockEmitter::move_if(Holds holds, Reg32 to, const Place& from) {
  const auto move = [&](const Xbyak::Operand& what) {
    switch (holds) {
      case below: return cmovb(to, what);
      case not_below: return cmovae(to, what);
      case equal: return cmove(to, what);
      case not_equal: return cmovne(to, what);
      case less: return cmovl(to, what);
      default: return cmovge(to, what);
    }
  };
  if (from.kind == Place::reg) move(Reg32(static_cast<int>(from.k)));
  else move(outside(address(from)));
}

Holds BlockEmitter::test_condition(Ref condition) {
  const Node& n = block_->nodes[condition];
  if (n.op == Op::negate) return opposite(test_condition(n.a));
  if (!ir::is_comparison(n.op)) {
    const Reg32 t = temporary();
    const Place kept{Place::reg, static_cast<uint32_t>(t.getIdx())};
    pin(kept, true);
    truth_to(t, condition);
    pin(kept, false);
    test(t, t);
    return not_equal;
  }
  const Place a = place(n.a), b = place(n.b);
  const bool equality = n.op == Op::eq || n.op == Op::ne;
  if (equality && b.kind == Place::constant && b.k == 0) {
    // What an `and` leaves in the flags would do; the test costs little.
    if (a.kind == Place::reg) test(Reg32(static_cast<int>(a.k)), Reg32(static_cast<int>(a.k)));
    else if (a.kind == Place::constant) {
      const Reg32 t = temporary();
      mov(t, a.k);
      test(t, t);
    } else {
      alu(Alu::cmp, address(a), 0);
    }
  } else if (a.kind == Place::reg || (b.kind != Place::reg && b.kind != Place::memory && b.kind != Place::slot && a.kind != Place::constant)) {
    with(b, [&](auto o) {
      if (a.kind == Place::reg) alu(Alu::cmp, Reg32(static_cast<int>(a.k)), o);
      else if constexpr (std::is_same_v<decltype(o), uint32_t>) alu(Alu::cmp, address(a), o);
    });
  } else if (b.kind == Place::reg && a.kind != Place::constant) {
    alu(Alu::cmp, address(a), Reg32(static_cast<int>(b.k)));
  } else {
    const Reg32 t = temporary();
    move(t, a);
    with(b, [&](auto o) { alu(Alu::cmp, t, o); });
  }
  switch (n.op) {
    case Op::eq: return equal;
    case Op::ne: return not_equal;
    case Op::lt_u: return below;
    default: return less;
  }
}

void BlockEmitter::set_if(Holds holds, Reg32 to) {
  const auto low = to.cvt8();
  switch (holds) {
    case below: setb(low); break;
    case not_below: setae(low); break;
    case equal: sete(low); break;
    case not_equal: setne(low); break;
    case less: setl(low); break;
    default: setge(low); break;
  }
  movzx(to, low);
}

/// 1 in `to` where `condition` holds, else 0. `to` may be a register that the condition reads.
void BlockEmitter::truth_to(Reg32 to, Ref condition) {
  const Node& n = block_->nodes[condition];
  if (n.op == Op::truth) return mov(to, n.k);
  if (ir::is_comparison(n.op) || n.op == Op::negate) return set_if(test_condition(condition), to);
  // Truth values of truth values: rare (a variant's text, overflow of a division). Their parts go through slots.
  std::array<size_t, 2> parts{};
  size_t count = 0;
  for (size_t i = 0; i < slot_owners_.size() && count < 2; ++i)
    if (slot_owners_[i] == no_ref) parts[count++] = i;
  if (count < 2) throw TooHard{};
  // A temporary is never read by the condition here; a guest register's home may be.
  const Reg32 t = temporary_index(static_cast<uint32_t>(to.getIdx())) < temporaries.size() ? to : temporary();
  const Place kept{Place::reg, static_cast<uint32_t>(t.getIdx())};
  const bool was_pinned = pinned(kept);
  pin(kept, true);
  const auto part_slot = [&](size_t i) { return slot(static_cast<uint32_t>(parts[i])); };
  for (const size_t i : {0, 1}) {
    slot_owners_[parts[i]] = condition;  // taken while this lasts
    truth_to(t, i == 0 ? n.a : n.b);
    mov(part_slot(i), t);
  }
  if (n.op == Op::choose) {
    truth_to(t, n.c);
    test(t, t);
    mov(t, part_slot(0));
    const Hole chosen = jump(not_equal);
    mov(t, part_slot(1));
    fill(chosen);
  } else {
    mov(t, part_slot(0));
    alu(n.op == Op::both ? Alu::and_ : n.op == Op::either ? Alu::or_ : Alu::xor_, t, part_slot(1));
  }
  for (const size_t part : parts) slot_owners_[part] = no_ref;
  pin(kept, was_pinned);
  if (t.getIdx() != to.getIdx()) mov(to, t);
}

}  // namespace vmsim::jit::x64
