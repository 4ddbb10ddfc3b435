#include "machine/computer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "isa/table.hpp"
#include "machine/firmware.hpp"
#include "machine/loader.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {

Computer::Computer(const Isa& isa, const Memory& memory, Dma dma, const BoardOptions& options)
    : isa_(isa),
      // Another agent's write to the reserved word ends the reservation.
      dma_(std::move(dma).watched([this](Physical at, uint32_t count) {
        if (hart_.reserved && hart_.reservation - at.at + 3 < count + 3) hart_.reserved = false, hart_.reservation = 0;
      })),
      board_(options, dma_), bus_(memory, board_), taken_(memory.base().at) {}

Result<uint32_t> Computer::place_initrd(std::span<const uint8_t> bytes) {
  constexpr uint32_t below_end = 64 << 10;  // room for the device tree
  const uint64_t room = (bytes.size() + page_size - 1) / page_size * page_size + below_end;
  if (room > memory().size()) return fail("no room for the initial RAM disk", {}, "give the guest more --memory");
  const Physical at{memory().base().at + memory().size() - static_cast<uint32_t>(room)};
  memory().write(at, bytes);
  initrd_ = at;
  return at.at;
}

Result<void> Computer::boot(const Image& image, const std::vector<uint8_t>& device_tree, const ImagePages* pages) {
  if (auto placed = place(image, memory(), pages); !placed) return placed;
  hart_ = {};
  hart_.pc = image.entry;
  // On a machine with relocation a kernel starts at the beginning of its own addresses; all of them are within its bound.
  const uint32_t relocation = isa_.mmu().bounds ? memory().base().at : 0;
  if (isa_.mmu().bounds) {
    hart_[Csr::base] = relocation;
    hart_[Csr::bound] = ~(page_size - 1);
    hart_.pc -= relocation;
  }
  if (device_tree.empty()) return {};
  // At the end of memory, on a page of its own, where a kernel that grows upwards from its image leaves it alone.
  const uint32_t room = (static_cast<uint32_t>(device_tree.size()) + page_size - 1) & ~(page_size - 1);
  if (room > memory().size()) return fail("no room for the device tree", image.kind, "give the guest more --memory");
  const Physical at{memory().base().at + memory().size() - room};
  for (const Segment& segment : image.segments)
    if (segment.address + segment.size() > initrd_.value_or(at).at)
      return fail(fmt::format("the image reaches into the {}", initrd_ ? "initial RAM disk" : "device tree"), image.kind, "give the guest more --memory");
  memory().write(at, device_tree);
  hart_.x[11] = at.at - relocation;
  return {};
}

std::optional<Physical> Computer::take(uint32_t size, uint32_t alignment) {
  const uint64_t at = (uint64_t{taken_} + alignment - 1) / alignment * alignment;
  const uint64_t end = uint64_t{memory().base().at} + memory().size();
  if (at + size > end) return std::nullopt;
  taken_ = static_cast<uint32_t>(at + size);
  return Physical{static_cast<uint32_t>(at)};
}

uint64_t Computer::look_at_board(bool waiting) {
  const uint64_t now = hart_.clock.steps + hart_.clock.idle;
  board_.advance(now);
  hart_.external_interrupt = board_.external_interrupt();
  const uint64_t event = waiting ? board_.next_event_waiting(now) : board_.next_event();
  return event == Device::never ? event : event - now;
}

Stopped Computer::run(uint64_t until, TraceSink* sink, bool stops_at_wait) {
  until = std::min(until, deadline());
  while (hart_.clock.steps < until) {
    const uint64_t to_event = look_at_board(false);
    const Exit exit = engine_->run(hart_, std::min(until - hart_.clock.steps, to_event), TrapDestination::guest, sink);
    if (std::holds_alternative<FirmwareExit>(exit)) call_firmware(sink);
    if (board_.exit_code()) return Stopped::powered_off;
    if (board_.limit_reached() != nullptr) return Stopped::over_limit;
    if (!std::holds_alternative<IdleExit>(exit)) continue;
    if (stops_at_wait) return Stopped::waits;
    if (!skip_idle()) return Stopped::idle_forever;
  }
  return Stopped::budget;
}

std::optional<uint64_t> Computer::wait_left() {
  const uint64_t to_event = look_at_board(true);
  if (has_wake_up(isa_, hart_)) return 0;
  const uint64_t timer = timer_step(hart_);
  const uint64_t to_timer = timer == ~uint64_t{0} ? timer : timer - hart_.clock.steps;
  const uint64_t left = std::min(to_timer, to_event);
  return left == ~uint64_t{0} ? std::nullopt : std::optional(left);
}

bool Computer::skip_idle() {
  while (const auto left = wait_left()) {
    if (*left == 0) return true;
    pass(*left);
  }
  return false;
}

void Computer::call_firmware(TraceSink* sink) {
  Record record{.step = hart_.clock.steps, .mode = hart_.mode, .pc = hart_.pc, .word = RowAt<op<"ecall">()>::pattern.match, .event = Event::firmware};
  std::array<uint32_t, 8> arguments;
  std::copy_n(hart_.x.begin() + 10, arguments.size(), arguments.begin());
  const FirmwareReply reply = firmware_call(arguments, hart_, hart_.clock.steps + hart_.clock.idle, board_, dma_);
  for (const Virtual address : reply.forget) engine_->flush(address);
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
  if (reply.resume) {
    // What the program held is in its frame, not in the record.
    hart_.x = reply.resume->x;
    return_from_trap(isa_, hart_, reply.resume->pc, reply.resume->status);
  }
  ++hart_.clock.steps;
  record.next_pc = hart_.pc;
  if (sink != nullptr && sink->wants_records()) sink->record(record);
}

Machine::Machine(const Isa& isa, uint32_t ram, const BoardOptions& options, EngineOptions engine)
    : Machine(isa, Memory(Physical{ram_base}, ram), options, engine) {}

Machine::Machine(const Isa& isa, const Memory& memory, const BoardOptions& options, EngineOptions engine) : Computer(isa, memory, Dma(memory), options) {
  engine_ = make_engine(isa_, bus_, engine);
}

}  // namespace vmsim
