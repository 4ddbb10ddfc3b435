// The board's devices and firmware as a hostile guest drives them: registers at any offset and width, descriptor chains
// in both layouts, time that goes by, console input. Devices change no byte outside their guest's memory, never ask to
// act at a time that has gone by, keep a read-only disk as it was, and do the same on a second board.
#include <algorithm>
#include <vector>

#include "fuzz/bytes.hpp"
#include "machine/board.hpp"
#include "machine/disk.hpp"
#include "machine/firmware.hpp"
#include "vcpu/hart.hpp"

using namespace vmsim;
using fuzz::Bytes;
using virtio::Mmio;

namespace {

constexpr uint32_t ram = 0x8000'0000, ram_size = 64 << 10, around = 16 << 10;
constexpr uint8_t canary = 0xC9;
constexpr uint32_t table = 0, used = 0x1000;  // of the queue that `set_up` places; offsets
constexpr uint32_t disk_sectors = 16;

std::vector<uint8_t> sectors() { return std::vector<uint8_t>(disk_sectors * Disk::sector_size, 0x5D); }

class Driver {
 public:
  Driver(const uint8_t* data, size_t size)
      : in_(data, size), real_(Physical{0}, around + ram_size + around), memory_(real_.slice(Physical{around}, ram_size, Physical{ram})) {
    std::ranges::fill(real_.bytes(), canary);
    std::ranges::fill(memory_.bytes(), 0);
    const uint8_t how = in_.byte();
    layout_ = (how & 1) != 0 ? virtio::Layout::legacy : virtio::Layout::modern;
    const Disk::Access access[] = {Disk::Access::read_write, Disk::Access::read_only, Disk::Access::copy_on_write};
    disk_ = Disk::in_memory(sectors(), access[(how >> 1) % 3]);
    if ((how & 8) != 0) disk_->limit_writes(4096);
    BoardOptions options{.console = {.output = [this](uint8_t b) { say(b); }, .max_output = 4096}, .disks = {disk_}, .layout = layout_, .entropy_seed = how};
    for (uint32_t i = 0; i < (how >> 4) % 8; ++i) options.console.input.push_back({i * 1000, static_cast<uint8_t>(i)});
    board_.emplace(options, Dma(memory_));
    if ((how & 128) != 0) set_up(Mmio::base);
  }

  /// What the guest saw, in order.
  const std::vector<uint64_t>& run() {
    for (int i = 0; i < 500 && !in_.empty(); ++i) act();
    advance(2 * Mmio::latency);
    const auto bytes = real_.bytes();
    static const std::vector<uint8_t> canaries(around, canary);
    if (std::memcmp(bytes.data(), canaries.data(), around) != 0 || std::memcmp(bytes.last(around).data(), canaries.data(), around) != 0) __builtin_trap();
    auto content = sectors();
    if (disk_->read_only() && (!disk_->read(0, content) || content != sectors())) __builtin_trap();
    return seen_;
  }
  [[nodiscard]] std::span<const uint8_t> memory() const { return memory_.bytes(); }

 private:
  void say(uint64_t value) { seen_.push_back(value); }

  void act() {
    switch (in_.below(10)) {
      case 0: return write(register_address(), value());
      case 1: return say(board_->read(register_address(), width()).value_or(~0u));
      case 2: return put(in_.half(), in_.some(in_.byte()));
      case 3: return descriptor();
      case 4: return offer();
      case 5: return set_up(slot());
      case 6: return advance(in_.below(4) != 0 ? Mmio::latency : in_.half());
      case 7: return write(slot() + 0x50, in_.below(4) / 3);
      case 8: return call_firmware();
      case 9: return request();
    }
  }

  /// The slot of a device, mostly the disk's; the last has the entropy source, those between have none.
  uint32_t slot() {
    const uint32_t n = in_.byte();
    return Mmio::base + (n < 192 ? 0 : n < 240 ? Mmio::slots - 1 : n % Mmio::slots) * Mmio::size;
  }
  uint32_t register_address() {
    switch (in_.below(6)) {
      case 0: return slot() + in_.byte() * 4;
      case 1: return slot() + 0x100 + in_.below(32);
      case 2: return Plic::base + (in_.half() * 4 & 0x3FFF);
      case 3: return Plic::base + 0x20'0000 + in_.byte() * 0x100;
      case 4: return 0x1000'0000 + in_.below(8);
      default: return in_.word();
    }
  }
  Width width() {
    const Width widths[] = {Width::byte, Width::half, Width::word, Width::word};
    return widths[in_.below(4)];
  }
  /// A guest-physical address: in memory, at its end, or anything.
  uint64_t address() {
    switch (in_.below(4)) {
      case 0: return ram + in_.half();
      case 1: return ram + ram_size - in_.byte();
      case 2: return in_.word();
      default: return in_.take<uint64_t>();
    }
  }
  uint32_t value() {
    switch (in_.below(3)) {
      case 0: return in_.byte();
      case 1: return static_cast<uint32_t>(address());
      default: return in_.word();
    }
  }
  void write(uint32_t at, uint32_t value) { say(board_->write(at, value, width())); }
  void set(uint32_t at, uint32_t value) { say(board_->write(at, value, Width::word)); }
  void put(uint32_t offset, std::span<const uint8_t> bytes) {
    memory_.write(Physical{ram + offset}, bytes.first(std::min<size_t>(bytes.size(), ram_size - offset)));
  }

  void describe(uint32_t index, uint64_t at, uint32_t size, uint16_t flags, uint16_t next) {
    const struct {
      uint64_t at;
      uint32_t size;
      uint16_t flags, next;
    } d{at, size, flags, next};
    put(table + 16 * (index % queue_size_), {reinterpret_cast<const uint8_t*>(&d), sizeof d});
  }
  void descriptor() {
    const uint32_t index = in_.byte();
    const uint64_t at = address();
    const uint32_t size = value();
    const uint16_t flags = in_.below(8);
    describe(index, at, size, flags, in_.half());
  }
  void offer(uint16_t head) {
    const Physical index{ram + available_ + 2};
    const uint32_t count = memory_.read(index, Width::half);
    memory_.write(Physical{ram + available_ + 4 + count % queue_size_ * 2}, head, Width::half);
    memory_.write(index, count + 1, Width::half);
  }
  void offer() { offer(in_.half()); }

  /// As a driver would: the queue's size and place, and the status.
  void set_up(uint32_t at) {
    const bool legacy = layout_ == virtio::Layout::legacy;
    queue_size_ = 1u << in_.below(8);
    available_ = table + 16 * queue_size_;
    set(at + 0x70, 0);
    set(at + 0x70, 3);
    set(at + 0x24, 1);
    set(at + 0x20, legacy ? 0 : 1);  // VIRTIO_F_VERSION_1
    set(at + 0x70, 11);
    set(at + 0x38, queue_size_);
    if (legacy) {
      set(at + 0x28, 4096);
      set(at + 0x40, ram >> 12);
    } else {
      set(at + 0x80, ram + table);
      set(at + 0x90, ram + available_);
      set(at + 0xA0, ram + used);
      set(at + 0x44, 1);
    }
    set(at + 0x70, 15);
  }
  /// A disk request as it should be, its sizes and sector apart; mostly the device is told at once, and has time to answer.
  void request() {
    constexpr uint32_t header = 0x3000, status = 0x3100, buffer = 0x4000;
    const uint32_t type = in_.below(12), first = in_.byte();
    const struct {
      uint32_t type, reserved;
      uint64_t sector;
    } h{type, 0, in_.byte()};
    put(header, {reinterpret_cast<const uint8_t*>(&h), sizeof h});
    describe(first, ram + header, sizeof h, 1, (first + 1) % queue_size_);
    describe(first + 1, ram + buffer, in_.half() % 2048, type == 1 ? 1 : 3, (first + 2) % queue_size_);
    describe(first + 2, ram + status, 1, 2, 0);
    offer(static_cast<uint16_t>(first % queue_size_));
    if (in_.below(4) == 0) return;
    set(Mmio::base + 0x50, 0);
    advance(Mmio::latency);
  }

  void advance(uint64_t steps) {
    now_ += steps;
    board_->advance(now_);
    if (board_->next_event() <= now_) __builtin_trap();
    say(board_->external_interrupt());
  }
  void call_firmware() {
    const uint32_t extensions[] = {0, 1, 2, 0x10, 0x4442'434E, 0x4442'434E, 0x5449'4D45, in_.byte()};
    const uint64_t at = address();
    const auto reply = firmware_call({value(), static_cast<uint32_t>(at), static_cast<uint32_t>(at >> 32), 0, 0, 0, in_.below(4), extensions[in_.below(8)]},
                                     Hart{}, now_, *board_, dma_);
    say(reply.a0.value_or(1)), say(reply.a1.value_or(1));
  }

  Bytes in_;
  Memory real_, memory_;
  Dma dma_{memory_};
  virtio::Layout layout_ = virtio::Layout::modern;
  std::shared_ptr<Disk> disk_;
  std::optional<Board> board_;
  uint32_t queue_size_ = 8, available_ = 16 * queue_size_;
  uint64_t now_ = 0;
  std::vector<uint64_t> seen_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Driver one(data, size), other(data, size);
  if (one.run() != other.run() || !std::ranges::equal(one.memory(), other.memory())) __builtin_trap();
  return 0;
}
