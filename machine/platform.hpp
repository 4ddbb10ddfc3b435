// All that a monitor sees of the machine below it. A Machine is one; a VirtualMachine is one too, so a monitor runs over a
// monitor (Popek and Goldberg 1974, theorem 2).
#pragma once

#include <optional>

#include "vcpu/engine.hpp"

namespace vmsim {

class Platform {
 public:
  virtual ~Platform() = default;
  [[nodiscard]] virtual const Isa& isa() const = 0;

  /// Runs `hart`, which is in user mode with satp and registers as the monitor set them, until it traps or `budget` steps
  /// are done. Every trap comes back here, with the hart as it was before the trapping instruction.
  virtual Exit run_user(Hart& hart, uint64_t budget, TraceSink* sink) = 0;
  /// The monitor has changed page tables: cached translations of `address`, or all, are forgotten.
  virtual void flush(std::optional<Virtual> address) = 0;
  /// Main memory. What of it is whose, `take` decides.
  virtual Memory& memory() = 0;
  /// Gives away `size` bytes at a multiple of `alignment`, for good; nothing when there is no room. They are zero where nobody has used the machine yet.
  virtual std::optional<Physical> take(uint32_t size, uint32_t alignment) = 0;
};

}  // namespace vmsim
