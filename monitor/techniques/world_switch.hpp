// The world switch: a virtual hart's state into the real hart, which runs in real user mode until it traps, and back.
#pragma once

#include "monitor/shadow.hpp"
#include "monitor/techniques/technique.hpp"

namespace vmsim {

class WorldSwitch {
 public:
  WorldSwitch(Platform& real, Shadow& shadow, const Slice& slice) : real_(real), shadow_(shadow), slice_(slice) {}
  /// Runs `virtual_hart` directly for at most `budget` steps. A trap leaves it before the trapping instruction.
  Exit run(Hart& virtual_hart, uint64_t budget, TraceSink* sink);

 private:
  Platform& real_;
  Shadow& shadow_;
  Slice slice_;
  Hart real_hart_;
};

}  // namespace vmsim
