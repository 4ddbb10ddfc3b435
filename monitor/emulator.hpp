// The interpretive routines, one call for all of them: the trapped instruction's own row, run on the virtual hart. What a
// row reads and writes is the guest's: its control registers, its memory through its own tables, its devices.
#pragma once

#include "monitor/shadow.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim {

class Emulator {
 public:
  Emulator(const Isa& isa, Bus& guest, Shadow& shadow) : isa_(isa), mmu_(isa, guest, false), shadow_(shadow) {}

  struct Result {
    std::optional<TrapExit> trap;  // the virtual hart traps here; nothing else happened
    bool waits = false;            // wfi
    bool device = false;           // a device was reached
  };
  /// Runs `word`, at the virtual hart's pc. Where it does not trap it is one retired step, recorded in `sink` if there is one.
  Result emulate(Hart& virtual_hart, uint32_t word, TraceSink* sink);

 private:
  class GuestMemory;

  const Isa& isa_;
  Mmu mmu_;
  Shadow& shadow_;
};

}  // namespace vmsim
