// The decoder against its own patterns: at most one row matches a word, and encoding gives back what was decoded.
#include <gtest/gtest.h>

#include "isa/isa.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

TEST(TheDecoder, matches_at_most_one_row_and_encodes_back_what_it_decoded) {
  const Isa& isa = Isa::toy32();
  // Every word at scale 1000; an odd stride reaches every pattern otherwise.
  const uint64_t stride = std::max<uint64_t>(1, 1009 / test::scaled(1));
  uint64_t legal = 0;
  for (uint64_t w = 0; w < (uint64_t{1} << 32); w += stride) {
    const auto word = static_cast<uint32_t>(w);
    int matches = 0;
    Op match = illegal_op;
    for (Op op = 0; op < isa.rows().size(); ++op)
      if (isa.row(op).pattern.matches(word)) ++matches, match = op;
    ASSERT_LE(matches, 1) << std::hex << word;
    const Instruction i = isa.decode(word);
    ASSERT_EQ(i.op, match) << std::hex << word;
    if (!i.legal()) continue;
    ++legal;
    ASSERT_EQ(isa.encode(i.op, decode_operands<uint32_t>(isa.row(i.op).format, word)), word) << std::hex << word;
  }
  EXPECT_GT(legal, 100'000u);
}

}  // namespace
}  // namespace vmsim
