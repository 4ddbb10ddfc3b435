// What the monitor does about a trap of the real hart, as templates over the domain of values: the dispatcher runs them
// on words, and the checker's proof of faithful emulation on symbolic terms. Nothing here touches memory or devices.
#pragma once

#include <utility>

#include "isa/execute.hpp"
#include "isa/trap.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim {

/// A privileged instruction: run its own row on the virtual hart.
template <class V>
constexpr auto wants_emulation(V real_cause) {
  return eq(real_cause, V{cause::illegal_instruction});
}

/// The cause that the guest's kernel sees. Guest kernel and guest user both run in real user mode, so a system call of
/// the virtual kernel arrives as one from user mode.
template <class V>
constexpr V reflected_cause(V real_cause, Mode virtual_mode) {
  return virtual_mode == Mode::kernel ? select(eq(real_cause, V{cause::user_ecall}), V{cause::kernel_ecall}, real_cause) : real_cause;
}

/// The machine concept over a virtual hart. `Memory` is the guest's memory and what a fence reaches; each of its
/// functions is given the view.
template <class Domain, bool Recorded, class Memory>
class VirtualView : public HartMachine<Domain, Recorded> {
 public:
  using Base = HartMachine<Domain, Recorded>;
  using typename Base::Condition;
  using typename Base::Hart;
  using typename Base::Value;

  VirtualView(const Isa& isa, Hart& virtual_hart, Memory& memory, Value word, Record* record = nullptr)
      : Base(isa, virtual_hart, record), memory_(memory), pc_(Domain::value(virtual_hart.pc)), word_(word), next_(Domain::cell(pc_ + Value{4u})) {}

  [[nodiscard]] Value pc() const { return pc_; }
  [[nodiscard]] Value word() const { return word_; }
  void set_pc(Value target) { this->gate_.assign(next_, target); }
  /// The step is over; where it did not trap, the next begins.
  void retire() { this->gate_.assign(this->hart_.pc, Domain::value(next_)); }

  Value load(Value address, Width width) { return memory_.load(*this, address, width); }
  void store(Value address, Value value, Width width) { memory_.store(*this, address, value, width); }
  Value atomic(Value address, Access access) { return memory_.atomic(*this, address, access); }
  Value load_physical(Value address, Width width) { return memory_.load_physical(*this, address, width); }
  void store_physical(Value address, Value value, Width width) { memory_.store_physical(*this, address, value, width); }
  Value translate(Value address) { return memory_.translate(*this, address); }
  void wait() { this->gate_.assign(waits_, Condition{true}); }
  void fence_instructions() {}
  void flush(const FlushScope<Value>& scope) {
    memory_.flush(*this, scope);
    this->look_ = true;
  }

  [[nodiscard]] Condition waits() const { return Domain::condition(waits_); }
  using Base::record_access;

 private:
  Memory& memory_;
  Value pc_, word_;
  typename Domain::Cell next_;
  typename Domain::FlagCell waits_{false};
};

/// Emulates one instruction on the virtual hart behind `view`: its user rule, its row, which `row()` executes, and where
/// it did not trap, a retirement.
template <class View>
void emulate_instruction(View& view, Op op, auto&& row) {
  by_user_rule(view, op, row);
  view.retire();
}

/// The way into the guest: its registers into the real hart, which runs in user mode and has every control register as
/// after reset: nothing enabled, no counter readable. `to_real` turns a guest-physical word into whether it is the
/// guest's own, and where it lies. Translation is the caller's.
template <class Domain, class ToReal>
void enter_guest(const typename Domain::Hart& virtual_hart, typename Domain::Hart& real_hart, ToReal to_real) {
  real_hart.x = virtual_hart.x;
  real_hart.pc = virtual_hart.pc;
  Domain::set_mode(real_hart, Mode::user);
  [&]<int... R>(std::integer_sequence<int, R...>) { ((real_hart[static_cast<Csr>(R)] = reset_csr(static_cast<Csr>(R))), ...); }
  (std::make_integer_sequence<int, csr_count>{});
  const auto [own, word] = to_real(Domain::value(virtual_hart.reservation));
  const auto held = Domain::condition(virtual_hart.reserved) & own;
  const typename Domain::Gate gate;
  gate.assign(real_hart.reserved, held);
  gate.assign(real_hart.reservation, select(held, word, typename Domain::Value{0u}));
}

/// Relocation and bound of the real hart, where the guest's memory of `size` bytes begins at `guest` and really lies `offset` further on. The real bound ends
/// where that memory does. An instruction set that lets user mode look at the bound would show the cut: there, a bound that reaches further is not shown at
/// all, every access faults, and the monitor interprets until the guest's bound lies within its memory. So it is for a relocation that begins outside.
template <class Domain>
void relocate_guest(const Isa& isa, const typename Domain::Hart& virtual_hart, typename Domain::Hart& real_hart, typename Domain::Value guest,
                    typename Domain::Value size, typename Domain::Value offset) {
  using V = typename Domain::Value;
  const V base = Domain::value(virtual_hart[Csr::base]), bound = Domain::value(virtual_hart[Csr::bound]);
  const V room = size - (base - guest);
  const V cut = select(lt_u(room, bound), isa.exposes(Csr::bound) ? V{0u} : room, bound);
  real_hart[Csr::base] = Domain::cell(base + offset);
  real_hart[Csr::bound] = Domain::cell(select(lt_u(base - guest, size), cut, V{0u}));
}

/// The way back after a trap of the real hart, which on some variants costs something. `bound` is what the real
/// register was on the way in.
template <class Domain, class ToGuest>
void leave_guest(const Isa& isa, typename Domain::Hart& virtual_hart, typename Domain::Hart& real_hart, typename Domain::Value bound, ToGuest to_guest) {
  TrapMachine<Domain, false> real(isa, real_hart, nullptr);
  lose_to_trap(real);
  virtual_hart.x = real_hart.x;
  virtual_hart.pc = real_hart.pc;
  const typename Domain::Gate gate;
  const auto held = Domain::condition(real_hart.reserved);
  gate.assign(virtual_hart.reserved, held);
  gate.assign(virtual_hart.reservation, select(held, to_guest(Domain::value(real_hart.reservation)), typename Domain::Value{0u}));
  const auto now = Domain::value(real_hart[Csr::bound]);
  gate.assign(virtual_hart[Csr::bound], select(ne(now, bound), now, Domain::value(virtual_hart[Csr::bound])));
}

}  // namespace vmsim
