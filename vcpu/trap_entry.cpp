#include "vcpu/trap_entry.hpp"

namespace vmsim {
namespace {

using Entry = TrapMachine<WordDomain, false>;

template <bool Recorded>
void enter(const Isa& isa, Hart& hart, Event event, const TrapExit& trap, TraceSink* sink) {
  if constexpr (Recorded) {
    Record record{
        .step = hart.clock.steps, .mode = hart.mode, .pc = hart.pc, .word = trap.word, .event = event, .cause = trap.cause, .epc = hart.pc, .tval = trap.tval};
    TrapMachine<WordDomain, true> machine(isa, hart, &record);
    enter_trap(machine, trap.cause, trap.tval);
    ++hart.clock.steps;
    record.next_pc = hart.pc;
    sink->record(record);
  } else {
    Entry machine(isa, hart, nullptr);
    enter_trap(machine, trap.cause, trap.tval);
    ++hart.clock.steps;
  }
}

void enter(const Isa& isa, Hart& hart, Event event, const TrapExit& trap, TraceSink* sink) {
  if (sink != nullptr) enter<true>(isa, hart, event, trap, sink);
  else enter<false>(isa, hart, event, trap, nullptr);
}

}  // namespace

void take_trap(const Isa& isa, Hart& hart, const TrapExit& trap, TraceSink* sink) { enter(isa, hart, Event::trap, trap, sink); }

bool take_due_interrupt(const Isa& isa, Hart& hart, TraceSink* sink) {
  Entry machine(isa, hart, nullptr);
  const Word cause = choose_interrupt(machine);
  if (cause.bits == 0) return false;
  enter(isa, hart, Event::interrupt, {.cause = cause.bits}, sink);
  return true;
}

void return_from_trap(const Isa& isa, Hart& hart, uint32_t pc, uint32_t status) {
  Entry machine(isa, hart, nullptr);
  machine.set_csr(Csr::sepc, pc & isa.csr("sepc")->write_mask());
  machine.set_csr(Csr::sstatus, status & isa.csr("sstatus")->write_mask());
  leave_trap(machine);
}

void lose_to_trap(const Isa& isa, Hart& hart) {
  Entry machine(isa, hart, nullptr);
  lose_to_trap(machine);
}

bool has_wake_up(const Isa& isa, Hart& hart) {
  Entry machine(isa, hart, nullptr);
  return (pending_interrupts(machine) & machine.csr(Csr::sie)).bits != 0;
}

uint64_t timer_step(const Hart& hart) {
  if ((hart[Csr::sie] & interrupt_bit::timer) == 0 || hart.clock.time() >= hart.timer()) return ~uint64_t{0};
  if (hart.timer() > ~uint64_t{0} / Clock::steps_per_tick) return ~uint64_t{0};
  return hart.timer() * Clock::steps_per_tick - hart.clock.idle;
}

}  // namespace vmsim
