#include "machine/paravirt.hpp"

#include <algorithm>

#include "machine/device.hpp"
#include "vcpu/hart.hpp"

namespace vmsim {
namespace {

enum Function : uint32_t { share_page, change_page_tables, acknowledge, set_timer, trap_taken_into, resume_from };

/// What the kernel keeps of an interrupted program: x1 to x31 at their numbers, pc in x0's place, then sstatus.
constexpr uint32_t frame_words = 33, frame_status = 32;

/// One change of a page table: the entry's physical address, its new value, and the virtual address that it maps.
struct Change {
  uint32_t entry, value, address;
};

FirmwareReply done(uint32_t value = 0) { return {.a0 = 0, .a1 = value}; }
FirmwareReply refused() { return {.a0 = firmware_error::invalid_parameter, .a1 = 0}; }

}  // namespace

FirmwareReply Paravirt::call(const std::array<uint32_t, 8>& a, const Hart& hart, uint64_t now) {
  if (a[6] == share_page) return share(a[0], now);
  if (a[6] > resume_from || !active()) return {.a0 = firmware_error::not_supported, .a1 = 0};
  look(now);
  switch (a[6]) {
    case change_page_tables: return page_tables(a[0], a[1]);
    case acknowledge: {
      const uint32_t was = word(pending);
      set_word(pending, was & ~a[0]);
      line_ = false;
      return done(was & a[0]);
    }
    case set_timer: {
      const uint64_t ticks = uint64_t{a[1]} << 32 | a[0];
      timer_ = ticks > ~uint64_t{0} / Clock::steps_per_tick ? ~uint64_t{0} : ticks * Clock::steps_per_tick;
      return done();
    }
    case trap_taken_into: return trap_taken(a[0], hart);
    default: return resume(a[0]);
  }
}

FirmwareReply Paravirt::share(uint32_t page, uint64_t now) {
  if (page % page_size != 0 || (page != 0 && !dma_.contains(page, page_size))) return refused();
  page_ = page;
  line_ = devices_ = input_waits_ = false;
  timer_ = ~uint64_t{0};
  next_look_ = page != 0 ? now + between_looks : ~uint64_t{0};
  if (page != 0) look(now);
  return done();
}

FirmwareReply Paravirt::page_tables(uint32_t list, uint32_t count) {
  if (count > most_entries) return refused();
  std::vector<Change> changes(count);
  if (!dma_.read(list, {reinterpret_cast<uint8_t*>(changes.data()), count * sizeof(Change)})) return refused();
  // All of it or nothing.
  const auto bad = [this](const Change& c) { return c.entry % 4 != 0 || !dma_.contains(c.entry, 4); };
  if (std::ranges::any_of(changes, bad)) return refused();
  FirmwareReply reply = done(count);
  for (const Change& c : changes) {
    dma_.put(c.entry, c.value);
    reply.forget.push_back(Virtual{c.address});
  }
  return reply;
}

FirmwareReply Paravirt::trap_taken(uint32_t frame, const Hart& hart) {
  if (frame % 4 != 0 || !dma_.contains(frame, frame_words * 4)) return refused();
  dma_.put(frame, hart[Csr::sepc]);
  dma_.put(frame + frame_status * 4, hart[Csr::sstatus]);
  return {.a0 = hart[Csr::scause], .a1 = hart[Csr::stval]};
}

FirmwareReply Paravirt::resume(uint32_t frame) {
  FirmwareReply reply;
  std::array<uint32_t, frame_words> words;
  if (frame % 4 != 0 || !dma_.read(frame, {reinterpret_cast<uint8_t*>(words.data()), sizeof words})) return refused();
  std::array<uint32_t, 32> registers{};
  std::copy(words.begin() + 1, words.begin() + 32, registers.begin() + 1);
  reply.resume = {.x = registers, .pc = words[0], .status = words[frame_status]};
  return reply;
}

void Paravirt::take_output() {
  const uint32_t written = word(output_written);
  uint32_t taken = word(output_taken);
  if (written == taken) return;
  // A kernel that wrote more than the ring holds, or nonsense, has lost what was overwritten.
  if (written - taken > output_room) taken = written - output_room;
  for (; taken != written && !console_.flooded(); ++taken) console_.put(dma_.get<uint8_t>(page_ + output_ring + taken % output_room).value_or(0));
  set_word(output_taken, taken);
}

void Paravirt::give_input(uint64_t now) {
  bool any = false;
  for (;;) {
    input_waits_ = console_.next_input() <= now && word(input_written) - word(input_taken) >= input_room;
    const auto byte = input_waits_ ? std::nullopt : console_.take(now);
    if (!byte) break;
    const uint32_t at = word(input_written);
    dma_.put(page_ + input_ring + at % input_room, *byte);
    set_word(input_written, at + 1);
    any = true;
  }
  if (any) raise(console_event);
}

void Paravirt::raise(uint32_t event) {
  set_word(pending, word(pending) | event);
  if (word(enabled) != 0) line_ = true;
}

void Paravirt::look(uint64_t now) {
  if (!active()) return;
  const uint64_t time = now / Clock::steps_per_tick;
  set_word(time_low, static_cast<uint32_t>(time));
  set_word(time_high, static_cast<uint32_t>(time >> 32));
  take_output();
  if (input_waits_) give_input(now);
}

void Paravirt::advance(uint64_t now, bool devices) {
  if (!active()) return;
  if (!input_waits_ && console_.next_input() <= now) give_input(now);
  if (now >= timer_) {
    timer_ = ~uint64_t{0};
    look(now);
    raise(timer_event);
  }
  if (devices && !devices_) raise(device_event);
  devices_ = devices;
  if (now < next_look_) return;
  look(now);
  next_look_ += (now - next_look_) / between_looks * between_looks + between_looks;
}

uint64_t Paravirt::next_event(bool waiting) const {
  if (!active()) return Device::never;
  uint64_t next = timer_;
  if (!input_waits_) next = std::min(next, console_.next_input());
  return waiting ? next : std::min(next, next_look_);
}

}  // namespace vmsim
