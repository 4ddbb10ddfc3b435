// Shadow tables, aimed at: each guest below makes the records of the bare machine, and costs exactly the fills that the rules of
// monitor/shadow.hpp allow: neither is a translation forgotten that need not be, nor one kept that must not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "isa/page_walk.hpp"
#include "support/assembled.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 6u << 20;  // the second 4 MiB are not wholly there, so a superpage on them is shown in pieces
constexpr uint32_t spaces = 6, small = 0x4000'0000, wide = 0x8080'0000;
constexpr uint32_t all = pte::valid | pte::read | pte::write | pte::execute | pte::accessed | pte::dirty;

constexpr uint32_t root_of(uint32_t space) { return 0x8030'0000 + space * 0x2000; }
constexpr uint32_t leaf_of(uint32_t space) { return root_of(space) + 0x1000; }
/// What page `page` of `small` is in `space`; its first word is its address, its third the instruction ret.
constexpr uint32_t data_of(uint32_t space, uint32_t page) { return 0x8038'0000 + (space * 16 + page) * 0x1000; }
constexpr uint32_t entry(uint32_t physical, uint32_t bits) { return physical >> 2 | bits; }

/// Each space has the kernel's superpage at 0x8000'0000; 16 small pages at `small`, of which 8 to 11 are the user's, 12 can only be executed,
/// and 13 has its D bit clear; and at `wide` a superpage on 0x8040'0000.
void make_spaces(Memory& memory) {
  const auto put = [&](uint32_t at, uint32_t word) { memory.write(Physical{at}, word, Width::word); };
  for (uint32_t space = 1; space < spaces; ++space) {
    const uint32_t root = root_of(space), leaf = leaf_of(space);
    put(root + (0x8000'0000 >> 22) * 4, entry(0x8000'0000, all));
    put(root + (wide >> 22) * 4, entry(0x8040'0000, all));
    put(root + (small >> 22) * 4, entry(leaf, pte::valid));
    for (uint32_t page = 0; page < 16; ++page) {
      const uint32_t bits = page >= 8 && page < 12 ? all | pte::user : page == 12 ? all & ~(pte::read | pte::write) : page == 13 ? all & ~pte::dirty : all;
      put(leaf + page * 4, entry(data_of(space, page), bits));
      put(data_of(space, page), data_of(space, page));
      put(data_of(space, page) + 8, 0x0000'8067);  // ret
    }
  }
  for (uint32_t page = 0; page < 4; ++page) put(0x8040'0000 + page * 0x1000, 0x40 + page), put(0x8000'0000 + page * 0x1000, page);
}

// What guests are made of.
std::string enter(uint32_t space) { return fmt::format(" li t0, {:#x}\n csrw satp, t0\n", satp::mode | space << satp::asid_shift | root_of(space) >> 12); }
std::string load(uint32_t address) { return fmt::format(" li t0, {:#x}\n lw a0, 0(t0)\n", address); }
std::string call(uint32_t address) { return fmt::format(" li t0, {:#x}\n jalr ra, 0(t0)\n", address); }
std::string store(uint32_t address) { return fmt::format(" li t0, {:#x}\n sw s0, 4(t0)\n", address); }
std::string poke(uint32_t physical, uint32_t word) { return fmt::format(" li t0, {:#x}\n li t1, {:#x}\n sw t1, 0(t0)\n", physical, word); }
std::string visit(uint32_t space) { return enter(space) + load(small); }
std::string fence(std::optional<uint32_t> address, std::optional<uint32_t> space) {
  return fmt::format(" li t0, {:#x}\n li t1, {:#x}\n sfence.vma {}, {}\n", address.value_or(0), space.value_or(0), address ? "t0" : "zero",
                     space ? "t1" : "zero");
}
std::string set(uint32_t bits) { return fmt::format(" li t0, {:#x}\n csrs sstatus, t0\n", bits); }
std::string clear(uint32_t bits) { return fmt::format(" li t0, {:#x}\n csrc sstatus, t0\n", bits); }

struct Found {
  std::vector<Act> acts;
  std::vector<uint32_t> loaded;  // by loads from `small` and `wide`
  int traps = 0;
  /// Fills for the page at `address`; with `telling`, those whose detail says so.
  [[nodiscard]] int fills(uint32_t address, std::string_view telling = "") const {
    return static_cast<int>(std::ranges::count_if(
        acts, [&](const Act& a) { return a.kind == ActKind::fill && a.real_tval >> 12 == address >> 12 && a.detail.find(telling) != std::string::npos; }));
  }
  [[nodiscard]] int fills() const { return static_cast<int>(std::ranges::count(acts, ActKind::fill, &Act::kind)); }
  [[nodiscard]] int evicted() const {
    constexpr std::string_view told = "roots evicted: ";
    int sum = 0;
    for (const Act& a : acts)
      if (const size_t at = a.detail.find(told); at != std::string::npos) sum += std::stoi(a.detail.substr(at + told.size()));
    return sum;
  }
};

/// Runs `body`, after which the guest powers off, bare and under the monitor with `pool` pages for its tables. A trap goes on behind its instruction.
Found run(const std::string& body, uint32_t pool = 64) {
  const std::string source = "_start: la t0, handler\n csrw stvec, t0\n" + body +
                             " li a7, 8\n ecall\n1: j 1b\n .align 2\nhandler: csrr t6, sepc\n addi t6, t6, 4\n csrw sepc, t6\n sret\n";
  test::Collect bare, trap;
  Machine alone(Isa::toy32(), ram, {});
  test::boot(alone, source);
  make_spaces(alone.memory());
  EXPECT_EQ(alone.run(1'000'000, &bare), Stopped::powered_off);

  Machine real(Isa::toy32(), ram + VirtualMachine::overhead, {});
  Allocator allocator(real);
  const auto guest = VirtualMachine::make(allocator, ram, {}, Technique::trap, {}, pool).value();
  test::boot(*guest, source);
  make_spaces(guest->memory());
  EXPECT_EQ(guest->run(1'000'000, &trap), Stopped::powered_off);
  EXPECT_EQ(trap.records.size(), bare.records.size());
  EXPECT_TRUE(trap.records == bare.records);

  Found found{.acts = std::move(trap.acts)};
  for (const Record& r : trap.records) {
    found.traps += r.event == Event::trap;
    for (const MemoryAccess& m : r.memory)
      if (!m.is_store && (m.virtual_address >> 22 == small >> 22 || m.virtual_address >> 22 == wide >> 22)) found.loaded.push_back(m.value);
  }
  return found;
}

TEST(Shadow, keeps_the_roots_of_spaces_that_are_left_and_entered_again) {
  std::string body;
  for (int i = 0; i < 10; ++i) body += visit(1) + visit(2) + visit(3);
  const Found found = run(body);
  EXPECT_EQ(found.fills(small), 3);
  EXPECT_EQ(found.evicted(), 0);
  EXPECT_EQ(found.loaded.at(28), data_of(2, 0));
}

TEST(Shadow, gives_up_the_root_unused_for_longest_where_the_pool_is_small) {
  // Eight pages hold three spaces, of two tables each, and the two that a fill may need.
  const std::string three = visit(1) + visit(2) + visit(3) + visit(1);
  EXPECT_EQ(run(three, 8).fills(small), 3);
  const std::string four = three + visit(4);
  EXPECT_EQ(run(four, 8).fills(small), 4);
  EXPECT_EQ(run(four, 8).evicted(), 2);  // the one from before there was paging, and that of 2
  EXPECT_EQ(run(four + visit(1) + visit(3), 8).fills(small), 4);
  const Found found = run(four + visit(1) + visit(3) + visit(2), 8);
  EXPECT_EQ(found.fills(small), 5);
  EXPECT_EQ(found.loaded,
            (std::vector{data_of(1, 0), data_of(2, 0), data_of(3, 0), data_of(1, 0), data_of(4, 0), data_of(1, 0), data_of(3, 0), data_of(2, 0)}));
}

TEST(Shadow, goes_on_with_hardly_any_pool) {
  std::string body;
  for (int i = 0; i < 10; ++i)
    for (uint32_t space = 1; space < spaces; ++space) body += visit(space) + load(wide) + load(small + 0x3000);
  const Found found = run(body, 3);
  EXPECT_GE(found.fills(small), 50);
  EXPECT_GE(found.evicted(), 50);
}

TEST(Shadow, shows_no_old_translation_when_real_spaces_come_round_again) {
  // Each round moves the page and fences all, in two spaces: 1,200 roots, of which the real hart can tell 511.
  const std::string body =
      fmt::format(" li s0, 600\n li s1, 0\nround: andi s2, s0, 7\n slli s2, s2, 10\n li t0, {:#x}\n add s2, s2, t0\n li t0, {:#x}\n sw s2, 0(t0)\n",
                  entry(data_of(1, 0), all), leaf_of(1)) +
      " sfence.vma\n" + visit(1) + visit(2) + " addi s0, s0, -1\n bnez s0, round\n";
  const Found found = run(body);
  EXPECT_EQ(found.fills(small), 1200);
  ASSERT_EQ(found.loaded.size(), 1200u);
  for (uint32_t i = 0; i < 600; ++i) ASSERT_EQ(found.loaded[2 * i], data_of(1, (600 - i) & 7));
}

TEST(Shadow, forgets_one_space_at_a_fence_of_that_space) {
  const std::string both = visit(1) + visit(2);
  EXPECT_EQ(run(both + fence({}, 1) + visit(1)).fills(small), 3);
  EXPECT_EQ(run(both + fence({}, 1) + visit(2)).fills(small), 2);
  EXPECT_EQ(run(both + fence({}, 3) + both).fills(small), 2);
  EXPECT_EQ(run(both + fence({}, {}) + both).fills(small), 4);
  const Found moved = run(both + poke(leaf_of(2), entry(data_of(2, 5), all)) + fence({}, 2) + visit(2) + visit(1));
  EXPECT_EQ(moved.loaded, (std::vector{data_of(1, 0), data_of(2, 0), data_of(2, 5), data_of(1, 0)}));
}

TEST(Shadow, forgets_one_page_at_a_fence_of_its_address) {
  const std::string two = load(small) + load(small + 0x1000), in_1 = enter(1) + two;
  const Found found = run(in_1 + fence(small, {}) + two);
  EXPECT_EQ(found.fills(small), 2);
  EXPECT_EQ(found.fills(small + 0x1000), 1);
  EXPECT_EQ(run(in_1 + fence(small, 2) + two).fills(small), 1);
  EXPECT_EQ(run(in_1 + fence(small, 1) + two).fills(small), 2);
  EXPECT_EQ(run(in_1 + visit(2) + fence(small, {}) + visit(1) + visit(2)).fills(small), 4);
  EXPECT_EQ(run(in_1 + visit(2) + fence(small, 1) + visit(1) + visit(2)).fills(small), 3);
  const Found moved = run(in_1 + poke(leaf_of(1), entry(data_of(1, 5), all)) + fence(small, {}) + two);
  EXPECT_EQ(moved.loaded, (std::vector{data_of(1, 0), data_of(1, 1), data_of(1, 5), data_of(1, 1)}));
}

TEST(Shadow, shows_a_superpage_whole_or_in_pieces_and_forgets_all_its_pieces_at_once) {
  const std::string two = load(wide) + load(wide + 0x1000), in_1 = enter(1) + two;
  const Found found = run(in_1 + two);
  EXPECT_EQ(found.fills(0x8020'0000, ", superpage"), 2) << "the kernel's, without paging and in space 1";
  EXPECT_EQ(found.fills(wide, "piece of a superpage"), 1);
  EXPECT_EQ(found.fills(wide + 0x1000, "piece of a superpage"), 1);
  // The superpage moves; a fence of any address in it forgets it.
  const Found moved = run(in_1 + load(small) + poke(root_of(1) + (wide >> 22) * 4, entry(0x8000'0000, all)) + fence(wide + 0x3000, {}) + two + load(small));
  EXPECT_EQ(moved.loaded, (std::vector<uint32_t>{0x40, 0x41, data_of(1, 0), 0, 1, data_of(1, 0)}));
  EXPECT_EQ(moved.fills(wide), 2);
  EXPECT_EQ(moved.fills(small), 1);
}

TEST(Shadow, takes_a_change_of_SUM_as_a_switch_and_not_as_a_flush) {
  constexpr uint32_t user_page = small + 0x8000;
  const std::string flip = set(sstatus::sum) + load(user_page) + clear(sstatus::sum) + load(user_page);
  std::string flips;
  for (int i = 0; i < 20; ++i) flips += flip;
  const Found once = run(enter(1) + flip), often = run(enter(1) + flips);
  EXPECT_EQ(often.fills(), once.fills());
  EXPECT_EQ(often.fills(user_page), 1);
  EXPECT_EQ(often.traps, 20) << "without SUM the kernel may not";
  EXPECT_EQ(often.loaded, std::vector(20, data_of(1, 8)));
}

TEST(Shadow, takes_a_change_of_MXR_as_a_switch_and_not_as_a_flush) {
  constexpr uint32_t execute_only = small + 0xC000;
  const std::string flip = set(sstatus::mxr) + load(execute_only) + clear(sstatus::mxr) + load(execute_only);
  std::string flips;
  for (int i = 0; i < 20; ++i) flips += flip;
  const Found once = run(enter(1) + flip), often = run(enter(1) + flips);
  EXPECT_EQ(often.fills(), once.fills());
  EXPECT_EQ(often.fills(execute_only), 1);
  EXPECT_EQ(often.traps, 20) << "what can only be executed cannot be read without MXR";
}

TEST(Shadow, lets_a_store_through_only_once_the_guest_has_set_D) {
  constexpr uint32_t clean = small + 0xD000;
  const Found found = run(enter(1) + load(clean) + store(clean) + poke(leaf_of(1) + 13 * 4, entry(data_of(1, 13), all)) + store(clean) + load(clean));
  EXPECT_EQ(found.traps, 1);
  EXPECT_EQ(found.fills(clean), 2) << "to read; to write, with no fence between";
}

TEST(Shadow, lets_nobody_read_what_can_only_be_executed_although_it_has_been) {
  constexpr uint32_t execute_only = small + 0xC000;
  const Found found = run(enter(1) + call(execute_only + 8) + load(execute_only) + call(execute_only + 8));
  EXPECT_EQ(found.traps, 1);
  EXPECT_EQ(found.fills(execute_only), 1);
}

TEST(Shadow, forgets_the_space_that_it_is_in_at_a_fence_of_everything) {
  const Found found = run(visit(1) + poke(leaf_of(1), entry(data_of(1, 5), all)) + fence({}, {}) + load(small));
  EXPECT_EQ(found.loaded, (std::vector{data_of(1, 0), data_of(1, 5)}));
  EXPECT_EQ(found.fills(small), 2);
}

TEST(Shadow, sees_an_entry_made_valid_with_no_fence_and_one_taken_away_with_one) {
  const uint32_t at = leaf_of(1) + 2 * 4, page = small + 0x2000;
  const Found found = run(enter(1) + load(page) + poke(at, 0) + fence(page, {}) + load(page) + poke(at, entry(data_of(1, 7), all)) + load(page));
  EXPECT_EQ(found.traps, 1);
  EXPECT_EQ(found.loaded, (std::vector{data_of(1, 2), data_of(1, 7)}));
  EXPECT_EQ(found.fills(page), 2);
}

}  // namespace
}  // namespace vmsim
