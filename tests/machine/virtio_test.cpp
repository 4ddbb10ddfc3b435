// virtio over memory-mapped registers, in both layouts, as a driver sees it: the disk with each kind of access, its flush, when a request is
// done, the entropy source, and slots that are empty.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "machine/board.hpp"
#include "machine/disk.hpp"
#include "machine/virtio/blk.hpp"
#include "support/command.hpp"

namespace {
int flushes = 0;
}

/// Stands before the C library's.
extern "C" int fdatasync(int file) {
  ++flushes;
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

namespace vmsim {
namespace {

using virtio::Layout;
using virtio::Mmio;

constexpr uint32_t ram = 0x8000'0000, ram_size = 64 << 10, queue_size = 8;
constexpr uint32_t table = ram, available = ram + 0x80, used = ram + 0x1000;  // where the legacy layout puts them
constexpr uint32_t header = ram + 0x3000, buffer = ram + 0x4000, status_byte = ram + 0x3100;
constexpr uint32_t in = 0, out = 1, flush = 4, get_id = 8;
constexpr uint8_t ok = 0, io_error = 1, unsupported = 2, untouched = 0xEE;
constexpr uint32_t has_next = 1, device_writes = 2;
constexpr uint32_t needs_reset = 0x40;

std::vector<uint8_t> numbered_sectors(uint32_t count) {
  std::vector<uint8_t> bytes(count * Disk::sector_size);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i / Disk::sector_size);
  return bytes;
}

/// A board with one virtio device in it and the driver's side of its queue.
class Driver {
 public:
  Driver(Layout layout, const BoardOptions& options, uint32_t slot = 0) : base_(Mmio::base + slot * Mmio::size), board(options, Dma(memory)) {
    set(0x70, 0);
    set(0x70, 3);
    set(0x30, 0);
    set(0x38, queue_size);
    if (layout == Layout::legacy) {
      set(0x28, 4096);
      set(0x3C, 4096);
      set(0x40, ram >> 12);
    } else {
      set(0x80, table);
      set(0x90, available);
      set(0xA0, used);
      set(0x44, 1);
    }
    set(0x70, 15);
  }

  uint32_t get(uint32_t at, Width width = Width::word) { return board.read(base_ + at, width).value(); }
  void set(uint32_t at, uint32_t value) { EXPECT_TRUE(board.write(base_ + at, value, Width::word)); }
  void put(uint32_t at, std::initializer_list<uint32_t> words) {
    for (const uint32_t word : words) memory.write(Physical{at}, word, Width::word), at += 4;
  }
  [[nodiscard]] uint8_t byte(uint32_t at) const { return *memory.host(Physical{at}); }
  void describe(uint32_t index, uint32_t at, uint32_t size, uint32_t flags, uint32_t next) { put(table + 16 * index, {at, 0, size, flags | next << 16}); }
  /// Makes the chain that begins at descriptor `head` available, and says so.
  void offer(uint32_t head) {
    memory.write(Physical{available + 4 + offered_++ % queue_size * 2}, head, Width::half);
    memory.write(Physical{available + 2}, offered_, Width::half);
    set(0x50, 0);
  }
  [[nodiscard]] uint32_t done() const { return memory.read(Physical{used + 2}, Width::half); }
  void advance(uint64_t steps) { board.advance(now += steps); }

  /// A disk request of `size` bytes, to its end: its status.
  uint8_t request(uint32_t type, uint64_t sector, uint32_t size) {
    put(header, {type, 0, static_cast<uint32_t>(sector), static_cast<uint32_t>(sector >> 32)});
    memory.write(Physical{status_byte}, untouched, Width::byte);
    describe(0, header, 16, has_next, size != 0 ? 1 : 2);
    describe(1, buffer, size, has_next | (type == out ? 0 : device_writes), 2);
    describe(2, status_byte, 1, device_writes, 0);
    offer(0);
    advance(0);
    advance(Mmio::latency);
    return byte(status_byte);
  }

 private:
  uint32_t base_;
  uint32_t offered_ = 0;

 public:
  Memory memory{Physical{ram}, ram_size};
  Board board;
  uint64_t now = 0;
};

struct VirtioDisk : testing::TestWithParam<Layout> {
  static BoardOptions with(std::shared_ptr<Disk> disk) { return {.disks = {std::move(disk)}, .layout = GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(Layouts, VirtioDisk, testing::Values(Layout::legacy, Layout::modern),
                         [](const auto& info) { return info.param == Layout::legacy ? "legacy" : "modern"; });

TEST_P(VirtioDisk, says_what_it_is) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
  EXPECT_EQ(d.get(0x00), 0x7472'6976u);
  EXPECT_EQ(d.get(0x04), GetParam() == Layout::legacy ? 1u : 2u);
  EXPECT_EQ(d.get(0x08), 2u);
  EXPECT_EQ(d.get(0x34), virtio::Queue::largest);
  EXPECT_EQ(d.get(0x100), 16u) << "capacity in sectors";
  EXPECT_EQ(d.get(0x104), 0u);
  EXPECT_EQ(d.get(0x100, Width::byte), 16u);
  EXPECT_EQ(d.get(0x10) & 1 << 9, 1u << 9) << "flush";
  EXPECT_EQ(d.get(0x10) & 1 << 5, 0u) << "not read-only";
  d.set(0x14, 1);
  EXPECT_EQ(d.get(0x10), GetParam() == Layout::legacy ? 0u : 1u) << "version 1";
  d.set(0x30, 1);
  EXPECT_EQ(d.get(0x34), 0u) << "there is one queue";
}

TEST_P(VirtioDisk, reads_and_writes_sectors) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
  EXPECT_EQ(d.request(in, 3, 1024), ok);
  EXPECT_EQ(d.byte(buffer), 3);
  EXPECT_EQ(d.byte(buffer + 1023), 4);
  EXPECT_EQ(d.memory.read(Physical{used + 8}, Width::word), 1025u) << "the length that it gives back: data and status";
  std::fill_n(d.memory.host(Physical{buffer}), 512, uint8_t{0xAB});
  EXPECT_EQ(d.request(out, 15, 512), ok);
  EXPECT_EQ(d.request(in, 14, 1024), ok);
  EXPECT_EQ(d.byte(buffer), 14);
  EXPECT_EQ(d.byte(buffer + 512), 0xAB);
}

TEST_P(VirtioDisk, refuses_what_lies_outside_or_is_no_whole_sector) {
  const auto disk = Disk::in_memory(numbered_sectors(16));
  Driver d(GetParam(), with(disk));
  for (const uint32_t type : {in, out}) {
    for (const uint64_t sector : {uint64_t{16}, uint64_t{15}, ~uint64_t{0}, ~uint64_t{0} >> 9})
      EXPECT_EQ(d.request(type, sector, 1024), io_error) << type << " " << sector;
    EXPECT_EQ(d.request(type, 0, 100), io_error);
  }
  EXPECT_EQ(d.request(99, 0, 512), unsupported);
  EXPECT_EQ(d.request(get_id, 0, 20), ok);
  EXPECT_EQ(d.byte(buffer), 'v');
  std::vector<uint8_t> content(16 * Disk::sector_size);
  ASSERT_TRUE(disk->read(0, content));
  EXPECT_EQ(content, numbered_sectors(16));
}

TEST_P(VirtioDisk, answers_a_fixed_number_of_steps_after_its_notification) {
  for (const uint64_t start : {0u, 1u, 777u}) {
    Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
    d.advance(start);
    EXPECT_EQ(d.board.next_event(), Device::never);
    d.put(header, {in, 0, 0, 0});
    d.describe(0, header, 16, has_next, 1), d.describe(1, buffer, 512, has_next | device_writes, 2), d.describe(2, status_byte, 1, device_writes, 0);
    d.offer(0);
    d.advance(1);
    EXPECT_EQ(d.board.next_event(), start + 1 + Mmio::latency);
    d.advance(Mmio::latency - 1);
    EXPECT_EQ(d.done(), 0u);
    d.advance(1);
    EXPECT_EQ(d.done(), 1u);
    EXPECT_EQ(d.board.next_event(), Device::never);
  }
}

TEST_P(VirtioDisk, lets_the_next_request_wait_for_the_host_after_much_work) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
  constexpr uint64_t flush_takes = virtio::Blk::flush_work / Mmio::work_per_step;
  static_assert(flush_takes > 2 * Mmio::latency);
  EXPECT_EQ(d.request(flush, 0, 0), ok);
  EXPECT_EQ(d.request(in, 0, 512), untouched);
  EXPECT_EQ(d.board.next_event(), d.now + flush_takes - Mmio::latency);
  d.advance(flush_takes - Mmio::latency - 1);
  EXPECT_EQ(d.byte(status_byte), untouched);
  d.advance(1);
  EXPECT_EQ(d.byte(status_byte), ok);
  EXPECT_EQ(d.request(in, 0, 512), ok) << "little work delays nobody";
}

TEST_P(VirtioDisk, keeps_a_copy_of_what_lies_around_a_sector_that_is_written_to) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(19), Disk::Access::copy_on_write)));
  for (const uint32_t written : {3u, 16u}) {
    d.put(buffer, {0xAAAA'AAAA});
    EXPECT_EQ(d.request(out, written, 512), ok);
    for (uint32_t sector = 0; sector < 19; ++sector) {
      EXPECT_EQ(d.request(in, sector, 512), ok);
      EXPECT_EQ(d.byte(buffer), sector == 3 || sector == written ? 0xAA : sector) << sector;
    }
  }
}

TEST_P(VirtioDisk, interrupts_through_the_plic_until_it_is_acknowledged) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
  ASSERT_TRUE(d.board.write(Plic::base + 4 * Mmio::first_source, 1, Width::word));
  ASSERT_TRUE(d.board.write(Plic::base + 0x2080, 1u << Mmio::first_source, Width::word));
  EXPECT_EQ(d.request(in, 0, 512), ok);
  EXPECT_EQ(d.get(0x60), 1u);
  EXPECT_TRUE(d.board.external_interrupt());
  const uint32_t claim = Plic::base + 0x20'1004;
  EXPECT_EQ(d.board.read(claim, Width::word), Mmio::first_source);
  d.set(0x64, 1);
  EXPECT_EQ(d.get(0x60), 0u);
  d.advance(1);
  ASSERT_TRUE(d.board.write(claim, Mmio::first_source, Width::word));
  d.advance(1);
  EXPECT_FALSE(d.board.external_interrupt());
  // A driver that wants none gets none.
  d.memory.write(Physical{available}, 1, Width::half);
  EXPECT_EQ(d.request(in, 0, 512), ok);
  EXPECT_EQ(d.get(0x60), 0u);
}

TEST_P(VirtioDisk, serves_every_chain_that_was_offered_before_the_notification_and_none_twice) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
  for (int i = 0; i < 3 * static_cast<int>(queue_size); ++i) EXPECT_EQ(d.request(in, 1, 512), ok);
  EXPECT_EQ(d.done(), 3 * queue_size);
  d.set(0x50, 0);
  d.advance(2 * Mmio::latency);
  EXPECT_EQ(d.done(), 3 * queue_size);
}

TEST_P(VirtioDisk, is_as_new_after_a_reset) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
  EXPECT_EQ(d.request(in, 0, 512), ok);
  d.set(0x70, 0);
  EXPECT_EQ(d.get(0x70), 0u);
  EXPECT_EQ(d.get(0x60), 0u);
  EXPECT_EQ(d.get(GetParam() == Layout::legacy ? 0x40 : 0x44), 0u) << "the queue is gone";
  d.offer(0);
  d.advance(2 * Mmio::latency);
  EXPECT_EQ(d.done(), 1u);
}

TEST_P(VirtioDisk, asks_for_a_reset_when_a_chain_is_malformed) {
  Driver d(GetParam(), with(Disk::in_memory(numbered_sectors(16))));
  d.describe(0, header, 16, has_next, 1), d.describe(1, status_byte, 1, has_next | device_writes, 1);  // a loop
  d.offer(0);
  d.advance(0), d.advance(Mmio::latency);
  EXPECT_EQ(d.get(0x70) & needs_reset, needs_reset);
  d.set(0x64, 1);
  EXPECT_EQ(d.get(0x60), 2u) << "an acknowledgement ends what it names";
  d.set(0x70, 15);
  EXPECT_EQ(d.get(0x70) & needs_reset, needs_reset) << "only a reset helps";
  EXPECT_EQ(d.request(in, 0, 512), untouched);
}

TEST_P(VirtioDisk, read_only_refuses_writes_and_says_so) {
  const auto disk = Disk::in_memory(numbered_sectors(4), Disk::Access::read_only);
  Driver d(GetParam(), with(disk));
  EXPECT_EQ(d.get(0x10) & 1 << 5, 1u << 5);
  EXPECT_EQ(d.request(out, 1, 512), io_error);
  EXPECT_EQ(d.request(in, 1, 512), ok);
  EXPECT_EQ(d.byte(buffer), 1);
}

struct VirtioDiskFile : VirtioDisk {
  test::Scratch files;
  std::string path = files / "disk.img";
  const std::vector<uint8_t> content = numbered_sectors(8);
  void SetUp() override { files.write("disk.img", {reinterpret_cast<const char*>(content.data()), content.size()}); }
  BoardOptions open(Disk::Access access) { return with(Disk::open(path, access).value()); }
  uint8_t on_the_host(uint32_t sector) { return static_cast<uint8_t>(test::read_text(path).at(sector * Disk::sector_size)); }
};
INSTANTIATE_TEST_SUITE_P(Layouts, VirtioDiskFile, testing::Values(Layout::legacy, Layout::modern),
                         [](const auto& info) { return info.param == Layout::legacy ? "legacy" : "modern"; });

TEST_P(VirtioDiskFile, keeps_what_is_written_in_its_file) {
  Driver d(GetParam(), open(Disk::Access::read_write));
  std::fill_n(d.memory.host(Physical{buffer}), 512, uint8_t{0xAB});
  EXPECT_EQ(d.request(out, 2, 512), ok);
  EXPECT_EQ(on_the_host(2), 0xAB);
  EXPECT_EQ(on_the_host(3), 3);
}

TEST_P(VirtioDiskFile, copy_on_write_shows_the_guest_its_writes_and_leaves_the_file_alone) {
  Driver d(GetParam(), open(Disk::Access::copy_on_write));
  std::fill_n(d.memory.host(Physical{buffer}), 512, uint8_t{0xAB});
  EXPECT_EQ(d.request(out, 2, 512), ok);
  EXPECT_EQ(d.request(in, 1, 1536), ok);
  EXPECT_EQ(d.byte(buffer), 1);
  EXPECT_EQ(d.byte(buffer + 512), 0xAB);
  EXPECT_EQ(d.byte(buffer + 1024), 3);
  EXPECT_EQ(on_the_host(2), 2);
}

TEST_P(VirtioDiskFile, read_only_leaves_the_file_alone) {
  Driver d(GetParam(), open(Disk::Access::read_only));
  EXPECT_EQ(d.request(out, 2, 512), io_error);
  EXPECT_EQ(on_the_host(2), 2);
}

TEST_P(VirtioDiskFile, flushes_to_the_host_when_the_guest_does_and_only_what_it_may_write) {
  for (const auto& [access, expected] : {std::pair(Disk::Access::read_write, 1), {Disk::Access::read_only, 0}, {Disk::Access::copy_on_write, 0}}) {
    Driver d(GetParam(), open(access));
    flushes = 0;
    EXPECT_EQ(d.request(in, 2, 512), ok);
    EXPECT_EQ(flushes, 0);
    EXPECT_EQ(d.request(flush, 0, 0), ok);
    EXPECT_EQ(flushes, expected);
  }
}

struct VirtioEntropy : testing::TestWithParam<Layout> {
  /// The first bytes that the source with this seed gives.
  static std::vector<uint8_t> bytes(uint64_t seed, uint32_t size) {
    Driver d(GetParam(), {.layout = GetParam(), .entropy_seed = seed}, Mmio::slots - 1);
    EXPECT_EQ(d.get(0x08), 4u);
    d.describe(0, buffer, size, device_writes, 0);
    d.offer(0);
    d.advance(0), d.advance(Mmio::latency);
    EXPECT_EQ(d.done(), 1u);
    const uint8_t* first = d.memory.host(Physical{buffer});
    return {first, first + d.memory.read(Physical{used + 8}, Width::word)};
  }
};
INSTANTIATE_TEST_SUITE_P(Layouts, VirtioEntropy, testing::Values(Layout::legacy, Layout::modern),
                         [](const auto& info) { return info.param == Layout::legacy ? "legacy" : "modern"; });

TEST_P(VirtioEntropy, gives_the_same_bytes_for_the_same_seed) {
  const auto once = bytes(7, 64);
  EXPECT_EQ(once.size(), 64u);
  EXPECT_EQ(once, bytes(7, 64));
  EXPECT_NE(once, bytes(8, 64));
  EXPECT_GT(std::set(once.begin(), once.end()).size(), 32u);
}

TEST_P(VirtioEntropy, gives_less_than_it_is_asked_for_where_that_is_much) { EXPECT_EQ(bytes(7, 20'000).size(), 4096u); }

TEST(AnEmptyVirtioSlot, has_device_id_0_and_does_nothing) {
  Driver d(Layout::modern, {}, 3);
  EXPECT_EQ(d.get(0x00), 0x7472'6976u);
  EXPECT_EQ(d.get(0x08), 0u);
  EXPECT_EQ(d.get(0x34), 0u);
  EXPECT_EQ(d.get(0x70), 0u);
  d.offer(0);
  d.advance(2 * Mmio::latency);
  EXPECT_EQ(d.done(), 0u);
}

}  // namespace
}  // namespace vmsim
