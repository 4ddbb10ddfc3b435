#include "machine/computer.hpp"

#include <algorithm>

#include "isa/table.hpp"
#include "machine/firmware.hpp"
#include "machine/loader.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {

Result<void> Computer::boot(const Image& image, const std::vector<uint8_t>& device_tree) {
  if (auto placed = place(image, memory()); !placed) return placed;
  hart_ = {};
  hart_.pc = image.entry;
  if (device_tree.empty()) return {};
  // At the end of memory, on a page of its own, where a kernel that grows upwards from its image leaves it alone.
  const uint32_t room = (static_cast<uint32_t>(device_tree.size()) + page_size - 1) & ~(page_size - 1);
  if (room > memory().size()) return fail("no room for the device tree", image.kind, "give the guest more --memory");
  const Physical at{memory().base().at + memory().size() - room};
  memory().write(at, device_tree);
  hart_.x[11] = at.at;
  return {};
}

std::optional<Physical> Computer::take(uint32_t size, uint32_t alignment) {
  const uint64_t at = (uint64_t{taken_} + alignment - 1) / alignment * alignment;
  const uint64_t end = uint64_t{memory().base().at} + memory().size();
  if (at + size > end) return std::nullopt;
  taken_ = static_cast<uint32_t>(at + size);
  return Physical{static_cast<uint32_t>(at)};
}

uint64_t Computer::look_at_board() {
  const uint64_t now = hart_.clock.steps + hart_.clock.idle;
  board_.deliver_input(now);
  hart_.external_interrupt = board_.external_interrupt();
  const uint64_t event = board_.next_event();
  return event == ~uint64_t{0} ? event : event - now;
}

Stopped Computer::run(uint64_t until, TraceSink* sink) {
  while (hart_.clock.steps < until) {
    const uint64_t to_event = look_at_board();
    const Exit exit = engine_->run(hart_, std::min(until - hart_.clock.steps, to_event), TrapDestination::guest, sink);
    if (std::holds_alternative<FirmwareExit>(exit)) call_firmware(sink);
    if (board_.exit_code()) return Stopped::powered_off;
    if (board_.console().flooded()) return Stopped::flooded;
    if (std::holds_alternative<IdleExit>(exit) && !skip_idle()) return Stopped::idle_forever;
  }
  return Stopped::budget;
}

bool Computer::skip_idle() {
  for (;;) {
    const uint64_t to_event = look_at_board();
    if (has_wake_up(isa_, hart_)) return true;
    const uint64_t timer = timer_step(hart_);
    const uint64_t to_timer = timer == ~uint64_t{0} ? timer : timer - hart_.clock.steps;
    const uint64_t skipped = std::min(to_timer, to_event);
    if (skipped == ~uint64_t{0}) return false;
    hart_.clock.idle += skipped;
  }
}

void Computer::call_firmware(TraceSink* sink) {
  Record record{.step = hart_.clock.steps, .mode = hart_.mode, .pc = hart_.pc, .word = RowAt<op<"ecall">()>::pattern.match,
                .event = Event::firmware};
  std::array<uint32_t, 8> arguments;
  std::copy_n(hart_.x.begin() + 10, arguments.size(), arguments.begin());
  const FirmwareReply reply = firmware_call(arguments, board_, memory());
  auto answer = [&](Reg r, const std::optional<uint32_t>& value) {
    if (!value) return;
    hart_.x[r] = *value;
    record.registers.add({r, *value});
  };
  answer(10, reply.a0);
  answer(11, reply.a1);
  if (reply.set_timer) {
    auto set = [&](Csr csr, uint32_t value) {
      hart_[csr] = value;
      record.csrs.add({csr, value});
    };
    set(Csr::stimecmp, static_cast<uint32_t>(*reply.set_timer));
    set(Csr::stimecmph, static_cast<uint32_t>(*reply.set_timer >> 32));
  }
  hart_.pc += 4;
  ++hart_.clock.steps;
  record.next_pc = hart_.pc;
  if (sink != nullptr && sink->wants_records()) sink->record(record);
}

Machine::Machine(const Isa& isa, uint32_t ram, const BoardOptions& options, EngineOptions engine)
    : Computer(isa, Memory(Physical{ram_base}, ram), options) {
  engine_ = make_interpreter(isa_, bus_, engine);
}

}  // namespace vmsim
