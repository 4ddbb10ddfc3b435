// Who has what of the machine: grants never overlap, come back, hold nothing of the guest before, and end where a deadline says.
#include <gtest/gtest.h>

#include <list>

#include "support/assembled.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 8u << 20;
constexpr const char* power_off_with_a0 = R"(
off:    slli a0, a0, 16
        li t1, 0x3333
        or a0, a0, t1
        li t1, 0x00100000
        sw a0, 0(t1)
)";

bool overlap(uint32_t a, uint64_t a_size, uint32_t b, uint64_t b_size) { return a < b + b_size && b < a + a_size; }

TEST(TheAllocator, never_gives_a_byte_to_two_guests) {
  Machine real(Isa::toy32(), 128u << 20, {});
  Allocator allocator(real);
  std::list<Grant> grants;
  for (uint32_t size : {4u << 20, 4096u, 12u << 20, 8192u, 16u << 20}) {
    auto made = allocator.grant(GuestPhysical{ram_base}, size, 16);
    ASSERT_TRUE(made) << made.error().text();
    grants.push_back(std::move(*made));
  }
  grants.remove_if([](const Grant& g) { return g.slice().size < 1u << 20; });
  for (uint32_t size : {4096u, 4u << 20, 8192u}) grants.push_back(allocator.grant(GuestPhysical{ram_base}, size, 8).value());
  for (auto i = grants.begin(); i != grants.end(); ++i) {
    const Grant& a = *i;
    EXPECT_TRUE(real.memory().contains(Physical{a.slice().real.at}, a.slice().size));
    EXPECT_FALSE(overlap(a.slice().real.at, a.slice().size, a.pool().at, a.pool_pages() * page_size));
    for (auto j = std::next(i); j != grants.end(); ++j) {
      const Grant& b = *j;
      EXPECT_FALSE(overlap(a.slice().real.at, a.slice().size, b.slice().real.at, b.slice().size));
      EXPECT_FALSE(overlap(a.slice().real.at, a.slice().size, b.pool().at, b.pool_pages() * page_size));
      EXPECT_FALSE(overlap(a.pool().at, a.pool_pages() * page_size, b.slice().real.at, b.slice().size));
      EXPECT_FALSE(overlap(a.pool().at, a.pool_pages() * page_size, b.pool().at, b.pool_pages() * page_size));
    }
  }
}

TEST(TheAllocator, says_no_where_there_is_no_room_and_loses_nothing_by_it) {
  Machine real(Isa::toy32(), 32u << 20, {});
  Allocator allocator(real);
  const auto too_large = allocator.grant(GuestPhysical{ram_base}, 64u << 20, 16);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().what, "the machine has no room for a guest of this size");
  EXPECT_EQ(allocator.returned(), 16 * page_size);
  for (uint32_t size : {0u, 4095u, 4097u}) EXPECT_FALSE(allocator.grant(GuestPhysical{ram_base}, size, 16)) << size;
  EXPECT_TRUE(allocator.grant(GuestPhysical{ram_base}, 16u << 20, 16));
}

TEST(TheAllocator, joins_what_comes_back_so_that_a_larger_guest_fits) {
  Machine real(Isa::toy32(), 40u << 20, {});
  Allocator allocator(real);
  std::list<Grant> grants;
  for (int i = 0; i < 4; ++i) grants.push_back(allocator.grant(GuestPhysical{ram_base}, 8u << 20, 0).value());
  ASSERT_FALSE(allocator.grant(GuestPhysical{ram_base}, 16u << 20, 0));
  for (int i : {1, 2, 0, 0}) grants.erase(std::next(grants.begin(), i));
  EXPECT_EQ(allocator.returned(), 32u << 20);
  EXPECT_TRUE(allocator.grant(GuestPhysical{ram_base}, 32u << 20, 0));
}

TEST(TheAllocator, gives_what_alignment_leaves_between_two_guests_to_another) {
  Machine real(Isa::toy32(), 16u << 20, {});
  Allocator allocator(real);
  const auto large = allocator.grant(GuestPhysical{ram_base}, 12u << 20, 16);  // its memory begins at a multiple of 4 MiB
  ASSERT_TRUE(large);
  EXPECT_EQ(allocator.returned(), (4u << 20) - 16 * page_size);
  const auto small = allocator.grant(GuestPhysical{ram_base}, 2u << 20, 16);
  EXPECT_TRUE(small);
  EXPECT_FALSE(allocator.grant(GuestPhysical{ram_base}, 2u << 20, 16));
}

TEST(TheAllocator, serves_a_thousand_guests_one_after_the_other_from_room_for_one) {
  Machine real(Isa::toy32(), ram + VirtualMachine::overhead, {});
  Allocator allocator(real);
  // Reads what must still be zero, and leaves something behind, in paging and out of it, as data and as code.
  const Image image = test::assembled(R"(
        li t0, 0x80300000
        lw a0, 0(t0)
        lw t1, 0x7fc(t0)
        or a0, a0, t1
        li t1, 0x12345678
        sw t1, 0(t0)
        li t1, 0x00008067
        sw t1, 0x7fc(t0)
        addi t0, t0, 0x7fc
        jalr ra, t0
)" + std::string(power_off_with_a0));
  for (int i = 0; i < 1000; ++i) {
    const auto guest = VirtualMachine::make(allocator, ram, {}, i % 2 == 0 ? Technique::trap : Technique::hybrid);
    ASSERT_TRUE(guest) << i << ": " << guest.error().text();
    ASSERT_TRUE((*guest)->boot(image, {}));
    ASSERT_EQ((*guest)->run(1000, nullptr), Stopped::powered_off) << i;
    ASSERT_EQ((*guest)->board().exit_code(), 0) << i << ": it found what the guest before left";
  }
}

TEST(TheAllocator, leaves_no_translation_of_a_guest_to_the_next) {
  Machine real(Isa::toy32(), ram + VirtualMachine::overhead, {});
  Allocator allocator(real);
  const std::string reach_beyond_4_mib = R"(
        la t0, handler
        csrw stvec, t0
        li a0, 0
        li t0, 0x80600000
        sw t0, 0(t0)
        j off
        .align 2
handler: csrr a0, scause
)" + std::string(power_off_with_a0);
  for (const auto& [size, code] : {std::pair(8u << 20, 0), {4u << 20, 7}}) {
    const auto guest = VirtualMachine::make(allocator, size, {}, Technique::trap);
    test::boot(**guest, reach_beyond_4_mib);
    ASSERT_EQ((*guest)->run(1000, nullptr), Stopped::powered_off);
    EXPECT_EQ((*guest)->board().exit_code(), code);
  }
}

TEST(TheAllocator, ends_a_guest_at_its_deadline_to_the_step) {
  Machine real(Isa::toy32(), ram + VirtualMachine::overhead, {});
  Allocator allocator(real);
  for (Technique technique : {Technique::emulate, Technique::trap, Technique::hybrid}) {
    const auto guest = VirtualMachine::make(allocator, ram, {}, technique);
    test::boot(**guest, "spin: j spin\n");
    (*guest)->set_deadline(12'345);
    EXPECT_EQ((*guest)->run(1'000'000, nullptr), Stopped::budget);
    EXPECT_EQ((*guest)->hart().clock.steps, 12'345u);
    (*guest)->set_deadline(20'000);
    (*guest)->run(1'000'000, nullptr);
    EXPECT_EQ((*guest)->hart().clock.steps, 20'000u);
  }
}

}  // namespace
}  // namespace vmsim
