// `verify` finds what differs, wherever it lies: in a record, in a memory, in the console, in how the runs end.
#include "monitor/verify.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/assembled.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

/// Reads the word at `data`, and a byte of input where there is one, then powers off.
constexpr std::string_view reads = R"(
_start:
    la   t0, data
    lw   a0, 0(t0)
    li   t2, 0x10000000
    lbu  a1, 0(t2)
    li   t0, 0x100000
    li   t1, 0x5555
    sw   t1, 0(t0)
1:  j    1b
data: .word 5
never_read: .word 6
)";
constexpr uint32_t ram = 4u << 20;

struct Pair {
  std::string consoles[2];
  test::Made bare, guest;
  explicit Pair(const BoardOptions& second = {}) : bare(test::make("bare", ram)), guest(test::make("trap", ram, second)) {
    test::boot(bare.computer(), reads);
    test::boot(guest.computer(), reads);
  }
  Verdict verdict(const VerifyOptions& how = {}) { return verify({bare.computer(), consoles[0]}, {guest.computer(), consoles[1]}, how); }
};

TEST(Verify, finds_no_difference_between_equals) {
  const Verdict v = Pair().verdict();
  EXPECT_FALSE(v.difference);
  EXPECT_EQ(v.why, Stopped::powered_off);
  EXPECT_GT(v.steps, 5u);
}

TEST(Verify, shows_both_records_of_the_first_step_that_sees_a_changed_word) {
  Pair pair;
  const uint32_t data = test::assembled(reads).symbols.find("data").value();
  pair.guest.computer().memory().write(Physical{data}, 7, Width::word);
  const Verdict v = pair.verdict();
  ASSERT_TRUE(v.difference);
  EXPECT_EQ(v.difference->step, 2u);  // la is two instructions
  EXPECT_EQ(v.difference->what, "the records differ");
  EXPECT_EQ(v.difference->fields, (std::vector<std::string>{"x10 00000005 00000007", "load value 00000005 00000007"}));
  EXPECT_EQ(v.difference->first.record.value().registers.begin()->value, 5u);
  EXPECT_EQ(v.difference->second.record.value().registers.begin()->value, 7u);
}

TEST(Verify, shows_the_step_at_which_only_one_of_them_got_input) {
  Pair pair({.console = {.input = {{0, 'x'}}}});
  const Verdict v = pair.verdict();
  ASSERT_TRUE(v.difference);
  EXPECT_EQ(v.difference->fields, (std::vector<std::string>{"x11 00000000 00000078", "load value 00000000 00000078"}));
}

TEST(Verify, compares_memory_that_no_record_mentions) {
  Pair pair;
  const uint32_t at = test::assembled(reads).symbols.find("never_read").value();
  pair.guest.computer().memory().write(Physical{at}, 7, Width::byte);
  const Verdict v = pair.verdict();
  ASSERT_TRUE(v.difference);
  EXPECT_EQ(v.difference->what, fmt::format("the memories differ at {:08x}", at));
}

TEST(Verify, compares_harts_and_consoles_that_no_record_mentions) {
  Pair hart;
  hart.guest.computer().hart().x[20] = 1;
  ASSERT_TRUE(hart.verdict().difference);
  Pair console;
  console.consoles[1] = "more";
  const Verdict v = console.verdict();
  ASSERT_TRUE(v.difference);
  EXPECT_EQ(v.difference->what, "the consoles differ");
}

TEST(Verify, notices_that_one_run_is_shorter) {
  Pair pair;
  pair.guest.guest->set_deadline(3);
  const Verdict v = pair.verdict();
  ASSERT_TRUE(v.difference);
  EXPECT_EQ(v.difference->step, 3u);
  EXPECT_TRUE(v.difference->first.record);
  EXPECT_FALSE(v.difference->second.record);
}

}  // namespace
}  // namespace vmsim
