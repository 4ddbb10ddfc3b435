#include "vcpu/trap_entry.hpp"

#include "isa/trap.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim {
namespace {

class TrapMachine : public HartMachine<true> {
 public:
  TrapMachine(const Isa& isa, Hart& hart, Record& record) : HartMachine(isa, hart, &record) {}
  [[nodiscard]] Word pc() const { return hart_.pc; }
  void set_pc(Word target) { hart_.pc = target.bits; }
};

void enter(const Isa& isa, Hart& hart, Event event, const TrapExit& trap, TraceSink* sink) {
  Record record{.step = hart.clock.steps, .mode = hart.mode, .pc = hart.pc, .word = trap.word, .event = event,
                .cause = trap.cause, .epc = hart.pc, .tval = trap.tval};
  TrapMachine machine(isa, hart, record);
  enter_trap(machine, trap.cause, trap.tval);
  ++hart.clock.steps;
  record.next_pc = hart.pc;
  if (sink != nullptr) sink->record(record);
}

}  // namespace

void take_trap(const Isa& isa, Hart& hart, const TrapExit& trap, TraceSink* sink) {
  enter(isa, hart, Event::trap, trap, sink);
}

bool take_interrupt(const Isa& isa, Hart& hart, TraceSink* sink) {
  Record unused;
  TrapMachine machine(isa, hart, unused);
  const Word cause = choose_interrupt(machine);
  if (cause.bits == 0) return false;
  enter(isa, hart, Event::interrupt, {.cause = cause.bits}, sink);
  return true;
}

bool has_wake_up(const Isa& isa, Hart& hart) {
  Record unused;
  TrapMachine machine(isa, hart, unused);
  return (pending_interrupts(machine) & machine.csr(Csr::sie)).bits != 0;
}

uint64_t timer_step(const Hart& hart) {
  if ((hart[Csr::sie] & interrupt_bit::timer) == 0 || hart.clock.time() >= hart.timer()) return ~uint64_t{0};
  if (hart.timer() > ~uint64_t{0} / Clock::steps_per_tick) return ~uint64_t{0};
  return hart.timer() * Clock::steps_per_tick - hart.clock.idle;
}

}  // namespace vmsim
