// A machine (isa/machine.hpp) whose values are IR nodes: a row of the table that runs on it leaves its IR behind. What is known while
// building (the immediate, pc, mode) stays a plain constant and is folded, so that a row's own tests on it cost nothing later.
#pragma once

#include "isa/isa.hpp"
#include "vcpu/ir/block.hpp"

namespace vmsim::ir {

class Builder;

/// A word: a constant, or a node of the builder's block.
struct Value {
  Builder* in = nullptr;  // none: the constant `k`
  uint32_t k = 0;
  Ref ref = no_ref;
  Value() = default;
  Value(uint32_t constant) : k(constant) {}
  Value(Builder* builder, Ref node) : in(builder), ref(node) {}
  [[nodiscard]] bool known() const { return in == nullptr; }
};

/// A truth value, likewise.
struct Condition {
  Builder* in = nullptr;
  bool on = false;
  Ref ref = no_ref;
  Condition() = default;
  explicit Condition(bool constant) : on(constant) {}
  Condition(Builder* builder, Ref node) : in(builder), ref(node) {}
  [[nodiscard]] bool known() const { return in == nullptr; }
};

Value binary(Op op, Value a, Value b);
Condition comparison(Op op, Value a, Value b);
Condition logic(Op op, Condition a, Condition b);
Condition operator!(Condition a);
Value sext(Value a, int width);
Value select(Condition c, Value yes, Value no);
Condition select(Condition c, Condition yes, Condition no);

inline Value operator+(Value a, Value b) { return binary(Op::add, a, b); }
inline Value operator-(Value a, Value b) { return binary(Op::sub, a, b); }
inline Value operator*(Value a, Value b) { return binary(Op::mul, a, b); }
inline Value operator&(Value a, Value b) { return binary(Op::and_, a, b); }
inline Value operator|(Value a, Value b) { return binary(Op::or_, a, b); }
inline Value operator^(Value a, Value b) { return binary(Op::xor_, a, b); }
Value operator~(Value a);
inline Value shl(Value a, Value n) { return binary(Op::shl, a, n); }
inline Value shr_u(Value a, Value n) { return binary(Op::shr_u, a, n); }
inline Value shr_s(Value a, Value n) { return binary(Op::shr_s, a, n); }
inline Value mulh_ss(Value a, Value b) { return binary(Op::mulh_ss, a, b); }
inline Value mulh_su(Value a, Value b) { return binary(Op::mulh_su, a, b); }
inline Value mulh_uu(Value a, Value b) { return binary(Op::mulh_uu, a, b); }
inline Value div_u(Value a, Value b) { return binary(Op::div_u, a, b); }
inline Value div_s(Value a, Value b) { return binary(Op::div_s, a, b); }
inline Value rem_u(Value a, Value b) { return binary(Op::rem_u, a, b); }
inline Value rem_s(Value a, Value b) { return binary(Op::rem_s, a, b); }
inline Condition eq(Value a, Value b) { return comparison(Op::eq, a, b); }
inline Condition ne(Value a, Value b) { return comparison(Op::ne, a, b); }
inline Condition lt_u(Value a, Value b) { return comparison(Op::lt_u, a, b); }
inline Condition lt_s(Value a, Value b) { return comparison(Op::lt_s, a, b); }
inline Condition operator&(Condition a, Condition b) { return logic(Op::both, a, b); }
inline Condition operator|(Condition a, Condition b) { return logic(Op::either, a, b); }
inline Condition eq(Condition a, Condition b) { return !logic(Op::differ, a, b); }

class Builder {
 public:
  using Value = ir::Value;
  using Condition = ir::Condition;

  Builder(const Isa& isa, Mode mode) : isa_(isa) {
    block_.mode = mode;
    block_.guests.reserve(64);
    block_.nodes.reserve(256);
  }

  /// Starts the instruction `word` at `pc`: run its row next.
  void begin(uint32_t pc, uint32_t word);

  /// What is to be done after the instruction.
  enum class After : uint8_t {
    next,   // nothing: the next one may follow
    go,     // it always goes on at target()
    split,  // an exit stands for where it branches; where it does not, the next one may follow. target() is the branch's
    ended,  // the block is complete
  };
  After end();
  [[nodiscard]] uint32_t target() const { return known_target_; }
  /// After a `split`: the exit stands for where it does not branch, and what it branches to may follow.
  void turn();
  /// Ends the block: on at `pc`.
  void finish(uint32_t pc);

  [[nodiscard]] const Block& block() const { return block_; }
  [[nodiscard]] Block take() { return std::move(block_); }

  // the machine concept
  [[nodiscard]] const Isa& isa() const { return isa_; }
  [[nodiscard]] Mode mode() const { return block_.mode; }
  void set_mode(Value mode);
  [[nodiscard]] Value pc() const { return pc_; }
  void set_pc(Value target);
  [[nodiscard]] Value word() const { return word_; }
  [[nodiscard]] Value x(Reg r);
  void set(Reg r, Value value);
  [[nodiscard]] Value csr(Csr r);
  void set_csr(Csr r, Value value);
  Value load(Value address, Width width);
  void store(Value address, Value value, Width width);
  void trap(uint32_t cause, Value tval);
  void branch(Condition condition, auto&& then) {
    if (stopped() || (condition.known() && !condition.on)) return;
    const Condition before = guard_;
    guard_ = guard_ & condition;
    then();
    guard_ = before;
  }
  void fence_instructions() {}  // a fetch sees every store at once

  // What is not translated: such an instruction is run on its own.
  Value counter(Counter, int) { return not_here(); }
  Condition external_interrupt() { return not_here(), Condition(false); }
  Value atomic(Value, Access) { return not_here(); }
  void reserve(Value) { not_here(); }
  Condition reserved(Value) { return not_here(), Condition(false); }
  void release() { not_here(); }
  void wait() { not_here(); }
  void flush(const FlushScope<Value>&) { not_here(); }
  Value load_physical(Value, Width) { return not_here(); }
  void store_physical(Value, Value, Width) { not_here(); }
  Value translate(Value) { return not_here(); }

  /// A node of the block being built, for the operators.
  Ref add(Node node);
  Ref ref(Value v);
  Ref ref(Condition c);

 private:
  [[nodiscard]] bool stopped() const { return trapped_ || not_here_; }
  [[nodiscard]] bool certain() const { return guard_.known(); }
  Value not_here() {
    not_here_ = true;
    return {};
  }

  const Isa& isa_;
  Block block_;
  uint32_t pc_ = 0, word_ = 0, known_target_ = 0;
  size_t first_node_ = 0;  // of this instruction
  size_t trap_end_ = 0;    // where trapped_: the number of nodes with the trap
  Condition guard_{true};  // what every branch around holds
  bool trapped_ = false;   // it traps for certain
  bool not_here_ = false;
  bool looks_ = false;  // it changed what a hart's owner looks at between steps
  bool jumped_ = false;
  Condition jumps_{true};  // where ...
  Value to_;               // ... it goes to; otherwise on
};

}  // namespace vmsim::ir
