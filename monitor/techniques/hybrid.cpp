// hybrid: the guest's kernel is interpreted, its user programs run directly (Popek and Goldberg 1974, theorem 3). It
// needs only that instructions sensitive in user mode trap; what the kernel executes never reaches the real hart.
#include <algorithm>

#include "monitor/dispatcher.hpp"
#include "monitor/techniques/world_switch.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {
namespace {

/// The guest's bus as the interpreted kernel sees it: its fences reach the shadow too.
class KernelBus final : public Bus {
 public:
  KernelBus(Bus& guest, Shadow& shadow) : Bus(guest.memory()), guest_(guest), shadow_(shadow) {}
  std::optional<uint32_t> device_read(Physical at, Width width) override { return guest_.device_read(at, width); }
  bool device_write(Physical at, uint32_t value, Width width) override { return guest_.device_write(at, value, width); }
  void fenced(const Fence& fence) override { shadow_.fence(fence); }

 private:
  Bus& guest_;
  Shadow& shadow_;
};

EngineOptions kernel_only(EngineOptions options) {
  options.kernel_only = true;
  return options;
}

class HybridTechnique final : public Engine {
 public:
  explicit HybridTechnique(const Ground& ground)
      : isa_(ground.real.isa()), shadow_(ground.real, ground.guest, ground.slice, ground.pool, ground.pool_pages),
        dispatcher_(ground.real.isa(), ground.guest, shadow_, ground.count, false), direct_(ground.real, shadow_, ground.slice),
        kernel_bus_(ground.guest, shadow_), kernel_(make_engine(ground.real.isa(), kernel_bus_, kernel_only(ground.options.engine))) {}

  Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) override {
    const bool to_guest = destination == TrapDestination::guest;
    const uint64_t start = hart.clock.steps;
    const uint64_t end = budget > ~uint64_t{0} - start ? ~uint64_t{0} : start + budget;
    while (hart.clock.steps < end) {
      if (hart.mode == Mode::kernel) {
        const Exit exit = kernel_->run(hart, end - hart.clock.steps, destination, sink);
        if (!std::holds_alternative<ModeExit>(exit)) return exit;
        continue;
      }
      if (to_guest && dispatcher_.inject(hart, sink)) continue;
      const uint64_t until = to_guest ? std::min(end, timer_step(hart)) : end;
      const Exit exit = direct_.run(hart, until - hart.clock.steps, sink);
      // Where waiting is not privileged the guest waits directly; what may wake it is the virtual hart's.
      if (std::holds_alternative<IdleExit>(exit) && !has_wake_up(isa_, hart)) return exit;
      if (const auto* trap = std::get_if<TrapExit>(&exit))
        if (const auto answered = dispatcher_.dispatch(hart, *trap, destination, sink)) return *answered;
    }
    return BudgetExit{};
  }

  void flush(std::optional<Virtual> address) override {
    shadow_.fence({.address = address});
    kernel_->flush(address);
  }

 private:
  const Isa& isa_;
  Shadow shadow_;
  Dispatcher dispatcher_;
  WorldSwitch direct_;
  KernelBus kernel_bus_;
  std::unique_ptr<Engine> kernel_;
};

}  // namespace

std::unique_ptr<Engine> make_hybrid_technique(const Ground& ground) { return std::make_unique<HybridTechnique>(ground); }

}  // namespace vmsim
