// The part of the machine concept that a hart alone can give: registers, pc, mode, control registers, counters, reservation.
// The interpreter's machine and the monitor's view of a virtual hart add memory, traps and fences. It is a template over the
// domain of values, so that a proof runs the very code that the monitor does.
#pragma once

#include "isa/isa.hpp"
#include "isa/word.hpp"
#include "vcpu/address.hpp"
#include "vcpu/hart.hpp"
#include "vcpu/record.hpp"

namespace vmsim {

/// Concrete values: 32-bit words in a Hart. A Gate decides whether an effect still commits.
struct WordDomain {
  using Value = Word;
  using Condition = Flag;
  using Hart = vmsim::Hart;
  using Cell = uint32_t;  // how a hart keeps a Value
  using FlagCell = bool;  // and a Condition

  static Word value(uint32_t cell) { return cell; }
  static uint32_t cell(Word value) { return value.bits; }
  static Mode mode(const Hart& hart) { return hart.mode; }
  static void set_mode(Hart& hart, Mode mode) { hart.mode = mode; }
  static Word counter(const Hart& hart, Counter which, int half) { return static_cast<uint32_t>(hart.clock.counter(which) >> 32 * half); }
  static Flag condition(bool cell) { return {cell}; }

  struct Gate {
    // Not side by side: two words that have just been written are slow to read back as one.
    uint32_t cause = 0;
    bool trapped = false;
    uint32_t tval = 0;

    [[nodiscard]] bool open() const { return !trapped; }
    void assign(uint32_t& cell, Word value) const {
      if (!trapped) cell = value.bits;
    }
    void assign(bool& cell, Flag value) const {
      if (!trapped) cell = value.on;
    }
    void assign(Mode& cell, Word value) const {
      if (!trapped) cell = static_cast<Mode>(value.bits & 1);
    }
    /// The first trap of a step wins, and nothing of the step commits after it.
    void trap(Word new_cause, Word new_tval) {
      if (trapped) return;
      trapped = true;
      cause = new_cause.bits;
      tval = new_tval.bits;
    }
    void branch(Flag condition, auto&& then) {
      if (condition.on) then();
    }
  };
};

/// With `Recorded`, every effect is also written into a record, which the owner begins and ends.
template <class Domain, bool Recorded>
class HartMachine {
 public:
  using Value = typename Domain::Value;
  using Condition = typename Domain::Condition;
  using Hart = typename Domain::Hart;

  HartMachine(const Isa& isa, Hart& hart, Record* record) : isa_(isa), hart_(hart), record_(record) {}

  [[nodiscard]] const Isa& isa() const { return isa_; }
  [[nodiscard]] Mode mode() const { return Domain::mode(hart_); }
  void set_mode(Value mode) {
    gate_.assign(hart_.mode, mode);
    look_ = true;
  }
  [[nodiscard]] Value x(Reg r) const { return Domain::value(hart_.x[r]); }
  void set(Reg r, Value value) {
    if (r == 0) return;
    gate_.assign(hart_.x[r], value);
    if constexpr (Recorded)
      if (gate_.open()) record_->registers.add({r, value.bits});
  }
  [[nodiscard]] Value csr(Csr r) const { return Domain::value(hart_[r]); }
  void set_csr(Csr r, Value value) {
    gate_.assign(hart_[r], value);
    look_ |= decides_next_step(r);
    if constexpr (Recorded)
      if (gate_.open()) record_->csrs.add({r, value.bits});
  }
  [[nodiscard]] Value counter(Counter which, int half) const { return Domain::counter(hart_, which, half); }
  [[nodiscard]] Condition external_interrupt() const { return Domain::condition(hart_.external_interrupt); }
  void reserve(Value physical) {
    gate_.assign(hart_.reserved, Condition{true});
    gate_.assign(hart_.reservation, physical);
  }
  [[nodiscard]] Condition reserved(Value physical) const { return Domain::condition(hart_.reserved) & eq(Domain::value(hart_.reservation), physical); }
  void release() {
    gate_.assign(hart_.reserved, Condition{false});
    gate_.assign(hart_.reservation, Value{0u});
  }
  void branch(Condition condition, auto&& then) { gate_.branch(condition, then); }
  void trap(uint32_t cause, Value tval) { gate_.trap(Value{cause}, tval); }

  [[nodiscard]] const typename Domain::Gate& gate() const { return gate_; }
  [[nodiscard]] bool trapped() const { return gate_.trapped; }
  /// The next step may not be what it would have been: mode, translation or interrupts may have changed.
  [[nodiscard]] bool must_look() const { return look_; }
  [[nodiscard]] uint32_t trap_cause() const { return gate_.cause; }
  [[nodiscard]] uint32_t trap_value() const { return gate_.tval; }

 protected:
  void record_access(bool is_store, Width width, Virtual address, Physical physical, uint32_t value) {
    if constexpr (Recorded) {
      const uint32_t kept = width == Width::word ? value : value & ((1u << 8 * static_cast<int>(width)) - 1);
      record_->memory.add({is_store, width, address.at, physical.at, kept});
    }
  }

  const Isa& isa_;
  Hart& hart_;
  Record* record_;
  typename Domain::Gate gate_;
  bool look_ = false;
};

/// Trap entry and the choice of an interrupt on a hart: all that they need of a machine.
template <class Domain, bool Recorded>
class TrapMachine : public HartMachine<Domain, Recorded> {
 public:
  using Base = HartMachine<Domain, Recorded>;
  using Base::Base;
  [[nodiscard]] typename Base::Value pc() const { return Domain::value(this->hart_.pc); }
  void set_pc(typename Base::Value target) { this->gate_.assign(this->hart_.pc, target); }
};

}  // namespace vmsim
