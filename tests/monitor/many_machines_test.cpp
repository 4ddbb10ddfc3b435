// Many guests: what those of one image share, and that making, running and destroying them leaves nothing behind.
#include <gtest/gtest.h>

#include <algorithm>

#include "escape/prelude.hpp"
#include "machine/disk.hpp"
#include "monitor/host.hpp"
#include "support/assembled.hpp"
#include "support/resident.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

/// Reads all of 64 KiB of its image, and writes to its first word and to memory beyond it.
constexpr const char* reader = R"(
_start: la t0, data
        li t1, 16384
1:      lw t2, 0(t0)
        add s0, s0, t2
        addi t0, t0, 4
        addi t1, t1, -1
        bnez t1, 1b
        la t0, data
        sw s0, 0(t0)
        li t0, 0x80018000
        sw s0, 0(t0)
        li t0, 0x00100000
        li t1, 0x5555
        sw t1, 0(t0)
        .align 12
data:   .word 1, 2, 3
        .zero 65512
        .word 4
)";
constexpr uint32_t tiny = 256 << 10;

Image tiny_image() {
  const auto assembly = assemble(Isa::toy32(), reader, "reader.s", {.base = ram_base});
  if (!assembly) throw std::runtime_error(assembly.error().text());
  return to_image(*assembly);
}

/// `count` guests of one image, each run to its end and still there.
struct Crowd {
  Crowd(size_t count, bool share) {
    for (size_t i = 0; i < count; ++i) {
      guests.push_back(VirtualMachine::make(allocator, tiny, {}, Technique::trap, {}, 8).value());
      EXPECT_TRUE(guests.back()->boot(image, {}, share ? &pages : nullptr));
    }
    for (auto& guest : guests) EXPECT_EQ(guest->run(100'000, nullptr), Stopped::powered_off);
  }
  Machine machine{Isa::toy32(), 512u << 20, {}};
  Allocator allocator{machine};
  Image image = tiny_image();
  ImagePages pages{image};
  std::vector<std::unique_ptr<VirtualMachine>> guests;
};

TEST(GuestsOfOneImage, cannot_tell_whether_they_share_it) {
  Crowd copied(20, false), sharing(20, true);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(sharing.guests[i]->hart(), copied.guests[i]->hart());
    EXPECT_TRUE(std::ranges::equal(sharing.guests[i]->memory().bytes(), copied.guests[i]->memory().bytes())) << "guest " << i;
  }
  EXPECT_EQ(sharing.guests[7]->hart().x[8], 10u);
}

TEST(GuestsOfOneImage, do_not_see_each_others_changes) {
  Crowd crowd(2, true);
  auto third = VirtualMachine::make(crowd.allocator, tiny, {}, Technique::trap, {}, 8).value();
  ASSERT_TRUE(third->boot(crowd.image, {}, &crowd.pages));
  crowd.guests[0]->memory().write(Physical{ram_base + 4096}, 77, Width::word);
  EXPECT_EQ(crowd.guests[1]->memory().read(Physical{ram_base + 4096}, Width::word), 10u) << "its own sum";
  EXPECT_EQ(third->memory().read(Physical{ram_base + 4096}, Width::word), 1u) << "the image's";
}

TEST(GuestsOfOneImage, leave_zeros_to_the_next_guest) {
  Crowd crowd(3, true);
  const uint64_t returned = crowd.allocator.returned();
  crowd.guests.clear();
  EXPECT_EQ(crowd.allocator.returned(), returned + 3 * (tiny + 8 * page_size));
  for (int i = 0; i < 3; ++i) {
    crowd.guests.push_back(VirtualMachine::make(crowd.allocator, tiny, {}, Technique::trap, {}, 8).value());
    EXPECT_TRUE(std::ranges::all_of(crowd.guests.back()->memory().bytes(), [](uint8_t b) { return b == 0; }));
  }
  EXPECT_EQ(crowd.allocator.returned(), returned) << "the same memory was given out again";
}

TEST(GuestsOfOneImage, decode_anew_what_another_image_shows_in_their_place) {
  Machine machine(Isa::toy32(), 4u << 20, {});
  Memory& memory = machine.memory();
  for (const uint32_t value : {5u, 6u}) {
    const std::string source = "_start: li a0, " + std::to_string(value) + "\n ecall\n";
    const auto assembly = assemble(Isa::toy32(), source, "a.s", {.base = ram_base});
    const Image image = to_image(*assembly);
    const ImagePages pages(image);
    ASSERT_TRUE(machine.boot(image, {}, &pages));
    machine.run(1, nullptr);
    EXPECT_EQ(machine.hart().x[10], value) << memory.size();
  }
}

TEST(GuestsOfOneImage, have_what_they_only_read_in_memory_once) {
  const size_t count = 200;
  const auto taken = [&](bool share) {
    const uint64_t before = test::resident_bytes();
    const Crowd crowd(count, share);
    return (test::resident_bytes() - before) / count;
  };
  taken(false);  // so that what the process itself keeps for the next round is there in both
  const uint64_t copied = taken(false), sharing = taken(true);
  EXPECT_LT(sharing + (48u << 10), copied) << "bytes a guest; of the image's 64 KiB one page is written to";
}

/// Under paging: writes a pattern to 64 pages through their entries, then to its disk, and reads that back.
constexpr const char* busy = R"(
        call paging_on
        li t0, low + 64             # entries 16 to 79: pages from 0x80400000 on
        li t1, 0x201000c7           # V R W A D
        li t2, 64
1:      sw t1, 0(t0)
        addi t0, t0, 4
        addi t1, t1, 1024
        addi t2, t2, -1
        bnez t2, 1b
        sfence.vma
        li t0, window + 0x10000
        li t1, 0x1000
        li t2, 64
2:      sw t2, 0(t0)
        add t0, t0, t1
        addi t2, t2, -1
        bnez t2, 2b
        li t0, buffer
        li t1, 0x76
        sw t1, 0(t0)
        li a0, 8
        call disk_on
        li a0, 1
        li a1, 3
        li a2, 0
        li a3, buffer
        li a4, 0
        li a5, 512
        call request
        j go
)";

TEST(AThousandMachines, created_run_and_destroyed_one_after_the_other_leave_nothing_behind) {
  const Image image = test::assembled(fmt::format("{}{}", escape::prelude, busy));
  const ImagePages pages(image);
  Machine machine(Isa::toy32(), 32u << 20, {});
  Allocator allocator(machine);
  const auto one = [&](Technique technique, bool share) {
    const auto disk = Disk::in_memory(std::vector<uint8_t>(16 << 10));
    auto vm = VirtualMachine::make(allocator, 6u << 20, {.disks = {disk}}, technique, {}, 64).value();
    ASSERT_TRUE(vm->boot(image, {}, share ? &pages : nullptr));
    ASSERT_EQ(vm->run(1'000'000, nullptr), Stopped::powered_off);
    ASSERT_EQ(vm->board().exit_code(), 100) << "the disk's status is good";
    std::vector<uint8_t> sector(Disk::sector_size);
    ASSERT_TRUE(disk->read(3, sector));
    ASSERT_EQ(sector[0], 0x76);
  };
  const uint64_t count = std::max<uint64_t>(test::scaled(1000), 100);
  uint64_t returned = 0, resident = 0;
  for (uint64_t i = 0; i < count; ++i) {
    one(static_cast<Technique>(i % technique_names.size()), i % 2 == 0);
    if (HasFatalFailure()) return;
    if (i + 1 != count / 10) continue;
    returned = allocator.returned(), resident = test::resident_bytes();
  }
  EXPECT_EQ(allocator.returned(), returned);
  const uint64_t now = test::resident_bytes();
  printf("%llu machines, resident after a tenth %llu KiB, after all %llu KiB\n", static_cast<unsigned long long>(count),
         static_cast<unsigned long long>(resident >> 10), static_cast<unsigned long long>(now >> 10));
  if (test::keeps_freed_memory) return;
  EXPECT_LT(now, resident + (256 << 10)) << "bytes";
}

}  // namespace
}  // namespace vmsim
