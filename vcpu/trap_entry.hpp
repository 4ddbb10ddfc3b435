// Taking a trap or an interrupt is a step of its own. Engines do it on a hart that owns its vector; the monitor does the very
// same on the virtual hart, to reflect and to inject.
#pragma once

#include "isa/trap.hpp"
#include "vcpu/engine.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim {

/// The hart traps at its pc: one step, recorded in `sink` when there is one.
void take_trap(const Isa& isa, Hart& hart, const TrapExit& trap, TraceSink* sink);

/// As take_interrupt, for a hart of which it is known that it takes interrupts at all.
bool take_due_interrupt(const Isa& isa, Hart& hart, TraceSink* sink);

/// Takes the interrupt that is due before the hart's next step, if there is one: one step. True where it did.
inline bool take_interrupt(const Isa& isa, Hart& hart, TraceSink* sink) {
  HartMachine<WordDomain, false> machine(isa, hart, nullptr);
  return takes_interrupts(machine).on && take_due_interrupt(isa, hart, sink);
}

/// Does what a kernel does with sepc, sstatus and sret, in one: back to a program at `pc`, with sstatus as it was when that was interrupted.
void return_from_trap(const Isa& isa, Hart& hart, uint32_t pc, uint32_t status);

/// What a trap takes from the hart even where it does not enter its vector: nothing on toy32.
void lose_to_trap(const Isa& isa, Hart& hart);

/// True where an enabled interrupt is pending, taken or not: what ends a wfi.
bool has_wake_up(const Isa& isa, Hart& hart);

/// The first step before which the hart's timer can interrupt, if it is not pending yet; else the last number there is.
uint64_t timer_step(const Hart& hart);

}  // namespace vmsim
