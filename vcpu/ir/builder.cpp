#include "vcpu/ir/builder.hpp"

#include <limits>

#include "isa/semantics/run.hpp"
#include "vcpu/ir/fold.hpp"

namespace vmsim::ir {
static_assert(MachineConcept<Builder> && semantics::SemanticsMachine<Builder>);

namespace {

Builder* builder_of(auto a, auto b) { return a.known() ? b.in : a.in; }

/// Control registers that a change of only stores: nothing happens by itself, and neither translation nor interrupts depend on them.
constexpr bool only_stored(Csr r) {
  switch (r) {
    case Csr::sscratch:
    case Csr::sepc:
    case Csr::scause:
    case Csr::stval:
    case Csr::stvec:
    case Csr::scounteren: return true;
    default: return false;
  }
}

}  // namespace

Value binary(Op op, Value a, Value b) {
  if (a.known() && b.known()) return fold(op, a.k, b.k);
  if (op == Op::add && b.known() && b.k == 0) return a;  // `mv`, and accesses without an offset
  Builder* in = builder_of(a, b);
  return {in, in->add({.op = op, .a = in->ref(a), .b = in->ref(b)})};
}

Value operator~(Value a) {
  if (a.known()) return ~a.k;
  return {a.in, a.in->add({.op = Op::not_, .a = a.ref})};
}

Value sext(Value a, int width) {
  if (a.known()) return vmsim::sext(Word{a.k}, width).bits;
  return {a.in, a.in->add({.op = Op::sext, .a = a.ref, .k = static_cast<uint32_t>(width)})};
}

Condition comparison(Op op, Value a, Value b) {
  if (a.known() && b.known()) return Condition(fold_comparison(op, a.k, b.k));
  Builder* in = builder_of(a, b);
  return {in, in->add({.op = op, .a = in->ref(a), .b = in->ref(b)})};
}

Condition logic(Op op, Condition a, Condition b) {
  if (a.known() && b.known()) return Condition(fold_logic(op, a.on, b.on));
  if (b.known()) std::swap(a, b);
  if (a.known()) {
    if (op == Op::both) return a.on ? b : a;
    if (op == Op::either) return a.on ? a : b;
    return a.on ? !b : b;
  }
  return {a.in, a.in->add({.op = op, .a = a.ref, .b = b.ref})};
}

Condition operator!(Condition a) {
  if (a.known()) return Condition(!a.on);
  return {a.in, a.in->add({.op = Op::negate, .a = a.ref})};
}

Value select(Condition c, Value yes, Value no) {
  if (c.known()) return c.on ? yes : no;
  return {c.in, c.in->add({.op = Op::select, .a = c.in->ref(yes), .b = c.in->ref(no), .c = c.ref})};
}

Condition select(Condition c, Condition yes, Condition no) {
  if (c.known()) return c.on ? yes : no;
  return {c.in, c.in->add({.op = Op::choose, .a = c.in->ref(yes), .b = c.in->ref(no), .c = c.ref})};
}

Ref Builder::add(Node node) {
  // A block too long to number ends before the instruction that makes it so.
  if (block_.nodes.size() >= std::numeric_limits<Ref>::max() - 16) return not_here_ = true, Ref{0};
  node.at = static_cast<uint16_t>(block_.guests.size() - 1);
  block_.nodes.push_back(node);
  return static_cast<Ref>(block_.nodes.size() - 1);
}

Ref Builder::ref(Value v) { return v.known() ? add({.op = Op::constant, .k = v.k}) : v.ref; }
Ref Builder::ref(Condition c) { return c.known() ? add({.op = Op::truth, .k = c.on}) : c.ref; }

void Builder::begin(uint32_t pc, uint32_t word) {
  block_.guests.push_back({pc, word});
  first_node_ = block_.nodes.size();
  pc_ = pc;
  word_ = word;
  guard_ = Condition(true);
  jumps_ = Condition(true);
  trapped_ = not_here_ = looks_ = jumped_ = false;
  to_ = {};
}

void Builder::set_mode(Value mode) {
  if (stopped()) return;
  if (!certain()) return void(not_here());
  add({.op = Op::set_mode, .a = ref(mode)});
  looks_ = true;
}

void Builder::set_pc(Value target) {
  if (stopped()) return;
  if (jumped_) {  // the later one wins where its branch is taken
    to_ = select(guard_, target, select(jumps_, to_, Value(pc_ + 4)));
    jumps_ = Condition(true);
    return;
  }
  jumped_ = true;
  jumps_ = guard_;
  to_ = target;
}

Value Builder::x(Reg r) {
  if (r == 0) return 0u;
  return {this, add({.op = Op::get, .what = r})};
}

void Builder::set(Reg r, Value value) {
  if (stopped() || r == 0) return;
  const Value kept = certain() ? value : select(guard_, value, x(r));
  add({.op = Op::set, .what = r, .a = ref(kept)});
}

Value Builder::csr(Csr r) { return {this, add({.op = Op::get_csr, .what = static_cast<uint8_t>(r)})}; }

void Builder::set_csr(Csr r, Value value) {
  if (stopped()) return;
  const Value kept = certain() ? value : select(guard_, value, csr(r));
  add({.op = Op::set_csr, .what = static_cast<uint8_t>(r), .a = ref(kept)});
  looks_ |= !only_stored(r);
}

Value Builder::load(Value address, Width width) {
  if (stopped()) return 0u;
  if (!certain()) return not_here();
  return {this, add({.op = Op::load, .what = static_cast<uint8_t>(width), .a = ref(address)})};
}

void Builder::store(Value address, Value value, Width width) {
  if (stopped()) return;
  if (!certain()) return void(not_here());
  const Ref a = ref(address), b = ref(value);
  add({.op = Op::store, .what = static_cast<uint8_t>(width), .a = a, .b = b});
}

void Builder::trap(uint32_t cause, Value tval) {
  if (stopped()) return;
  if (certain()) {
    add({.op = Op::trap, .a = ref(tval), .k = cause});
    trapped_ = true;
    trap_end_ = block_.nodes.size();
    return;
  }
  const Ref value = ref(tval);
  add({.op = Op::trap_if, .a = guard_.ref, .b = value, .k = cause});
}

Builder::After Builder::end() {
  if (not_here_) {
    block_.nodes.resize(first_node_);
    add({.op = Op::leave, .k = pc_});
    return After::ended;
  }
  if (trapped_) return block_.nodes.resize(trap_end_), After::ended;
  ++block_.count;
  const bool sometimes = jumped_ && !jumps_.known();
  if (looks_ || (jumped_ && !to_.known())) {
    const Value to = !jumped_ ? Value(pc_ + 4) : sometimes ? select(jumps_, to_, Value(pc_ + 4)) : to_;
    add({.op = looks_ ? Op::look : Op::jump, .a = ref(to)});
    return After::ended;
  }
  if (!jumped_) return After::next;
  known_target_ = to_.k;
  if (!sometimes) return After::go;
  add({.op = Op::exit_if, .a = jumps_.ref, .k = to_.k});
  return After::split;
}

void Builder::turn() {
  const Ref branches = block_.nodes.back().a;
  block_.nodes.pop_back();
  const Ref stays = add({.op = Op::negate, .a = branches});
  add({.op = Op::exit_if, .a = stays, .k = pc_ + 4});
}

void Builder::finish(uint32_t pc) { add({.op = Op::go, .k = pc}); }

}  // namespace vmsim::ir
