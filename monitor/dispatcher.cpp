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

std::string described(const Shadow::Fill& fill) {
  const char* extent = fill.extent == Shadow::Extent::superpage ? ", superpage" : fill.extent == Shadow::Extent::piece ? ", piece of a superpage" : "";
  const std::string evicted = fill.evicted != 0 ? fmt::format(", roots evicted: {}", fill.evicted) : "";
  return fmt::format("guest-physical {:08x} → real {:08x}{}{}", fill.guest.at, fill.real.at, extent, evicted);
}

bool watches(const TraceSink* sink) { return sink != nullptr && sink->wants_acts(); }
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
    if (static_cast<uint64_t>(value) != was && !is_time) found.push_back({name, static_cast<uint32_t>(was), static_cast<uint32_t>(value)});
  });
  return found;
}

std::optional<Exit> Dispatcher::told(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink& sink, bool clustered, auto&& f) {
  const Hart before = virtual_hart;
  Act act{.number = count_.exits,
          .step = before.clock.steps,
          .mode = before.mode,
          .pc = before.pc,
          .word = trap.word,
          .clustered = clustered,
          .real_cause = trap.cause,
          .real_tval = trap.tval};
  const auto exit = f(Asked{virtual_hart, destination, records(&sink), &act});
  if (exit && std::holds_alternative<FirmwareExit>(*exit)) return exit;  // told when the firmware has answered
  act.changes = changes(before, virtual_hart);
  act.resume = virtual_hart.pc;
  act.resume_mode = virtual_hart.mode;
  sink.act(act);
  return exit;
}

std::optional<Exit> Dispatcher::dispatch(Hart& virtual_hart, const TrapExit& trap, TrapDestination destination, TraceSink* sink) {
  ++count_.exits;
  clusters_.begin();
  if (!watches(sink)) return answer({virtual_hart, destination, records(sink), nullptr}, trap);
  return told(virtual_hart, trap, destination, *sink, false, [&](const Asked& asked) { return answer(asked, trap); });
}

bool Dispatcher::interrupt(Hart& virtual_hart, TraceSink* records) {
  if (!take_interrupt(isa_, virtual_hart, records)) return false;
  ++count_.exits;
  clusters_.begin();
  return true;
}

bool Dispatcher::inject(Hart& virtual_hart, TraceSink* sink) {
  return watches(sink) ? inject_told(virtual_hart, *sink) : interrupt(virtual_hart, records(sink));
}

bool Dispatcher::inject_told(Hart& virtual_hart, TraceSink& sink) {
  const Hart before = virtual_hart;
  if (!interrupt(virtual_hart, records(&sink))) return false;
  sink.act({.number = count_.exits,
            .step = before.clock.steps,
            .mode = before.mode,
            .resume_mode = virtual_hart.mode,
            .pc = before.pc,
            .real_cause = cause::timer_interrupt,
            .kind = ActKind::inject,
            .cause = virtual_hart[Csr::scause],
            .changes = changes(before, virtual_hart),
            .resume = virtual_hart.pc});
  return true;
}

Dispatcher::Ahead Dispatcher::look_ahead(Hart& virtual_hart, uint64_t until, TrapDestination destination, TraceSink* sink) {
  for (bool onward = false;; onward = true) {
    const Decoded* const next = clusters_.reach(virtual_hart, until, records(sink), onward);
    if (next == nullptr) {
      if (virtual_hart.clock.steps < until) clusters_.end();
      return {};
    }
    ++count_.clustered;
    Emulator::Result result;
    const auto handle = [&](const Asked& asked) {
      result = emulator_.emulate(asked.hart, *next, asked.records);
      return result.plain() ? std::nullopt : answer_result(asked, result);  // an act is one of emulation until something else is said of it
    };
    const TrapExit none{cause::illegal_instruction, next->word, next->word};
    const auto exit =
        watches(sink) ? told(virtual_hart, none, destination, *sink, true, handle) : handle(Asked{virtual_hart, destination, records(sink), nullptr});
    if (!result.plain()) return {true, exit};
  }
}

std::optional<Exit> Dispatcher::answer(const Asked& asked, const TrapExit& trap) {
  if (wants_emulation(Word{trap.cause}).on) return emulate(asked, emulator_.decode(trap.word));
  if (const auto access = memory_fault_access(trap.cause)) return memory_fault(asked, trap, *access);
  return reflect(asked, {reflected_cause(Word{trap.cause}, asked.hart.mode).bits, trap.tval, trap.word});
}

std::optional<Exit> Dispatcher::answer_result(const Asked& asked, const Emulator::Result& result) {
  if (result.trap) return reflect(asked, *result.trap);
  const bool parks = result.waits && !has_wake_up(isa_, asked.hart);
  if (asked.act != nullptr) asked.act->kind = result.device ? ActKind::device : parks ? ActKind::wait : ActKind::emulate;
  if (result.device) return DeviceExit{};
  if (parks) return IdleExit{};
  return std::nullopt;
}

std::optional<Exit> Dispatcher::reflect(const Asked& asked, const TrapExit& trap) {
  if (asked.act != nullptr) {
    asked.act->kind = ActKind::reflect;
    asked.act->cause = trap.cause;
  }
  if (asked.destination == TrapDestination::monitor) return trap;
  if (trap.cause == cause::kernel_ecall) return FirmwareExit{};
  take_trap(isa_, asked.hart, trap, asked.records);
  return std::nullopt;
}

std::optional<Exit> Dispatcher::memory_fault(const Asked& asked, const TrapExit& trap, Access access) {
  const Shadow::Fill fill = shadow_.fill(asked.hart, Virtual{trap.tval}, access);
  switch (fill.outcome) {
    case Shadow::Outcome::filled:
      if (asked.act != nullptr) {
        asked.act->kind = ActKind::fill;
        asked.act->detail = described(fill);
      }
      return std::nullopt;
    case Shadow::Outcome::fault: return reflect(asked, {fill.cause, trap.tval, trap.word});
    case Shadow::Outcome::out_of_reach:
    case Shadow::Outcome::outside: break;
  }
  if (asked.act != nullptr) asked.act->detail = fmt::format("guest-physical {:08x}", fill.guest.at);
  if (access != Access::fetch) return emulate(asked, emulator_.decode(trap.word));
  if (fill.outcome == Shadow::Outcome::outside) return reflect(asked, {cause::fetch_access, trap.tval, 0});
  return emulate(asked, emulator_.decode(shadow_.guest_word(fill.guest)));
}

}  // namespace vmsim
