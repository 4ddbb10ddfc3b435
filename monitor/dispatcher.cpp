#include "monitor/dispatcher.hpp"

#include <fmt/format.h>

#include "monitor/answer.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {
namespace {

/// A fault of the real MMU. Its access faults are those of a `bounds` MMU: shadow tables never name what is not there.
std::optional<Access> memory_fault_access(uint32_t cause) {
  for (Access access : {Access::fetch, Access::load, Access::store})
    if (cause == cause::page_fault(access) || cause == cause::access_fault(access)) return access;
  return std::nullopt;
}

std::string told(const Shadow::Fill& fill) {
  const char* extent = fill.extent == Shadow::Extent::superpage ? ", superpage" : fill.extent == Shadow::Extent::piece ? ", piece of a superpage" : "";
  const std::string evicted = fill.evicted != 0 ? fmt::format(", roots evicted: {}", fill.evicted) : "";
  return fmt::format("guest-physical {:08x} → real {:08x}{}{}", fill.guest.at, fill.real.at, extent, evicted);
}

TraceSink* records(TraceSink* sink) { return sink != nullptr && sink->wants_records() ? sink : nullptr; }

}  // namespace

std::vector<Change> changes(const Hart& before, const Hart& after) {
  std::vector<std::pair<std::string, uint64_t>> old;
  Hart::visit(before, [&](std::string name, auto value) { old.emplace_back(std::move(name), static_cast<uint64_t>(value)); });
  std::vector<Change> found;
  size_t i = 0;
  Hart::visit(after, [&](const std::string& name, auto value) {
    const uint64_t was = old[i++].second;
    const bool is_time = name == "steps" || name == "idle" || name == "retired" || name == "pc";
    if (static_cast<uint64_t>(value) != was && !is_time)
      found.push_back({name, static_cast<uint32_t>(was), static_cast<uint32_t>(value)});
  });
  return found;
}

std::optional<Exit> Dispatcher::dispatch(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink) {
  ++exits_;
  Act act;
  if (sink == nullptr || !sink->wants_acts()) return answer(virtual_hart, trap, destination, sink, act);
  const Hart before = virtual_hart;
  act = {.number = exits_, .step = before.clock.steps, .mode = before.mode, .pc = before.pc, .word = trap.word,
         .real_cause = trap.cause, .real_tval = trap.tval};
  const auto exit = answer(virtual_hart, trap, destination, sink, act);
  if (exit && std::holds_alternative<FirmwareExit>(*exit)) return exit;  // told when the firmware has answered
  act.changes = changes(before, virtual_hart);
  act.resume = virtual_hart.pc;
  act.resume_mode = virtual_hart.mode;
  sink->act(act);
  return exit;
}

bool Dispatcher::inject(Hart& virtual_hart, TraceSink* sink) {
  std::optional<Hart> before;
  if (sink != nullptr && sink->wants_acts()) before = virtual_hart;
  if (!take_interrupt(isa_, virtual_hart, records(sink))) return false;
  ++exits_;
  if (before)
    sink->act({.number = exits_, .step = before->clock.steps, .mode = before->mode, .resume_mode = virtual_hart.mode,
               .pc = before->pc, .real_cause = cause::timer_interrupt, .kind = ActKind::inject,
               .cause = virtual_hart[Csr::scause], .changes = changes(*before, virtual_hart), .resume = virtual_hart.pc});
  return true;
}

std::optional<Exit> Dispatcher::answer(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink,
                                       Act& act) {
  if (memory_fault_access(trap.cause)) return memory_fault(virtual_hart, trap, destination, sink, act);
  if (wants_emulation(Word{trap.cause}).on) return emulate(virtual_hart, trap.word, destination, sink, act);
  return reflect(virtual_hart, {reflected_cause(Word{trap.cause}, virtual_hart.mode).bits, trap.tval, trap.word}, destination, sink, act);
}

std::optional<Exit> Dispatcher::emulate(Hart& virtual_hart, uint32_t word, TrapDestination destination, TraceSink* sink, Act& act) {
  const Emulator::Result result = emulator_.emulate(virtual_hart, word, sink);
  if (result.trap) return reflect(virtual_hart, *result.trap, destination, sink, act);
  act.kind = result.device ? ActKind::device : ActKind::emulate;
  if (result.device) return DeviceExit{};
  if (!result.waits || has_wake_up(isa_, virtual_hart)) return std::nullopt;
  act.kind = ActKind::wait;
  return IdleExit{};
}

std::optional<Exit> Dispatcher::reflect(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink,
                                        Act& act) {
  act.kind = ActKind::reflect;
  act.cause = trap.cause;
  if (destination == TrapDestination::monitor) return trap;
  if (trap.cause == cause::kernel_ecall) return FirmwareExit{};
  take_trap(isa_, virtual_hart, trap, records(sink));
  return std::nullopt;
}

std::optional<Exit> Dispatcher::memory_fault(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink,
                                             Act& act) {
  const Access access = *memory_fault_access(trap.cause);
  const Shadow::Fill fill = shadow_.fill(virtual_hart, Virtual{trap.tval}, access);
  switch (fill.outcome) {
    case Shadow::Outcome::filled:
      act.kind = ActKind::fill;
      if (sink != nullptr) act.detail = told(fill);
      return std::nullopt;
    case Shadow::Outcome::fault: return reflect(virtual_hart, {fill.cause, trap.tval, trap.word}, destination, sink, act);
    case Shadow::Outcome::out_of_reach:
    case Shadow::Outcome::outside: break;
  }
  if (sink != nullptr) act.detail = fmt::format("guest-physical {:08x}", fill.guest.at);
  if (access != Access::fetch) return emulate(virtual_hart, trap.word, destination, sink, act);
  if (fill.outcome == Shadow::Outcome::outside) return reflect(virtual_hart, {cause::fetch_access, trap.tval, 0}, destination, sink, act);
  return emulate(virtual_hart, shadow_.guest_word(fill.guest), destination, sink, act);
}

}  // namespace vmsim
