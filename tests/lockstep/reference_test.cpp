// The bare machine against the independent reference interpreter: the same records, registers, memory and console output, on
// random privileged programs and on a few that are aimed at what those hardly reach.
#include <gtest/gtest.h>

#include "lockstep/against_reference.hpp"
#include "lockstep/shrink.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

using lockstep::compare_with_reference;
using lockstep::Comparison;
using lockstep::Program;

struct Case {
  bool paging;
  EngineOptions engine;
  uint64_t steps;  // to compare
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << (c.paging ? "with paging" : "without paging") << (c.engine.block_cache ? "" : ", no block cache")
             << (c.engine.translation_cache ? "" : ", no translation cache");
}

class Reference : public testing::TestWithParam<Case> {};

TEST_P(Reference, makes_the_same_records_on_random_programs) {
  const auto [paging, engine, wanted] = GetParam();
  const uint64_t target = test::scaled(wanted), first = test::first_seed();
  uint64_t steps = 0, cut = 0, seed = first;
  for (; steps < target; ++seed) {
    const Program program = lockstep::make_program(seed, {.paging = paging});
    const Comparison result = compare_with_reference(program, engine);
    if (!result.difference.empty()) {
      const auto differs = [engine = engine](const Program& p) { return compare_with_reference(p, engine).difference; };
      const Program small = lockstep::shrink(program, [&](const Program& p) { return !differs(p).empty(); });
      FAIL() << "seed " << seed << " (VMSIM_SEED=" << seed << "): " << result.difference << "\nshrunk to " << differs(small) << "\n" << small.listing();
    }
    steps += result.steps;
    cut += result.cut != nullptr;
  }
  std::cout << seed - first << " programs, seeds from " << first << ": " << steps << " steps compared; " << cut << " programs cut short\n";
  EXPECT_LT(cut * 20, seed - first + 20) << "too many programs depend on stale translations, or on devices that the reference does not have";
}

INSTANTIATE_TEST_SUITE_P(Engines, Reference,
                         testing::Values(Case{false, {}, 3'000'000}, Case{true, {}, 4'000'000}, Case{false, {.block_cache = false}, 500'000},
                                         Case{true, {.block_cache = false}, 1'000'000}, Case{true, {.translation_cache = false}, 1'500'000}));

}  // namespace
}  // namespace vmsim
