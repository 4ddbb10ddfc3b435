// A run without a trace takes the threaded form of the interpreter, which makes no records: it is held against a recorded run of the same
// program (the switch form, which the reference is held against) by the whole hart and memory, wherever the budget cuts.
#include <gtest/gtest.h>

#include <random>

#include "lockstep/program.hpp"
#include "lockstep/shrink.hpp"
#include "support/collect.hpp"
#include "support/scale.hpp"
#include "vcpu/fence_races.hpp"

namespace vmsim {
namespace {

using lockstep::Program;

/// A sink that lets everything be recorded and keeps nothing.
struct Discard : TraceSink {
  void record(const Record&) override {}
};

std::string differing(const Hart& a, const Hart& b) {
  std::string text;
  std::vector<uint64_t> values;
  Hart::visit(a, [&](const std::string&, auto value) { values.push_back(static_cast<uint64_t>(value)); });
  size_t i = 0;
  Hart::visit(b, [&](const std::string& name, auto value) {
    if (values[i] != static_cast<uint64_t>(value))
      text += name + " " + std::to_string(values[i]) + " and " + std::to_string(static_cast<uint64_t>(value)) + "; ";
    ++i;
  });
  return text;
}

constexpr const char* racy = "the program depends on a stale translation";

/// Where a recorded run on the bare machine and an unrecorded one part; empty where they do not. The budget cuts both after at most `longest` steps at a time.
std::string difference(const Program& program, std::string_view technique, EngineOptions engine, uint64_t longest) {
  FenceRaces races;
  const EngineOptions careful{.block_cache = false, .translation_cache = false, .races = &races};
  const test::Made recorded = test::make("bare", Program::ram_size, {}, careful), plain = test::make(technique, Program::ram_size, {}, engine);
  for (const test::Made* made : {&recorded, &plain}) {
    program.place(made->computer().memory().bytes());
    made->computer().hart().pc = Program::entry;
  }
  Discard sink;
  std::mt19937_64 random(program.seed);
  Computer &a = recorded.computer(), &b = plain.computer();
  for (uint64_t until = 0; until < program.budget;) {
    until = std::min(program.budget, until + 1 + random() % longest);
    const Stopped why = a.run(until, &sink), why_plain = b.run(until, nullptr);
    if (races.first()) return racy;
    const std::string at = " at step " + std::to_string(until);
    if (why != why_plain) return "they stopped for different reasons" + at;
    if (!(a.hart() == b.hart())) return "the harts differ" + at + ": " + differing(a.hart(), b.hart());
    if (why != Stopped::budget) break;
  }
  return std::ranges::equal(a.memory().bytes(), b.memory().bytes()) ? "" : "the memories differ at the end";
}

struct Case {
  const char* technique;
  EngineOptions engine;
  uint64_t programs;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  const EngineOptions& e = c.engine;
  return out << c.technique << (e.threaded ? "" : ", switch") << (e.fusion ? "" : ", no fusion") << (e.forwarding ? "" : ", no forwarding")
             << (e.constants ? "" : ", no constants") << (e.extended_blocks ? "" : ", basic blocks") << (e.translation_cache ? "" : ", no translation cache")
             << (e.block_cache ? "" : ", no block cache");
}

class Unrecorded : public testing::TestWithParam<Case> {};

TEST_P(Unrecorded, runs_end_wherever_cut_as_recorded_ones_do) {
  const auto [technique, engine, programs] = GetParam();
  const uint64_t first = test::first_seed(), count = test::scaled(programs);
  uint64_t racing = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const bool paging = seed % 2 == 0, privileged = seed % 8 != 1;
    const uint64_t longest = seed % 3 == 0 ? 3000 : 150;
    const Program program = lockstep::make_program(seed, {.paging = paging, .privileged = privileged, .budget = 3000});
    const auto differs = [&, technique = technique, engine = engine](const Program& p) { return difference(p, technique, engine, longest); };
    const std::string found = differs(program);
    racing += found == racy;
    if (found.empty() || found == racy) continue;
    const Program small = lockstep::shrink(program, [&](const Program& p) { return !differs(p).empty(); });
    FAIL() << "seed " << seed << " (VMSIM_SEED=" << seed << "): " << found << "\nshrunk to " << differs(small) << ":\n" << small.listing();
  }
  EXPECT_LT(racing * 10, count + 10) << "too many programs depend on stale translations";
}

INSTANTIATE_TEST_SUITE_P(Engines, Unrecorded,
                         testing::Values(Case{"bare", {}, 3000}, Case{"bare", {.threaded = false}, 300}, Case{"bare", {.fusion = false}, 500},
                                         Case{"bare", {.forwarding = false}, 500}, Case{"bare", {.constants = false}, 500},
                                         Case{"bare", {.extended_blocks = false}, 500}, Case{"bare", {.translation_cache = false}, 500},
                                         Case{"bare", {.block_cache = false}, 100}, Case{"trap", {}, 500}, Case{"hybrid", {}, 500}, Case{"emulate", {}, 300}));

}  // namespace
}  // namespace vmsim
