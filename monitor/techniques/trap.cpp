// trap: the classical monitor. Guest kernel and guest user run on the real hart in real user mode, at full speed, until
// something traps; the dispatcher answers, and the hart goes on.
#include <algorithm>

#include "monitor/dispatcher.hpp"
#include "monitor/techniques/technique.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {
namespace {

/// Turns the real hart's records into the guest's: its own step count, virtual mode and guest-physical addresses.
class GuestView : public TraceSink {
 public:
  GuestView(TraceSink& sink, const Hart& virtual_hart, const Hart& real_hart, const Slice& slice)
      : sink_(sink), mode_(virtual_hart.mode), steps_ahead_(virtual_hart.clock.steps - real_hart.clock.steps), slice_(slice) {}
  void record(const Record& real) override {
    Record record = real;
    record.step += steps_ahead_;
    record.mode = mode_;
    for (int i = 0; i < record.memory.count; ++i) {
      uint32_t& at = record.memory.items[static_cast<size_t>(i)].physical_address;
      at = slice_.to_guest(RealPhysical{at}).at;
    }
    sink_.record(record);
  }

 private:
  TraceSink& sink_;
  Mode mode_;
  uint64_t steps_ahead_;
  const Slice& slice_;
};

class TrapTechnique final : public Engine {
 public:
  explicit TrapTechnique(const Ground& ground)
      : ground_(ground), shadow_(ground.real, ground.guest, ground.slice, ground.pool, ground.pool_pages),
        dispatcher_(ground.real.isa(), ground.guest, shadow_, ground.exits) {
    real_hart_.mode = Mode::user;
  }

  Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) override {
    const bool to_guest = destination == TrapDestination::guest;
    const uint64_t start = hart.clock.steps;
    const uint64_t end = budget > ~uint64_t{0} - start ? ~uint64_t{0} : start + budget;
    while (hart.clock.steps < end) {
      if (to_guest && dispatcher_.inject(hart, sink)) continue;
      const uint64_t until = to_guest ? std::min(end, timer_step(hart)) : end;
      const Exit exit = run_direct(hart, until - hart.clock.steps, sink);
      if (const auto* trap = std::get_if<TrapExit>(&exit))
        if (const auto answered = dispatcher_.dispatch(hart, *trap, destination, sink)) return *answered;
    }
    return BudgetExit{};
  }

  void flush(std::optional<Virtual> address) override { shadow_.flush(address); }

 private:
  /// The world switch: virtual state into the real hart, run, and back.
  Exit run_direct(Hart& hart, uint64_t budget, TraceSink* sink) {
    real_hart_.x = hart.x;
    real_hart_.pc = hart.pc;
    real_hart_[Csr::satp] = shadow_.root(hart);
    real_hart_.reserved = hart.reserved;
    if (hart.reserved) {
      const auto word = ground_.slice.to_real(GuestPhysical{hart.reservation}, 4);
      real_hart_.reserved = word.has_value();
      if (word) real_hart_.reservation = word->at;
    }
    const Clock before = real_hart_.clock;
    std::optional<GuestView> view;
    if (sink != nullptr && sink->wants_records()) view.emplace(*sink, hart, real_hart_, ground_.slice);
    const Exit exit = ground_.real.run_user(real_hart_, budget, view ? &*view : nullptr);
    hart.x = real_hart_.x;
    hart.pc = real_hart_.pc;
    hart.clock.steps += real_hart_.clock.steps - before.steps;
    hart.clock.retired += real_hart_.clock.retired - before.retired;
    hart.reserved = real_hart_.reserved;
    hart.reservation = hart.reserved ? ground_.slice.to_guest(RealPhysical{real_hart_.reservation}).at : 0;
    return exit;
  }

  Ground ground_;
  Shadow shadow_;
  Dispatcher dispatcher_;
  Hart real_hart_;
};

}  // namespace

std::unique_ptr<Engine> make_trap_technique(const Ground& ground) { return std::make_unique<TrapTechnique>(ground); }

}  // namespace vmsim
