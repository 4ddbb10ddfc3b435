// Exit clusters: fewer exits, and nothing else that a guest or a clock could tell. Random programs with and without them are in lockstep/.
#include <gtest/gtest.h>

#include "support/assembled.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 8u << 20;

struct Ran {
  std::vector<Record> records;
  std::vector<Act> acts;
  Hart hart;
  uint64_t exits = 0, clustered = 0;
};

/// Runs `source` for `steps`, at most `slice` at a time.
Ran run(std::string_view source, std::string_view technique, bool clusters, uint64_t steps, uint64_t slice = ~uint64_t{0}) {
  const test::Made made = test::make(technique, ram, {}, {}, Isa::toy32(), clusters);
  Computer& computer = made.computer();
  test::boot(computer, source);
  test::Collect sink;
  while (computer.hart().clock.steps < steps) computer.run(computer.hart().clock.steps + std::min(slice, steps - computer.hart().clock.steps), &sink);
  Ran ran{std::move(sink.records), std::move(sink.acts), computer.hart()};
  if (made.guest) ran.exits = made.guest->exits(), ran.clustered = made.guest->clustered();
  return ran;
}

struct Guest {
  const char* name;
  std::string source;
  uint64_t steps;
};
std::ostream& operator<<(std::ostream& out, const Guest& guest) { return out << guest.name; }

/// Under Sv32, at 0x40000000: a page of `body`, one that ends in `csrw sscratch, s0`, one of `data` that may not be executed, another after a hole in
/// physical memory, and one that may only be read. After a trap the handler goes on behind the instruction, or at s10 where it was a fetch.
std::string paged(std::string_view body, std::string_view data = {}) {
  std::string source = R"(
_start:
    la   t0, handler
    csrw stvec, t0
    la   t0, root
    li   t1, 0x200000cf
    li   t2, 2048
    add  t2, t2, t0
    sw   t1, 0(t2)
    la   t2, table
    srli t1, t2, 2
    ori  t1, t1, 1
    sw   t1, 1024(t0)
)";
  const std::pair<const char*, const char*> pages[] = {{"body", "0xcf"}, {"edge", "0xcf"}, {"data", "0xc7"}, {"apart", "0xc7"}, {"fixed", "0xc3"}};
  for (int i = 0; i < 5; ++i)
    source += std::string("    la   t1, ") + pages[i].first + "\n    srli t1, t1, 2\n    ori  t1, t1, " + pages[i].second + "\n    sw   t1, " +
              std::to_string(4 * i) + "(t2)\n";
  source += R"(
    srli t0, t0, 12
    li   t1, 0x80000000
    or   t0, t0, t1
    csrw satp, t0
    sfence.vma
    li   t0, 0x40000000
    jr   t0
    .align 2
handler:
    csrr t5, scause
    addi t5, t5, -12
    beqz t5, 1f
    csrr s10, sepc
    addi s10, s10, 4
1:  csrw sepc, s10
    sret
    .align 12
root:  .space 4096
table: .space 4096
body:
)";
  source += body;
  source += "\n    .align 12\nedge:\n    .space 4092\nlast:\n    csrw sscratch, s0\ndata:\n";
  source += data;
  return source + "\n    .align 12\n    .word 0\n    .align 12\napart: .space 4096\nfixed: .space 4096\n";
}

const Guest guests[] = {
    {"a_run_of_privileged_instructions", "_start: csrw sscratch, a0\n csrr t0, sscratch\n addi t0, t0, 1\n csrw sepc, t0\n csrr t1, sepc\n j _start\n", 600},
    {"a_branch_over_one_of_them",
     "_start: li s0, 0\n1: addi s0, s0, 1\n csrw sscratch, s0\n andi t0, s0, 1\n bnez t0, 2f\n csrw sepc, s0\n2: csrr t1, sscratch\n j 1b\n", 900},
    {"a_store_to_the_instruction_ahead", R"(
_start:
    la   t0, ahead
    lw   s1, 0(t0)
    la   t1, other
    lw   s2, 0(t1)
1:  csrw sscratch, s0
    sw   s2, 0(t0)               # csrw becomes csrr, and back
    mv   t2, s1
ahead:
    csrw sepc, t0
    mv   s1, s2
    mv   s2, t2
    j    1b
other:
    csrr a0, sscratch
)",
     900},
    {"a_store_to_the_innocuous_one_ahead", R"(
_start:
    la   t0, ahead
    lw   s1, 0(t0)
    la   t1, other
    lw   s2, 0(t1)
1:  csrw sscratch, s0
    sw   s2, 0(t0)
    mv   t2, s1
ahead:
    addi s0, s0, 1
    csrw sepc, t0
    mv   s1, s2
    mv   s2, t2
    j    1b
other:
    addi s0, s0, 5
)",
     900},
    {"a_timer_that_is_due_inside", R"(
_start:
    la   t0, handler
    csrw stvec, t0
    li   t0, 32
    csrw sie, t0
    csrsi sstatus, 2
1:  csrr t0, time
    addi t0, t0, 1
    csrw stimecmp, t0
    csrwi stimecmph, 0
2:  csrw sscratch, t0
    addi s0, s0, 1
    addi s0, s0, 1
    j    2b
    .align 2
handler:
    csrr t0, time
    addi t0, t0, 3
    csrw stimecmp, t0
    sret
)",
     4000},
    {"an_access_over_the_end_of_a_page", R"(
_start:
    la   s2, pages
    li   t1, 4094
    add  s1, s2, t1
    csrr t0, sscratch
1:  csrw sscratch, s0
    addi s0, s0, 1
    sw   s0, 0(s1)
    lw   t1, 0(s1)
    csrw sepc, t1
    j    1b
    .align 12
pages: .space 8192
)",
     900},
    {"an_access_to_two_pages_that_do_not_follow_each_other",
     paged(R"(
    li   s1, 0x40002ffe
    li   s2, 0x40003000
1:  addi s0, s0, 1
    slli t2, s0, 16
    csrw sscratch, s0
    sw   t2, 0(s1)
    lhu  t1, 0(s2)
    csrw sepc, t1
    j    1b
)",
           ".word 0"),
     900},
    {"a_store_to_a_page_that_may_only_be_read",
     paged(R"(
    li   s1, 0x40004000
1:  lw   t1, 0(s1)
    addi s0, s0, 1
    csrw sscratch, s0
    sw   s0, 0(s1)
    csrw sepc, t1
    j    1b
)",
           ".word 0"),
     900},
    {"a_page_that_may_not_be_executed_next",
     paged(R"(
    li   s1, 0x40002000
1:  lw   t1, 0(s1)
    addi s0, s0, 1
    auipc s10, 0
    addi s10, s10, 12
    j    last
    j    1b
)",
           R"(
    addi s9, s9, 1
    csrw sscratch, s9
    jr   s10
)"),
     900},
    {"a_fence_after_which_other_code_is_ahead",
     paged(R"(
    mv   s1, t2                  # the table: its first entry, this page's, becomes that of data's, and back
    lw   s2, 0(s1)
    lw   s3, 8(s1)
    ori  s3, s3, 8
1:  csrw sscratch, s0
    sw   s3, 0(s1)
    sfence.vma
    csrr t1, sscratch
    addi s0, s0, 1
    csrw sepc, s0
    mv   t3, s2
    mv   s2, s3
    mv   s3, t3
    j    1b
)",
           R"(
    .space 16
1:  csrw sscratch, s0
    sw   s3, 0(s1)
    sfence.vma
    csrr t1, sscratch
    addi s0, s0, 5
    csrw sepc, s0
    mv   t3, s2
    mv   s2, s3
    mv   s3, t3
    j    1b
)"),
     900},
    {"a_fault_inside", R"(
_start:
    la   t0, handler
    csrw stvec, t0
1:  csrw sscratch, s0
    lw   t1, 1(zero)
    csrw sepc, t1
    j    1b
    .align 2
handler:
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    csrr t0, scause
    sret
)",
     900},
    {"a_privileged_instruction_that_traps", R"(
_start:
    la   t0, handler
    csrw stvec, t0
1:  csrw sscratch, s0
    csrw cycle, s0              # read-only
    csrr t1, sscratch
    j    1b
    .align 2
handler:
    csrr t0, sepc
    csrr t1, stval
    addi t0, t0, 4
    csrw sepc, t0
    sret
)",
     900},
};

class Clusters : public testing::TestWithParam<Guest> {};

TEST_P(Clusters, change_the_number_of_exits_and_nothing_that_the_guest_sees) {
  const Guest& guest = GetParam();
  const Ran bare = run(guest.source, "bare", false, guest.steps);
  const Ran off = run(guest.source, "trap", false, guest.steps), on = run(guest.source, "trap", true, guest.steps);
  ASSERT_EQ(bare.records.size(), guest.steps);
  for (size_t i = 0; i < bare.records.size(); ++i) {
    ASSERT_EQ(bare.records[i], off.records[i]) << "off, step " << i;
    ASSERT_EQ(bare.records[i], on.records[i]) << "on, step " << i;
  }
  EXPECT_EQ(bare.hart, on.hart);
  EXPECT_EQ(off.clustered, 0u);
  EXPECT_GT(on.clustered, 20u);
  EXPECT_LT(on.exits, off.exits);
  EXPECT_LE(on.exits + on.clustered, off.exits) << "each instruction of a cluster is handled once";
}

TEST_P(Clusters, are_the_same_however_a_run_is_cut) {
  const Guest& guest = GetParam();
  const Ran whole = run(guest.source, "trap", true, guest.steps);
  for (const uint64_t slice : {1, 2, 3, 7, 64}) {
    const Ran cut = run(guest.source, "trap", true, guest.steps, slice);
    EXPECT_EQ(whole.records, cut.records) << slice;
    EXPECT_EQ(whole.hart, cut.hart) << slice;
    EXPECT_EQ(whole.exits, cut.exits) << slice;
    EXPECT_EQ(whole.clustered, cut.clustered) << slice;
  }
}

TEST_P(Clusters, tell_of_each_instruction_in_the_exit_that_it_is_part_of) {
  const Ran on = run(GetParam().source, "trap", true, GetParam().steps);
  uint64_t exits = 0, clustered = 0;
  for (const Act& act : on.acts) {
    clustered += act.clustered;
    exits += !act.clustered;
    EXPECT_EQ(act.number, exits);
  }
  EXPECT_EQ(exits, on.exits);
  EXPECT_EQ(clustered, on.clustered);
}

INSTANTIATE_TEST_SUITE_P(Exits, Clusters, testing::ValuesIn(guests), [](const auto& guest) { return std::string(guest.param.name); });

}  // namespace
}  // namespace vmsim
