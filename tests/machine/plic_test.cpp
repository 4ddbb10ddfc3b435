// The interrupt controller, register by register (RISC-V PLIC specification 1.0.0): who may interrupt, who is first, and that a claimed source
// waits for its completion.
#include <gtest/gtest.h>

#include "machine/plic.hpp"

namespace vmsim {
namespace {

constexpr uint32_t pending = 0x1000, enable = 0x2000, threshold = 0x20'0000, claim = 0x20'0004;
constexpr uint32_t enable_stride = 0x80, context_stride = 0x1000, kernel = Plic::kernel_context;

struct PlicTest : testing::Test {
  Plic plic;
  uint32_t read(uint32_t at) { return plic.read(at, Width::word).value(); }
  void write(uint32_t at, uint32_t value) { EXPECT_TRUE(plic.write(at, value, Width::word)); }
  void priority(uint32_t source, uint32_t value) { write(4 * source, value); }
  void enabled(uint32_t bits, uint32_t context = kernel) { write(enable + context * enable_stride, bits); }
  void set_threshold(uint32_t value, uint32_t context = kernel) { write(threshold + context * context_stride, value); }
  uint32_t take(uint32_t context = kernel) { return read(claim + context * context_stride); }
  void complete(uint32_t source, uint32_t context = kernel) { write(claim + context * context_stride, source); }
};

TEST_F(PlicTest, interrupts_only_for_a_source_that_is_pending_enabled_and_above_the_threshold) {
  for (int missing = 0; missing < 4; ++missing) {
    plic = {};
    if (missing != 0) plic.set_line(3, true);
    if (missing != 1) enabled(1u << 3);
    if (missing != 2) priority(3, 2);
    set_threshold(missing == 3 ? 2 : 1);
    EXPECT_FALSE(plic.interrupt()) << "without condition " << missing;
    EXPECT_EQ(take(), 0u);
  }
  plic = {};
  plic.set_line(3, true), enabled(1u << 3), priority(3, 2), set_threshold(1);
  EXPECT_TRUE(plic.interrupt());
  EXPECT_EQ(take(), 3u);
}

TEST_F(PlicTest, gives_the_highest_priority_first_and_the_lowest_number_among_equals) {
  enabled(~0u);
  const struct { uint32_t source, priority; } sources[] = {{31, 5}, {4, 3}, {2, 3}, {9, 7}, {1, 1}};
  for (const auto& s : sources) priority(s.source, s.priority), plic.set_line(s.source, true);
  for (const uint32_t expected : {9u, 31u, 2u, 4u, 1u, 0u}) EXPECT_EQ(take(), expected);
  EXPECT_FALSE(plic.interrupt());
}

TEST_F(PlicTest, lets_a_source_through_again_only_after_its_completion) {
  enabled(1u << 5), priority(5, 1), plic.set_line(5, true);
  EXPECT_EQ(read(pending), 1u << 5);
  EXPECT_EQ(take(), 5u);
  EXPECT_EQ(read(pending), 0u);
  plic.set_line(5, true);  // still high
  EXPECT_FALSE(plic.interrupt()) << "claimed, not completed";
  complete(5);
  EXPECT_TRUE(plic.interrupt()) << "the line is still high";
  EXPECT_EQ(take(), 5u);
  plic.set_line(5, false);
  complete(5);
  EXPECT_FALSE(plic.interrupt()) << "the line is low";
  plic.set_line(5, true);
  EXPECT_EQ(take(), 5u);
}

TEST_F(PlicTest, keeps_a_request_whose_line_has_gone_low) {
  enabled(1u << 5), priority(5, 1);
  plic.set_line(5, true), plic.set_line(5, false);
  EXPECT_EQ(take(), 5u);
  complete(5);
  EXPECT_FALSE(plic.interrupt());
}

TEST_F(PlicTest, ignores_a_completion_of_what_is_not_enabled_or_does_not_exist) {
  enabled(1u << 5), priority(5, 1), plic.set_line(5, true);
  ASSERT_EQ(take(), 5u);
  for (const uint32_t other : {0u, 4u, 32u, ~0u}) complete(other);
  EXPECT_FALSE(plic.interrupt());
  enabled(0), complete(5), enabled(1u << 5);
  EXPECT_FALSE(plic.interrupt()) << "completed while disabled";
  complete(5);
  EXPECT_TRUE(plic.interrupt());
}

TEST_F(PlicTest, keeps_the_contexts_apart) {
  priority(6, 1), plic.set_line(6, true);
  enabled(1u << 6, 0);
  EXPECT_FALSE(plic.interrupt()) << "context 0 goes nowhere";
  set_threshold(3, 0);
  EXPECT_EQ(read(threshold), 3u);
  EXPECT_EQ(read(threshold + context_stride), 0u);
  EXPECT_EQ(read(enable), 1u << 6);
  EXPECT_EQ(read(enable + enable_stride), 0u);
  enabled(1u << 6);
  EXPECT_EQ(take(0), 0u) << "not above context 0's threshold";
  EXPECT_EQ(take(), 6u);
}

TEST_F(PlicTest, keeps_three_bits_of_priority_and_threshold_and_nothing_of_source_0) {
  priority(1, ~0u), priority(0, 7), set_threshold(~0u), enabled(~0u);
  EXPECT_EQ(read(4), 7u);
  EXPECT_EQ(read(0), 0u);
  EXPECT_EQ(read(threshold + context_stride), 7u);
  EXPECT_EQ(read(enable + enable_stride), ~1u);
  write(pending, ~0u);
  EXPECT_EQ(read(pending), 0u) << "only lines make requests";
}

TEST_F(PlicTest, is_reached_by_words_alone) {
  for (const Width width : {Width::byte, Width::half}) {
    EXPECT_FALSE(plic.read(claim, width));
    EXPECT_FALSE(plic.write(4, 1, width));
  }
}

TEST_F(PlicTest, reads_zero_where_no_register_is) {
  for (const uint32_t at :
       {4u * Plic::sources, pending + 4, enable + 4, enable + 2 * enable_stride, threshold + context_stride + 8, threshold + 2 * context_stride}) {
    write(at, ~0u);
    EXPECT_EQ(read(at), 0u) << std::hex << at;
  }
}

}  // namespace
}  // namespace vmsim
