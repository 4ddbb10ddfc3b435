// The interpreter, in two forms made from the same rows: the threaded form (handlers.hpp), which is fast, and the switch form
// (switch.cpp), which records, steps singly, and runs where tail calls cannot be had. Both work on the same registers and may take
// over from each other after any step.
#pragma once

#include "vcpu/engine.hpp"
#include "vcpu/interpreter/code.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim {

/// Why a run of blocks ended.
enum class Stop : uint8_t { until, look, trap, wait, device };

class Interpreter final : public Engine {
 public:
  /// `shared` is another engine's that runs the same hart; without one it has its own.
  Interpreter(const Isa& isa, Bus& bus, EngineOptions options, Mmu* shared = nullptr);

  Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) override;
  void flush(std::optional<Virtual> address) override { mmu_.flush(address); }

  // The threaded form's slow side. Each gives the operation to go on with, or null where the run stops.
  /// Executes the element at `op`.
  const threaded::Slot* step(const threaded::Slot* op, int64_t budget);
  /// The block that begins at `pc`, with `budget` steps left.
  const threaded::Slot* enter(uint32_t pc, int64_t budget);
  /// The block that a stub leads to; makes its link direct.
  const threaded::Slot* resolve(const threaded::Slot* stub, int64_t budget);
  /// Stops before the block that begins at `op`, which does not fit.
  void stop_before(const threaded::Slot* op, int64_t budget);

 private:
  template <bool Recorded>
  class View;

  template <bool Recorded>
  Exit run_to_exit(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink);
  template <bool Recorded>
  Stop run_switch(Hart& hart, uint64_t until, TraceSink* sink);
  Stop run_threaded(Hart& hart, uint64_t until);
  /// Drops what stores to code, or new code pages, made stale.
  void refresh();
  /// Why blocks are left after a complete step.
  Stop stop_after_step();
  /// Sets the hart's clock to where the threaded form is, with `left` steps to go.
  void set_clock(uint64_t left);
  /// What fetches depend on has changed: found jumps are looked for by it.
  void note_fetches();
  /// A data access, with the clock as devices should see it.
  AccessResult with_clock(Hart& hart, uint64_t done, auto&& access) {
    const Clock before = hart.clock;
    hart.clock.steps += done;
    hart.clock.retired += done;
    const AccessResult r = access();
    hart.clock = before;
    reached_device_ |= r.device;
    return r;
  }
  /// A data access that missed the cache. `done` instructions of the block are complete.
  AccessResult slow_access(Hart& hart, Virtual address, Width width, bool is_store, uint32_t value, uint64_t done);
  AccessResult slow_physical(Hart& hart, Physical address, Width width, bool is_store, uint32_t value, uint64_t done);

  const Isa& isa_;
  Bus& bus_;
  EngineOptions options_;
  std::unique_ptr<Mmu> own_mmu_;
  Mmu& mmu_;
  BlockCache blocks_;
  threaded::Code code_;
  threaded::Cpu cpu_;
  uint64_t code_epoch_ = 0, mark_epoch_ = 0;
  bool reached_device_ = false, waiting_ = false;
  TrapExit trap_;
  // Of a threaded run:
  Hart* hart_ = nullptr;
  uint64_t until_ = 0;          // the step at which the budget ends
  uint64_t retired_ahead_ = 0;  // instructions retired less steps; modulo 2^64
  uint64_t era_ = 0;            // upper bits of the generation that is in cpu_.fetches
  Stop stop_ = Stop::until;
};

}  // namespace vmsim
