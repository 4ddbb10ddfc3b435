// trap: the classical monitor. Guest kernel and guest user run on the real hart in real user mode, at full speed, until
// something traps; the dispatcher answers, and the hart goes on.
#include <algorithm>

#include "monitor/dispatcher.hpp"
#include "monitor/techniques/world_switch.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {
namespace {

class TrapTechnique final : public Engine {
 public:
  explicit TrapTechnique(const Ground& ground)
      : isa_(ground.real.isa()), shadow_(ground.real, ground.guest, ground.slice, ground.pool, ground.pool_pages),
        dispatcher_(ground.real.isa(), ground.guest, shadow_, ground.count, ground.options.clusters), direct_(ground.real, shadow_, ground.slice) {}

  Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) override {
    const bool to_guest = destination == TrapDestination::guest;
    const uint64_t start = hart.clock.steps;
    const uint64_t end = budget > ~uint64_t{0} - start ? ~uint64_t{0} : start + budget;
    while (hart.clock.steps < end) {
      if (to_guest && dispatcher_.inject(hart, sink)) continue;
      const uint64_t until = to_guest ? std::min(end, timer_step(hart)) : end;
      const uint64_t before = hart.clock.steps;
      if (const auto ahead = dispatcher_.look_ahead(hart, until, destination, sink); ahead.handled) {
        if (ahead.exit) return *ahead.exit;
        continue;
      }
      const uint64_t done = hart.clock.steps - before;
      if (done >= until - before) continue;
      const Exit exit = direct_.run(hart, until - hart.clock.steps, sink);
      // Where waiting is not privileged the guest waits directly; what may wake it is the virtual hart's.
      if (std::holds_alternative<IdleExit>(exit) && !has_wake_up(isa_, hart)) return exit;
      if (const auto* trap = std::get_if<TrapExit>(&exit))
        if (const auto answered = dispatcher_.dispatch(hart, *trap, destination, sink)) return *answered;
    }
    return BudgetExit{};
  }

  void flush(std::optional<Virtual> address) override { shadow_.fence({.address = address}); }

 private:
  const Isa& isa_;
  Shadow shadow_;
  Dispatcher dispatcher_;
  WorldSwitch direct_;
};

}  // namespace

std::unique_ptr<Engine> make_trap_technique(const Ground& ground) { return std::make_unique<TrapTechnique>(ground); }

}  // namespace vmsim
