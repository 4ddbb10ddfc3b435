// Every exit of the real hart arrives here and is answered in one of four ways: emulate (a device access, too), fill a shadow entry,
// reflect into the guest's kernel, or, for an ecall of that kernel, hand on to its firmware. Interrupts are injected between exits.
#pragma once

#include "monitor/clusters.hpp"

namespace vmsim {

/// What a guest cost its monitor.
struct ExitCount {
  uint64_t exits = 0;
  uint64_t clustered = 0;  // privileged instructions that were handled in another's exit
};

class Dispatcher {
 public:
  /// `count` counts every exit of the guest; `clusters`: more than one privileged instruction may be handled in an exit.
  Dispatcher(const Isa& isa, Bus& guest, Shadow& shadow, ExitCount& count, bool clusters)
      : isa_(isa), emulator_(isa, guest, shadow), shadow_(shadow), clusters_(isa, emulator_, shadow, clusters), count_(count) {}

  /// Answers the real hart's trap on behalf of the virtual hart. Gives an exit where somebody else has to act: the
  /// firmware, a device's owner, idle time, or (with destination monitor) whoever takes the virtual hart's traps.
  std::optional<Exit> dispatch(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink);

  /// Lets the virtual hart take a due interrupt. True where it did.
  bool inject(Hart& virtual_hart, TraceSink* sink);

  /// After an exit: where the next privileged instruction is near, and before the step `until`, the monitor goes on to it and handles it too, and
  /// to those after it while no interrupt can have become due.
  struct Ahead {
    bool handled = false;
    std::optional<Exit> exit;  // as of dispatch
  };
  Ahead look_ahead(Hart& virtual_hart, uint64_t until, TrapDestination destination, TraceSink* sink);

 private:
  /// An exit that is being answered.
  struct Asked {
    Hart& hart;
    TrapDestination destination;
    TraceSink* records;  // none where nobody wants them
    Act* act;            // likewise
  };
  /// As inject, and nobody is told.
  bool interrupt(Hart& virtual_hart, TraceSink* records);
  // Two that hold a whole hart: not in line, where every exit that nobody watches would make room for it.
  bool inject_told(Hart& virtual_hart, TraceSink& sink);
  /// Answers with `f` and tells `sink`.
  [[gnu::noinline]] std::optional<Exit> told(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink& sink, bool clustered, auto&& f);
  std::optional<Exit> answer(const Asked& asked, const TrapExit& trap);
  std::optional<Exit> emulate(const Asked& asked, const Decoded& instruction) {
    return answer_result(asked, emulator_.emulate(asked.hart, instruction, asked.records));
  }
  std::optional<Exit> answer_result(const Asked& asked, const Emulator::Result& result);
  std::optional<Exit> reflect(const Asked& asked, const TrapExit& trap);
  std::optional<Exit> memory_fault(const Asked& asked, const TrapExit& trap, Access access);

  const Isa& isa_;
  Emulator emulator_;
  Shadow& shadow_;
  Clusters clusters_;
  ExitCount& count_;
};

/// What differs between two states of a virtual hart, pc and clock aside.
std::vector<Change> changes(const Hart& before, const Hart& after);

}  // namespace vmsim
