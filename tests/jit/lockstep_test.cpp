// The jit against the interpreter on random privileged programs, unrecorded, because only then does it run translated code: both go to the
// same random steps, and there harts and memory are equal. The interpreter runs in its switch form, which is held against the reference elsewhere,
// record by record.
#include <gtest/gtest.h>

#include <random>

#include "lockstep/outcome.hpp"
#include "lockstep/shrink.hpp"
#include "support/collect.hpp"
#include "support/scale.hpp"
#include "vcpu/ir/passes/passes.hpp"

namespace vmsim {
namespace {

using lockstep::Program;

struct Sides {
  test::Made jit, interpreter;
  std::string jit_output, interpreter_output;
};

test::Made start(const Program& program, std::string_view technique, EngineOptions engine, std::string& output) {
  ConsoleOptions console{.output = [&output](uint8_t byte) { output.push_back(static_cast<char>(byte)); }};
  test::Made made = test::make(technique, Program::ram_size, {.console = console}, engine);
  program.place(made.computer().memory().bytes());
  made.computer().hart().pc = Program::entry;
  return made;
}

std::string first_difference(const Hart& a, const Hart& b) {
  std::vector<std::pair<std::string, uint64_t>> fields;
  Hart::visit(a, [&](const std::string& name, auto value) { fields.emplace_back(name, static_cast<uint64_t>(value)); });
  std::string found;
  size_t i = 0;
  Hart::visit(b, [&](const std::string& name, auto value) {
    if (found.empty() && fields[i].second != static_cast<uint64_t>(value))
      found = name + " is " + std::to_string(fields[i].second) + ", and " + std::to_string(static_cast<uint64_t>(value)) + " under the interpreter";
    ++i;
  });
  return found;
}

/// Runs both to the same cuts; says where they part.
std::string difference(const Program& program, std::string_view technique, const EngineOptions& options, uint64_t* steps = nullptr) {
  EngineOptions engine = options;
  engine.kind = EngineKind::jit;
  std::string jit_output, interpreter_output;
  const test::Made jit = start(program, technique, engine, jit_output);
  const test::Made interpreter = start(program, technique, {.threaded = false}, interpreter_output);
  std::mt19937_64 random(program.seed);
  for (uint64_t until = 0; until < program.budget;) {
    until = std::min(program.budget, until + 1 + (random() % 4 == 0 ? random() % 200 : random() % 12));
    const Stopped a = jit.computer().run(until, nullptr), b = interpreter.computer().run(until, nullptr);
    const Hart &x = jit.computer().hart(), &y = interpreter.computer().hart();
    if (!(x == y)) return "at step " + std::to_string(until) + ": " + first_difference(x, y);
    if (a != b) return "at step " + std::to_string(until) + " they stop for different reasons";
    if (a != Stopped::budget) break;
  }
  if (steps != nullptr) *steps += jit.computer().hart().clock.steps;
  if (!std::ranges::equal(jit.computer().memory().bytes(), interpreter.computer().memory().bytes())) return "the memories differ at the end";
  if (jit_output != interpreter_output) return "the consoles differ";
  return {};
}

struct Case {
  std::string name, technique;
  bool paging = false;
  JitOptions jit;
  uint64_t programs = 0;
  bool translation_cache = true;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

class JitAgainstInterpreter : public testing::TestWithParam<Case> {};

TEST_P(JitAgainstInterpreter, agrees_at_every_cut) {
  if (!has_jit()) GTEST_SKIP() << "no jit for this host";
  const Case& c = GetParam();
  uint64_t steps = 0, racy = 0;
  TranslationCounts counts;
  const uint64_t first = test::first_seed(), count = test::scaled(c.programs);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    lockstep::ProgramOptions options{.paging = c.paging};
    options.budget = 2000;
    const Program program = lockstep::make_program(seed, options);
    EngineOptions engine{.jit = c.jit, .translation_cache = c.translation_cache};
    engine.jit.counts = &counts;
    const std::string found = difference(program, c.technique, engine, &steps);
    if (found.empty()) continue;
    if (!c.translation_cache && lockstep::fence_racy(program)) {
      ++racy;
      continue;
    }
    const Program small = lockstep::shrink(
        program, [&](const Program& p) { return !difference(p, c.technique, engine).empty() && (c.translation_cache || !lockstep::fence_racy(p)); });
    FAIL() << "seed " << seed << " (VMSIM_SEED=" << seed << "): " << found << "\nshrunk to " << difference(small, c.technique, engine) << ":\n"
           << small.listing();
  }
  std::cout << count << " programs, " << steps << " steps compared, " << counts.steps << " of them in translated code"
            << (racy == 0 ? "" : "; left out as fence-racy " + std::to_string(racy)) << "\n";
  EXPECT_LE(100 * racy, count);
  EXPECT_GT(steps, 100 * count);
  EXPECT_GT(counts.steps * 10, steps) << "too little of it is about the jit";
}

std::vector<Case> cases() {
  const JitOptions eager{.threshold = 0, .code_bytes = 256 << 10, .verify = true};
  std::vector<Case> all{{"bare", "bare", false, eager, 800},    {"bare_paging", "bare", true, eager, 900},
                        {"trap", "trap", true, eager, 300},     {"emulate", "emulate", true, eager, 200},
                        {"hybrid", "hybrid", true, eager, 200}, {"warm", "bare", true, {.threshold = 3, .verify = true}, 200}};
  const auto without = [&](const char* name, auto change) {
    JitOptions jit = eager;
    change(jit);
    all.push_back({name, "bare", true, jit, 100});
    all.push_back({std::string(name) + "_unpaged", "bare", false, jit, 100});
  };
  without("no_passes", [](JitOptions& j) { j.passes = 0; });
  for (size_t i = 0; i < ir::passes.size(); ++i) {
    std::string name = "without_" + std::string(ir::passes[i].name);
    std::ranges::replace(name, '-', '_');
    without(name.c_str(), [i](JitOptions& j) { j.passes &= ~(1u << i); });
  }
  without("no_chaining", [](JitOptions& j) { j.chaining = false; });
  without("no_jump_cache", [](JitOptions& j) { j.jump_cache = false; });
  without("no_residents", [](JitOptions& j) { j.resident = false; });
  without("no_direct_memory", [](JitOptions& j) { j.direct_memory = false; });
  without("no_unrolling", [](JitOptions& j) { j.unroll = false; });
  without("no_sharing", [](JitOptions& j) { j.share = false; });
  without("no_bmi2", [](JitOptions& j) { j.bmi2 = false; });
  without("no_following", [](JitOptions& j) { j.follow_jumps = false; });
  without("no_passing", [](JitOptions& j) { j.pass_branches = false; });
  without("basic_blocks", [](JitOptions& j) { j.follow_jumps = j.pass_branches = false; });
  without("one_instruction_a_block", [](JitOptions& j) { j.longest = 1; });
  all.push_back({"no_translation_cache", "bare", true, eager, 100, false});
  all.push_back({"no_translation_cache_unpaged", "bare", false, eager, 100, false});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Jit, JitAgainstInterpreter, testing::ValuesIn(cases()), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace vmsim
