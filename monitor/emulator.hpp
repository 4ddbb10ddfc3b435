// The interpretive routines, one call for all of them: the trapped instruction's own row, run on the virtual hart. What a
// row reads and writes is the guest's: its control registers, its memory through its own tables, its devices.
#pragma once

#include "monitor/shadow.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim {

class Emulator {
 public:
  Emulator(const Isa& isa, Bus& guest, Shadow& shadow) : isa_(isa), guest_(guest), mmu_(isa, guest, false), shadow_(shadow) {}

  struct Result {
    std::optional<TrapExit> trap;  // the virtual hart traps here; nothing else happened
    bool waits = false;            // wfi
    bool device = false;           // a device was reached
  };
  /// Runs `word`, at the virtual hart's pc. Where it does not trap it is one retired step, recorded in `sink` if there is one.
  Result emulate(Hart& virtual_hart, uint32_t word, TraceSink* sink);

  /// The word that the virtual hart fetches at its pc, through its own tables.
  [[nodiscard]] TranslateResult fetch(Hart& virtual_hart) {
    return mmu_.translate_to_memory(virtual_hart, Virtual{virtual_hart.pc}, Access::fetch);
  }
  [[nodiscard]] uint32_t word_at(Physical at) { return guest_.memory().read(at, Width::word); }

 private:
  class View;

  const Isa& isa_;
  Bus& guest_;
  Mmu mmu_;
  Shadow& shadow_;
};

}  // namespace vmsim
