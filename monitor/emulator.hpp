// The interpretive routines, one call for all of them: the trapped instruction's own row, run on the virtual hart. What a
// row reads and writes is the guest's: its control registers, its memory through its own tables, its devices.
#pragma once

#include "monitor/decoded.hpp"
#include "monitor/shadow.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim {

class Emulator {
 public:
  Emulator(const Isa& isa, Bus& guest, Shadow& shadow) : isa_(isa), mmu_(isa, guest, false), shadow_(shadow), words_(isa) {}

  struct Result {
    std::optional<TrapExit> trap;  // the virtual hart traps here; nothing else happened
    bool waits = false;            // wfi
    bool device = false;           // a device was reached
    bool must_look = false;        // mode, translation or interrupts may have changed
    /// The hart can go on, as it would after an innocuous instruction.
    [[nodiscard]] bool plain() const { return !trap && !waits && !device && !must_look; }
  };
  /// Runs `instruction`, at the virtual hart's pc. Where it does not trap it is one retired step, recorded in `records` if there is one.
  Result emulate(Hart& virtual_hart, const Decoded& instruction, TraceSink* records);

  /// Runs an innocuous instruction, at the virtual hart's pc, as the real hart would: it reaches memory where the shadow shows it. False where it
  /// would not get past the instruction; then nothing happened.
  bool run_as_real(Hart& virtual_hart, const Decoded& instruction, TraceSink* records);

  /// `word`, decoded. Valid until the next one is.
  const Decoded& decode(uint32_t word) { return words_[word]; }

 private:
  class GuestMemory;
  class ShownMemory;
  template <class Memory>
  struct Steps;

  const Isa& isa_;
  Mmu mmu_;
  Shadow& shadow_;
  DecodedWords words_;
};

}  // namespace vmsim
