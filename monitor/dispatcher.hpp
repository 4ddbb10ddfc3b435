// Every exit of the real hart arrives here and is answered in one of four ways: emulate (a device access, too), fill a shadow entry,
// reflect into the guest's kernel, or, for an ecall of that kernel, hand on to its firmware. Interrupts are injected between exits.
#pragma once

#include "monitor/emulator.hpp"

namespace vmsim {

class Dispatcher {
 public:
  /// `exits` counts every exit of the guest.
  Dispatcher(const Isa& isa, Bus& guest, Shadow& shadow, uint64_t& exits)
      : isa_(isa), emulator_(isa, guest, shadow), shadow_(shadow), exits_(exits) {}

  /// Answers the real hart's trap on behalf of the virtual hart. Gives an exit where somebody else has to act: the
  /// firmware, a device's owner, idle time, or (with destination monitor) whoever takes the virtual hart's traps.
  std::optional<Exit> dispatch(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink);

  /// Lets the virtual hart take a due interrupt. True where it did.
  bool inject(Hart& virtual_hart, TraceSink* sink);

 private:
  std::optional<Exit> answer(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink, Act& act);
  std::optional<Exit> emulate(Hart& virtual_hart, uint32_t word, TrapDestination destination, TraceSink* sink, Act& act);
  std::optional<Exit> reflect(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink, Act& act);
  std::optional<Exit> memory_fault(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink, Act& act);

  const Isa& isa_;
  Emulator emulator_;
  Shadow& shadow_;
  uint64_t& exits_;
};

/// What differs between two states of a virtual hart, pc and clock aside.
std::vector<Change> changes(const Hart& before, const Hart& after);

}  // namespace vmsim
