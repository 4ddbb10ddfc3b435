// One block: a single walk over its nodes. A guest register that is read, a comparison, and the address of an access are not computed where
// they stand but where they are used (they are *lazy*); a write to a register first puts what was read from it out of its way.
#include "vcpu/jit/x64/emitter.hpp"

#include <xbyak/xbyak_util.h>

#include <algorithm>
#include <bit>

#include "vcpu/ir/fold.hpp"
#include "vcpu/jit/x64/block_emitter.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim::jit::x64 {

using ir::no_ref;
using ir::Node;
using ir::Op;
using ir::Ref;

void BlockEmitter::begin(const ir::Block& block, const Ground& ground, Translated& out, uint8_t* cache, uint32_t at, uint32_t room) {
  top_ = cache + at;
  maxSize_ = room;
  size_ = 0;
  block_ = &block;
  ground_ = ground;
  out_ = &out;
  cache_ = cache;
  at_ = at;
  values_.assign(block.nodes.size(), {});
  owners_ = no_owners;
  pinned_ = {};
  slot_owners_ = no_slots;
  for (uint32_t left = read_; left != 0; left &= left - 1) reads_[static_cast<size_t>(std::countr_zero(left))].clear();
  read_ = 0;
  later_.clear();
  size_t links = 1;
  for (const Node& n : block.nodes) {
    for (const Ref r : {n.a, n.b, n.c})
      if (r != no_ref) ++values_[r].uses;
    links += n.op == Op::exit_if;
  }
  out.links.clear();
  out.links.reserve(links);
  sharing_.find(block, runtime_.features_.share && !ground.direct);
}

void BlockEmitter::run(const ir::Block& block, const Ground& ground, Translated& out, uint8_t* cache, uint32_t at, uint32_t room) {
  begin(block, ground, out, cache, at, room);
  entry();
  for (size_t i = 0; i < block_->nodes.size(); ++i) {
    const bool taken = node(static_cast<Ref>(i));
    if (taken) ++i;  // the `set` after it is done with it
  }
  // What is out of line may put more out of line.
  for (size_t i = 0; i < later_.size(); ++i) {
    const Later write = later_[i];
    write();
  }
}

void BlockEmitter::entry() {
  if (out_->runs != nullptr) {
    mov(rax, reinterpret_cast<size_t>(out_->runs));
    inc(qword[rax]);
  }
  if (block_->count == 0) return;
  alu_wide(Alu::sub, field(VMSIM_STATE(budget)), block_->count);
  later_.push_back([this, over = jump(negative)] {
    fill(over);
    refund(block_->count);
    mov(field(VMSIM_STATE(pc)), block_->guests[0].pc);
    leave(Reason::tail);
  });
}

void BlockEmitter::leave(Reason reason) { fill_outside(jump(), runtime_.exits_[static_cast<size_t>(reason)]); }

void BlockEmitter::refund(uint32_t steps) {
  if (steps != 0) alu_wide(Alu::add, field(VMSIM_STATE(budget)), steps);
}

/// True where an exit to `target` must look where its page lies.
bool BlockEmitter::must_check(uint32_t target) const { return (target & ~(page_size - 1)) != (block_->guests[0].pc & ~(page_size - 1)) && !ground_.direct; }

/// Goes on at `target`, over a check of where its page lies, if need be.
void BlockEmitter::link_here(uint32_t target, uint32_t steps_left) {
  refund(steps_left);
  if (!must_check(target)) return link(jump(), target, 0);
  const auto entry = static_cast<int>(offsetof(TranslationContext, fetch) + TranslationContext::fetch_slot(target) * sizeof(TranslationContext::FetchEntry));
  alu(Alu::cmp, Mem{data, entry + static_cast<int>(offsetof(TranslationContext::FetchEntry, tag))}, target & ~(page_size - 1));
  const Hole first = jump(not_equal);
  alu(Alu::cmp, Mem{data, entry + static_cast<int>(offsetof(TranslationContext::FetchEntry, page))}, 0x7FFF'FFFF);
  const uint32_t check = here() - 4;
  const Hole second = jump(not_equal);
  link(jump(), target, check, first, second);
}

/// `jump` is an exit to `target`; its stub follows later. So do those of the checks before it, where there are any.
void BlockEmitter::link(Hole jump, uint32_t target, uint32_t check, Hole first, Hole second) {
  Link& link = out_->links.emplace_back();
  link.from = out_;
  link.target = target;
  link.check = check;
  link.jump = at_ + jump.at;
  later_.push_back([this, jump, first, second, &link] {
    for (const Hole h : {jump, first, second})
      if (h.at != 0) fill(h);
    link.stub = here();
    mov(rax, reinterpret_cast<uint64_t>(&link));
    mov(field(VMSIM_STATE(link)), rax);
    leave(Reason::link);
  });
}

// ---- places

int BlockEmitter::home(uint8_t guest) const { return runtime_.features_.resident ? resident(guest) : -1; }

BlockEmitter::Place BlockEmitter::place(Ref r) const {
  const Node& n = block_->nodes[r];
  if (n.op == Op::constant) return {Place::constant, n.k};
  if (n.op == Op::get && values_[r].place.kind == Place::none) {
    const int host = home(n.what);
    return host >= 0 ? Place{Place::reg, static_cast<uint32_t>(host)} : Place{Place::memory, n.what};
  }
  return values_[r].place;
}

void BlockEmitter::move(Reg32 to, const Place& from) {
  if (from.kind == Place::constant) mov(to, from.k);
  else if (from.kind == Place::reg) {
    if (static_cast<uint32_t>(to.getIdx()) != from.k) mov(to, Reg32(static_cast<int>(from.k)));
  } else {
    mov(to, address(from));
  }
}

void BlockEmitter::done_with(Ref r) {
  if (--values_[r].uses != 0) return;
  const Node& n = block_->nodes[r];
  if (lazy(r))
    for (const Ref operand : {n.a, n.b, n.c})
      if (operand != no_ref) done_with(operand);
  release(r);
}

void BlockEmitter::release(Ref r) {
  const Place p = values_[r].place;
  if (p.kind == Place::slot) slot_owners_[p.k] = no_ref;
  else if (p.kind == Place::reg && temporary_index(p.k) < temporaries.size() && owners_[temporary_index(p.k)] == r) owners_[temporary_index(p.k)] = no_ref;
}

/// True for a node that is computed where it is used.
bool BlockEmitter::lazy(Ref r) const {
  const Node& n = block_->nodes[r];
  if (n.op == Op::get) return values_[r].place.kind == Place::none;
  if (shape(n.op).result == ir::Type::truth) return true;
  return values_[r].folds;
}

uint32_t BlockEmitter::free_slot() {
  const auto free = std::ranges::find(slot_owners_, no_ref);
  if (free == slot_owners_.end()) throw TooHard{};
  return static_cast<uint32_t>(free - slot_owners_.begin());
}

/// Frees one temporary: what is there goes to a slot.
void BlockEmitter::vacate(size_t index) {
  const Ref owner = owners_[index];
  if (owner == no_ref) return;
  const uint32_t number = free_slot();
  mov(slot(number), Reg32(temporaries[index]));
  slot_owners_[number] = owner;
  values_[owner].place = {Place::slot, number};
  owners_[index] = no_ref;
}

void BlockEmitter::vacate_all() {
  for (size_t i = 0; i < temporaries.size(); ++i) vacate(i);
}

/// A temporary that is free now. It stays so until the next call, or while it is pinned, or is given to a node.
Reg32 BlockEmitter::temporary() {
  size_t best = temporaries.size();
  for (size_t i = 0; i < temporaries.size(); ++i) {
    if (pinned_[i]) continue;
    if (best == temporaries.size() || (owners_[best] != no_ref && owners_[i] == no_ref)) best = i;
  }
  if (best == temporaries.size()) throw TooHard{};
  vacate(best);
  return Reg32(temporaries[best]);
}

void BlockEmitter::give(Ref r, Reg32 host) {
  values_[r].place = {Place::reg, static_cast<uint32_t>(host.getIdx())};
  const size_t index = temporary_index(static_cast<uint32_t>(host.getIdx()));
  if (index < temporaries.size()) owners_[index] = values_[r].uses != 0 ? r : no_ref;
}

/// As done_with, or the opposite of it, and nothing is released.
void BlockEmitter::count_uses(Ref r, bool up) {
  const bool edge = up ? values_[r].uses++ == 0 : --values_[r].uses == 0;
  if (!edge || !lazy(r)) return;
  const Node& n = block_->nodes[r];
  for (const Ref operand : {n.a, n.b, n.c})
    if (operand != no_ref) count_uses(operand, up);
}

/// Register `guest` is about to change: values that were read from it and are still needed move out.
void BlockEmitter::save_reads_of(uint8_t guest) {
  for (const Ref r : reads_[guest]) {
    if (values_[r].uses == 0) continue;
    const uint32_t number = free_slot();
    const Place from = place(r);
    if (from.kind == Place::reg) {
      mov(slot(number), Reg32(static_cast<int>(from.k)));
    } else {
      const Reg32 t = temporary();
      move(t, from);
      mov(slot(number), t);
    }
    slot_owners_[number] = r;
    values_[r].place = {Place::slot, number};
  }
  reads_[guest].clear();
}

// ---- nodes

/// Gives true where the node after this one, a `set` of its value, is done too.
bool BlockEmitter::node(Ref r) {
  const Node& n = block_->nodes[r];
  switch (n.op) {
    case Op::constant:
    case Op::truth: return false;
    case Op::get: return read_ |= 1u << n.what, reads_[n.what].push_back(r), false;
    case Op::set: return set(n.what, n.a), false;
    case Op::set_csr:
    case Op::set_mode: return set_system(n), false;
    case Op::store: return store(r), false;
    case Op::exit_if:
    case Op::trap_if: return side_exit(r), false;
    case Op::go:
    case Op::jump:
    case Op::look:
    case Op::trap:
    case Op::leave: return end(r), false;
    default: break;
  }
  if (shape(n.op).result == ir::Type::truth) return false;
  if (values_[r].uses == 0 && !shape(n.op).effect) {  // the pass that removes it may be off
    for (const Ref operand : {n.a, n.b, n.c})
      if (operand != no_ref) done_with(operand);
    return false;
  }
  if (folds_into_access(r)) return values_[r].folds = true, false;
  // Where the value's only use is to be set next, it is made in its home.
  const Node* next = &block_->nodes[r + 1u];
  const bool direct = values_[r].uses == 1 && next->op == Op::set && next->a == r && home(next->what) >= 0;
  value(r, direct ? home(next->what) : -1, direct ? next->what : uint8_t{0});
  if (direct) values_[r].uses = 0;
  return direct;
}

/// An address that one access alone uses is computed there.
bool BlockEmitter::folds_into_access(Ref r) const {
  const Node& n = block_->nodes[r];
  if (n.op != Op::add || values_[r].uses != 1 || block_->nodes[n.b].op != Op::constant || block_->nodes[n.a].op != Op::get) return false;
  for (size_t i = r + 1u; i < block_->nodes.size(); ++i) {
    const Node& user = block_->nodes[i];
    if (user.a != r && user.b != r && user.c != r) continue;
    return (user.op == Op::load || user.op == Op::store) && user.a == r && user.b != r;
  }
  return false;
}

void BlockEmitter::set(uint8_t guest, Ref from) {
  const Place p = place(from);
  const bool own = block_->nodes[from].op == Op::get && block_->nodes[from].what == guest && values_[from].place.kind == Place::none;
  done_with(from);
  if (own) return;
  pin(p, true);
  save_reads_of(guest);
  const int host = home(guest);
  if (host >= 0) move(Reg32(host), p);
  else if (p.kind == Place::constant) mov(cell(guest), p.k);
  else if (p.kind == Place::reg) mov(cell(guest), Reg32(static_cast<int>(p.k)));
  else {
    const Reg32 t = temporary();
    move(t, p);
    mov(cell(guest), t);
  }
  pin(p, false);
}

bool BlockEmitter::pinned(const Place& p) const {
  const size_t index = temporary_index(p.k);
  return p.kind == Place::reg && index < temporaries.size() && pinned_[index];
}

/// Keeps a place's temporary from being given away, whether a node owns it or not.
void BlockEmitter::pin(const Place& p, bool on) {
  if (p.kind != Place::reg) return;
  const size_t index = temporary_index(p.k);
  if (index < temporaries.size()) pinned_[index] = on;
}

void BlockEmitter::set_system(const Node& n) {
  const Place p = place(n.a);
  pin(p, true);
  const Reg32 cells = temporary();
  pin({Place::reg, static_cast<uint32_t>(cells.getIdx())}, true);
  const Reg32 value = p.kind == Place::reg ? Reg32(static_cast<int>(p.k)) : temporary();
  move(value, p);
  const Reg64 at(cells.getIdx());
  if (n.op == Op::set_csr) {
    mov(at, field(VMSIM_STATE(csr)));
    mov(Mem{at.getIdx(), 4 * n.what}, value);
  } else {
    mov(at, field(VMSIM_STATE(mode)));
    mov(byte[at], value.cvt8());
    and_(byte[at], 1);
  }
  pin({Place::reg, static_cast<uint32_t>(cells.getIdx())}, false);
  pin(p, false);
  done_with(n.a);
}

void BlockEmitter::side_exit(Ref r) {
  const Node& n = block_->nodes[r];
  const Hole out = jump(test_condition(n.a));
  done_with(n.a);
  if (n.op == Op::trap_if) {
    const Place tval = place(n.b);
    done_with(n.b);
    return later_.push_back([this, out, tval, at = n.at, cause = n.k] {
      fill(out);
      trap(at, cause, tval);
    });
  }
  const uint32_t left = block_->count - n.at - 1;
  if (left == 0 && !must_check(n.k)) return link(out, n.k, 0);
  later_.push_back([this, out, target = n.k, left] {
    fill(out);
    link_here(target, left);
  });
}

void BlockEmitter::trap(uint16_t at, uint32_t cause, const Place& tval) {
  refund(block_->count - at);
  if (tval.kind == Place::constant) mov(field(VMSIM_STATE(tval)), tval.k);
  else {
    move(eax, tval);
    mov(field(VMSIM_STATE(tval)), eax);
  }
  mov(field(VMSIM_STATE(cause)), cause);
  mov(field(VMSIM_STATE(word)), block_->guests[at].word);
  mov(field(VMSIM_STATE(pc)), block_->guests[at].pc);
  leave(Reason::trap);
}

void BlockEmitter::end(Ref r) {
  const Node& n = block_->nodes[r];
  switch (n.op) {
    case Op::go: return link_here(n.k, 0);
    case Op::trap: return trap(n.at, n.k, place(n.a));
    case Op::leave: mov(field(VMSIM_STATE(pc)), n.k); return leave(Reason::step);
    default: break;
  }
  move(eax, place(n.a));
  if (n.op == Op::look || !runtime_.features_.jump_cache) {
    mov(field(VMSIM_STATE(pc)), eax);
    return leave(n.op == Op::look ? Reason::look : Reason::lookup);
  }
  // 16 bytes an entry, chosen by bits 2 and up of the address.
  static_assert(sizeof(JumpEntry) == 16);
  mov(ecx, eax);
  alu(Alu::and_, ecx, static_cast<uint32_t>(jump_entries - 1) << 2);
  mov(rdx, field(VMSIM_STATE(generation)));
  or_(rdx, rax);
  const auto entry = Reg64(base) + rcx * 4 + VMSIM_STATE(jumps);
  cmp(ptr[entry + static_cast<int>(offsetof(JumpEntry, tag))], rdx);
  later_.push_back([this, miss = jump(not_equal)] {
    fill(miss);
    mov(field(VMSIM_STATE(pc)), eax);
    leave(Reason::lookup);
  });
  jmp(ptr[entry + static_cast<int>(offsetof(JumpEntry, code))]);
}

Emitter::Emitter(const Features& features) : features_(features) {
  static const bool host_has_bmi2 = Xbyak::util::Cpu().has(Xbyak::util::Cpu::tBMI2);  // asking is slow on a virtual host
  features_.bmi2 &= host_has_bmi2;
  block_emitter_ = std::make_unique<BlockEmitter>(*this);
}

Emitter::~Emitter() = default;

Emitter::Result Emitter::emit(const ir::Block& block, const Ground& ground, Translated& out, uint8_t* cache, uint32_t at, uint32_t room) const {
  try {
    block_emitter_->run(block, ground, out, cache, at, room);
    out.code = at;
    out.size = static_cast<uint32_t>(block_emitter_->getSize());
  } catch (const BlockEmitter::TooHard&) {
    return Result::too_hard;
  } catch (const Xbyak::Error& error) {
    if (static_cast<int>(error) == Xbyak::ERR_CODE_IS_TOO_BIG) return Result::no_room;
    throw;
  }
  return Result::done;
}

}  // namespace vmsim::jit::x64
