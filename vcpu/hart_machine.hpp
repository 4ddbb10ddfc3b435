// The part of the machine concept that a hart alone can give: registers, pc, mode, control registers, counters, reservation.
// The interpreter's machine and the monitor's view of a virtual machine add memory, traps and fences.
#pragma once

#include "isa/isa.hpp"
#include "isa/word.hpp"
#include "vcpu/hart.hpp"
#include "vcpu/record.hpp"

namespace vmsim {

/// With `Recorded`, every effect is also written into a record, which the owner begins and ends.
template <bool Recorded>
class HartMachine {
 public:
  using Value = Word;
  using Condition = Flag;

  HartMachine(const Isa& isa, Hart& hart, Record* record) : isa_(isa), hart_(hart), record_(record) {}

  [[nodiscard]] const Isa& isa() const { return isa_; }
  [[nodiscard]] Mode mode() const { return hart_.mode; }
  void set_mode(Word mode) {
    if (!trapped_) hart_.mode = static_cast<Mode>(mode.bits & 1);
  }
  [[nodiscard]] Word x(Reg r) const { return hart_.x[r]; }
  void set(Reg r, Word value) {
    if (trapped_ || r == 0) return;
    hart_.x[r] = value.bits;
    if constexpr (Recorded) record_->registers.add({r, value.bits});
  }
  [[nodiscard]] Word csr(Csr r) const { return hart_[r]; }
  void set_csr(Csr r, Word value) {
    if (trapped_) return;
    hart_[r] = value.bits;
    if constexpr (Recorded) record_->csrs.add({r, value.bits});
  }
  [[nodiscard]] Word counter(Counter which, int half) const {
    return static_cast<uint32_t>(hart_.clock.counter(which) >> 32 * half);
  }
  [[nodiscard]] Flag external_interrupt() const { return {hart_.external_interrupt}; }
  void reserve(Word physical) {
    if (trapped_) return;
    hart_.reserved = true;
    hart_.reservation = physical.bits;
  }
  [[nodiscard]] Flag reserved(Word physical) const {
    return {hart_.reserved && hart_.reservation == physical.bits};
  }
  void release() {
    if (trapped_) return;
    hart_.reserved = false;
    hart_.reservation = 0;
  }
  void branch(Flag condition, auto&& then) {
    if (condition.on) then();
  }

  /// The first trap of a step wins, and nothing of the step commits after it.
  void trap(uint32_t cause, Word tval) {
    if (trapped_) return;
    trapped_ = true;
    cause_ = cause;
    tval_ = tval.bits;
  }
  [[nodiscard]] bool trapped() const { return trapped_; }
  [[nodiscard]] uint32_t trap_cause() const { return cause_; }
  [[nodiscard]] uint32_t trap_value() const { return tval_; }

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
  bool trapped_ = false;
  uint32_t cause_ = 0, tval_ = 0;
};

}  // namespace vmsim
