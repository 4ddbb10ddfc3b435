// The interpreter's outer loop: interrupts, deadlines and exits, around runs of blocks in either form.
#include <algorithm>

#include "vcpu/interpreter/interpreter.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {

Interpreter::Interpreter(const Isa& isa, Bus& bus, EngineOptions options, Mmu* shared)
    : isa_(isa), bus_(bus), options_(options),
      own_mmu_(shared == nullptr ? std::make_unique<Mmu>(isa, bus, options.translation_cache, options.races) : nullptr),
      mmu_(shared == nullptr ? *own_mmu_ : *shared), blocks_(isa, bus.memory(), options.block_cache), code_(isa, bus.memory(), options) {
  options_.threaded = options.threaded && options.block_cache && threaded::has_tail_calls();
  cpu_.engine = this;
}

Exit Interpreter::run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) {
  const bool recorded = sink != nullptr && sink->wants_records();
  return recorded ? run_to_exit<true>(hart, budget, destination, sink) : run_to_exit<false>(hart, budget, destination, nullptr);
}

void Interpreter::refresh() {
  const Memory& memory = bus_.memory();
  if (memory.mark_epoch() != mark_epoch_) {
    mark_epoch_ = memory.mark_epoch();
    mmu_.flush_writes();
  }
  if (memory.code_epoch() == code_epoch_) return;
  code_epoch_ = memory.code_epoch();
  mmu_.flush_fetches();
}

AccessResult Interpreter::slow_access(Hart& hart, Virtual address, Width width, bool is_store, uint32_t value, uint64_t done) {
  return with_clock(hart, done, [&] { return is_store ? mmu_.store(hart, address, value, width) : mmu_.load(hart, address, width); });
}

AccessResult Interpreter::slow_physical(Hart& hart, Physical address, Width width, bool is_store, uint32_t value, uint64_t done) {
  const Access access = is_store ? Access::store : Access::load;
  return with_clock(hart, done, [&] { return mmu_.access_physical(address, Virtual{address.at}, width, access, value); });
}

Stop Interpreter::stop_after_step() {
  refresh();
  if (reached_device_) return reached_device_ = false, Stop::device;
  if (waiting_) return waiting_ = false, Stop::wait;
  return Stop::look;
}

template <bool Recorded>
Exit Interpreter::run_to_exit(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) {
  const uint64_t start = hart.clock.steps;
  const uint64_t end = budget > ~uint64_t{0} - start ? ~uint64_t{0} : start + budget;
  const bool to_guest = destination == TrapDestination::guest;
  std::copy(hart.x.begin(), hart.x.end(), cpu_.x.begin());
  const auto leave = [&]<class E>(const E& exit) -> Exit {
    std::copy_n(cpu_.x.begin(), hart.x.size(), hart.x.begin());
    return exit;
  };
  // What enters a trap writes to a register on few variants only.
  auto enter = [&](auto&& trap) {
    if (isa_.trap().loses == 0) return trap();
    std::copy_n(cpu_.x.begin(), hart.x.size(), hart.x.begin());
    const bool entered = trap();
    std::copy(hart.x.begin(), hart.x.end(), cpu_.x.begin());
    return entered;
  };
  refresh();  // memory may have been written to since the last run
  while (hart.clock.steps < end) {
    if (options_.kernel_only && hart.mode == Mode::user) return leave(ModeExit{});
    if (to_guest && enter([&] { return take_interrupt(isa_, hart, sink); })) continue;
    const uint64_t until = to_guest ? std::min(end, timer_step(hart)) : end;
    // Few steps are no whole block: the switch form would run them in the end.
    switch (!Recorded && options_.threaded && until - hart.clock.steps > 2 ? run_threaded(hart, until) : run_switch<Recorded>(hart, until, sink)) {
      case Stop::until:
      case Stop::look: break;
      case Stop::device: return leave(DeviceExit{});
      case Stop::wait:
        if (!has_wake_up(isa_, hart)) return leave(IdleExit{});
        break;
      case Stop::trap:
        if (!to_guest) return leave(trap_);
        if (trap_.cause == cause::kernel_ecall) return leave(FirmwareExit{});
        enter([&] { return take_trap(isa_, hart, trap_, sink), true; });
        break;
    }
  }
  return leave(BudgetExit{});
}

std::unique_ptr<Engine> make_interpreter(const Isa& isa, Bus& bus, EngineOptions options) { return std::make_unique<Interpreter>(isa, bus, options); }

}  // namespace vmsim
