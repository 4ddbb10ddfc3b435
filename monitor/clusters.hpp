// Exit clusters (Agesen, Mattson, Rugina and Sheldon, "Software Techniques for Avoiding Hardware Virtualization Exits", USENIX ATC 2012): where
// the guest's kernel comes to its next privileged instruction within a few innocuous ones, it is cheaper to interpret those here than to go back to
// the real hart for them and to have another exit. What runs here runs as the real hart would run it, step by step, or is left to it.
#pragma once

#include "monitor/emulator.hpp"

namespace vmsim {

class Clusters {
 public:
  static constexpr uint32_t longest_gap = 8;  // innocuous instructions between two privileged ones
  static constexpr uint32_t most = 64;        // privileged instructions after the one that made the exit

  Clusters(const Isa& isa, Emulator& emulator, Shadow& shadow, bool on);

  /// An exit happened: a cluster may begin.
  void begin() {
    left_ = on_ ? most : 0;
    gap_ = longest_gap;
  }
  /// The real hart goes on.
  void end() { left_ = 0; }
  /// Interprets up to the next privileged instruction, if it is near and before the step `until`. Gives it, with the virtual hart before it; null
  /// where the real hart has to go on. Some of the innocuous instructions may be done even then. Valid until the next call. `onward`: since the last
  /// call neither mode nor translation has changed.
  const Decoded* reach(Hart& virtual_hart, uint64_t until, TraceSink* records, bool onward);

 private:
  /// What is ahead of an instruction: the innocuous ones from there on, and then a privileged one.
  struct Run {
    static constexpr uint32_t no_end = ~0u;
    RealPhysical start;        // 0 is none
    uint32_t length = no_end;  // innocuous instructions; no_end where they are too many, or end otherwise
    std::array<Decoded, longest_gap + 1> instructions;
  };
  /// Makes `page`, which the kernel's pc is in, the page found last. False where the shadow does not show it, or nothing is looked for.
  bool find_page(const Hart& virtual_hart, Virtual page);
  /// The run that starts at `at`, as it was when it was last looked at. Each of its words has to be compared before it is used.
  const Run& run_at(RealPhysical at);

  Emulator& emulator_;
  Shadow& shadow_;
  bool on_;
  // What may still come, kept when a budget ends in the middle: how a run is cut does not decide what is one exit.
  uint32_t left_ = 0, gap_ = 0;
  // The page found last.
  Virtual page_;
  RealPhysical real_page_;
  std::array<Run, 32> runs_;
  // Where a look found no privileged instruction near, which is most places. Code that changes makes an entry old: that costs a cluster, no more.
  std::array<uint32_t, 1024> barren_{};
};

}  // namespace vmsim
