// Repair: every variant of the catalogue that fails gets a smallest set of changes, the changed tables merge into a variant that parses, and deciding that from
// the start says that it is virtualizable. No smaller set does.
#include <gtest/gtest.h>

#include <algorithm>
#ifdef VMSIM_HAVE_Z3
#include "check/decided.hpp"
#include "check/repair.hpp"
#include "support/scale.hpp"

namespace vmsim::check {
namespace {

struct Case {
  const char* variant;
  std::vector<std::string> changes;  // in any order
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.variant; }

class Repaired : public testing::TestWithParam<Case> {};

TEST_P(Repaired, by_a_smallest_set_of_changes_that_is_proved_to_do) {
  // Several changes are a longer search, and a change of what a trap does leaves nothing that need not be decided again.
  const auto& wanted = GetParam().changes;
  if (test::samples_only() && (wanted.size() != 1 || !wanted[0].ends_with(" traps in user mode"))) GTEST_SKIP() << "too long for this scale";
  const auto& [variant, report] = decided(GetParam().variant);
  const Repair r = repair(*variant.isa, report, after_toy32());
  ASSERT_EQ(r.found, Answer::yes) << r.because;
  std::vector<std::string> changes;
  for (const Change& c : r.changes) changes.push_back(text(*r.isa, c));
  std::ranges::sort(changes);
  std::vector<std::string> expected = GetParam().changes;
  std::ranges::sort(expected);
  EXPECT_EQ(changes, expected);

  if (changes.empty()) return;

  // Written and read back it is the same instruction set, and nothing of the first decision is needed to see that it is virtualizable.
  const auto again = parse_variant(write_variant(*r.isa), "repaired.toml");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(hash(*again->isa), hash(*r.isa));
  const Report proof = decide(*again->isa, after_toy32());
  EXPECT_NE(proof.safe.holds, Answer::no) << proof.safe.because;
  EXPECT_NE(proof.safe.holds, Answer::unknown) << proof.safe.because;
  EXPECT_EQ(proof.bugs, std::vector<std::string>());

  // Without any one of them it is not.
  for (size_t i = 0; i < r.changes.size() && r.changes.size() < 4; ++i) {
    std::vector<Change> fewer = r.changes;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(decide(*changed(*variant.isa, fewer), after_toy32()).safe.holds, Answer::no) << changes[i];
  }
}

std::vector<std::string> trapping(std::initializer_list<const char*> names) {
  std::vector<std::string> all;
  for (const char* n : names) all.push_back(std::string(n) + " traps in user mode");
  return all;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Repaired,
                         testing::Values(Case{"x86-popf", trapping({"popf"})}, Case{"x86-pushf", trapping({"pushf"})}, Case{"x86-sidt", trapping({"sidt"})},
                                         Case{"mode-bit", trapping({"rdmode"})}, Case{"m68000-sr", trapping({"movesr"})},
                                         Case{"pdp10-jrst1", trapping({"jrst1"})}, Case{"s360-lra", trapping({"lra"})}, Case{"pdp11-mfpi", trapping({"mfpi"})},
                                         Case{"arm-cps", trapping({"cpsie", "cpsid"})}, Case{"backdoor", trapping({"sw"})},
                                         Case{"lr-sc-trap", {"a trap keeps the reservation"}}, Case{"opaque-frame", {"a trap saves x31"}},
                                         Case{"mips-kseg", {}}, Case{"open-clock", {}},
                                         Case{"pentium", trapping({"sgdt", "sidt", "sldt", "smsw", "pushf", "popf", "lar", "lsl", "verr", "verw", "pops",
                                                                   "pushs", "callf", "jmpf", "intn", "retf", "str", "movs"})}));

TEST(Repair, prefers_what_the_failing_classes_need_and_prints_it_as_tables) {
  const auto variant = parse_variant(
      "name = \"two\"\n[[csr]]\nname = \"sscratch\"\nuser = \"execute\"\n[[add]]\nname = \"sidt\"\n"
      "encoding = \"0000000 ----- ----- 000 ----- 0001011\"\nformat = \"R\"\ndoes = \"rd = stvec\"\n",
      "two.toml");
  ASSERT_TRUE(variant) << variant.error().text();
  const Repair r = repair(*variant->isa, decide(*variant->isa, after_toy32()), after_toy32());
  ASSERT_EQ(r.found, Answer::yes) << r.because;
  ASSERT_EQ(r.changes.size(), 2u);
  std::string tables;
  for (const Change& c : r.changes) tables += toml(*r.isa, c);
  EXPECT_NE(tables.find("# without the [[csr]] table of sscratch"), std::string::npos) << tables;
  EXPECT_NE(tables.find("name = \"sidt\"\nencoding = "), std::string::npos) << tables;
  EXPECT_NE(tables.find("user = \"trap\""), std::string::npos) << tables;
}

}  // namespace
}  // namespace vmsim::check
#endif
