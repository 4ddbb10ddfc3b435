// The catalogue holds the checker to the verdicts that each variant's file expects; toy32's own are reused where nothing decides them anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "check/decided.hpp"
#include "support/scale.hpp"

namespace vmsim::check {
namespace {

#ifdef VMSIM_HAVE_Z3

std::set<std::string> kinds(const Report& r, const std::string& instruction) {
  std::set<std::string> found;
  for (const ClassVerdict& v : r.classes) {
    if (v.encoding.instruction != instruction) continue;
    const std::pair<const char*, std::vector<Query>> names[] = {{"control", {Query::control_kernel, Query::control_user}},
                                                                {"location", {Query::location_kernel, Query::location_user}},
                                                                {"mode", {Query::mode}},
                                                                {"hidden", {Query::hidden_kernel, Query::hidden_user}},
                                                                {"trap",
                                                                 {Query::trap_location_kernel, Query::trap_location_user, Query::trap_mode_kernel,
                                                                  Query::trap_mode_user, Query::trap_hidden_kernel, Query::trap_hidden_user}},
                                                                {"time", {Query::time_kernel, Query::time_user}}};
    for (const auto& [name, queries] : names)
      if (std::ranges::any_of(queries, [&](Query q) { return v.is(q); })) found.insert(name);
  }
  if (found.empty()) found.insert("innocuous");
  return found;
}

/// Instructions that fail Theorem 1 under every configuration.
std::set<std::string> failing(const Report& r) {
  std::set<std::string> names;
  for (const ClassVerdict& v : r.classes)
    if (v.theorem1() == Answer::no) names.insert(v.encoding.instruction);
  return names;
}

/// Whether it is right that nothing satisfies what a question supposes: in the mode concerned the class always traps, or always changes what the pair must
/// have in common; emulation is asked only of what traps.
bool vacuous_rightly(const ClassVerdict& v, Query q) {
  const bool kernel = v.is(Query::kernel_traps) || v.is(Query::control_kernel), user = v.is(Query::user_traps) || v.is(Query::control_user);
  switch (q) {
    case Query::control_kernel:
    case Query::location_kernel:
    case Query::hidden_kernel:
    case Query::trap_location_kernel:
    case Query::trap_mode_kernel:
    case Query::trap_hidden_kernel:
    case Query::time_kernel: return kernel;
    case Query::mode: return kernel || user;
    case Query::literal_control: return v.always_traps();
    // The real hart runs in user mode, with its counters disabled.
    case Query::commutes_kernel:
    case Query::commutes_user:
    case Query::commutes_freely: return v.is(Query::user_traps) || !v.settings.empty() || !v.withdrawn.empty();
    case Query::emulated_kernel:
    case Query::emulated_user: return !v.is(Query::user_traps);
    case Query::privileged:
    case Query::user_traps:
    case Query::kernel_traps: return false;
    default: return user;
  }
}

void expect_sound(const Report& r) {
  EXPECT_EQ(r.emulation.holds, Answer::yes) << r.emulation.because;
  EXPECT_TRUE(r.bugs.empty()) << r.bugs[0];
  for (const ClassVerdict& v : r.classes) {
    for (size_t i = 0; i < query_count; ++i) {
      const auto q = static_cast<Query>(i);
      EXPECT_TRUE(v[q].antecedent == Answer::yes || (v[q].antecedent == Answer::no && vacuous_rightly(v, q)))
          << v.encoding.name << ": " << name(q) << " is vacuous";
    }
    for (size_t i = 0; i < query_count; ++i)
      EXPECT_NE(v.findings[i].answer, Answer::unknown) << v.encoding.name << ": " << name(static_cast<Query>(i)) << ' ' << v.findings[i].reason;
    for (const Witness& w : v.witnesses) EXPECT_TRUE(w.replayed) << v.encoding.name << ": " << name(w.query);
    // Extended T1 implies TOC.
    EXPECT_FALSE(v.theorem1() == Answer::yes && v.commutes() == Answer::no) << v.encoding.name;
  }
}

TEST(Catalogue, Toy32IsVirtualizableWithItsCountersDisabled) {
  const Report& r = toy32();
  expect_sound(r);
  for (const Theorem* t : {&r.theorem1, &r.theorem2, &r.theorem3, &r.safe}) EXPECT_EQ(t->holds, Answer::configured) << t->because;
  for (const Theorem* t : {&r.reversible, &r.emulation, &r.product, &r.translation}) EXPECT_EQ(t->holds, Answer::yes) << t->because;
  EXPECT_EQ(text(Isa::toy32(), r.configuration), "scounteren = 0x0");
}

TEST(Catalogue, EveryVariantGetsTheVerdictsThatItsFileExpects) {
  const std::vector<std::string> names = catalogue();
  ASSERT_GE(names.size(), 19u);
  const size_t stride = test::samples_only() ? 5 : 1;
  for (size_t i = 0; i < names.size(); i += stride) {
    SCOPED_TRACE(names[i]);
    const auto& [v, r] = decided(names[i]);
    expect_sound(r);
    const std::tuple<const char*, const std::string*, const Theorem*> theorems[] = {
        {"theorem1", &v.expect.theorem1, &r.theorem1}, {"theorem2", &v.expect.theorem2, &r.theorem2},
        {"theorem3", &v.expect.theorem3, &r.theorem3}, {"safe", &v.expect.safe, &r.safe},
        {"literal1", &v.expect.literal1, &r.literal1}, {"literal3", &v.expect.literal3, &r.literal3}};
    for (const auto& [key, expected, theorem] : theorems)
      EXPECT_TRUE(expected->empty() || *expected == name(theorem->holds))
          << key << ": expected " << *expected << ", is " << name(theorem->holds) << ": " << theorem->because;
    std::set<std::string> named;
    for (const auto& [instruction, classes] : v.expect.classes) {
      EXPECT_EQ(kinds(r, instruction), std::set<std::string>(classes.begin(), classes.end())) << instruction;
      named.insert(instruction);
    }
    for (const std::string& instruction : failing(r)) EXPECT_TRUE(named.contains(instruction) || instruction.starts_with("csr")) << instruction;
  }
}

TEST(Catalogue, PentiumNamesRobinAndIrvinesInstructionsAlsoShuffled) {
  const std::set<std::string> expected{"sgdt", "sidt", "sldt",  "smsw",  "pushf", "popf", "lar",  "lsl", "verr",
                                       "verw", "pops", "pushs", "callf", "jmpf",  "intn", "retf", "str", "movs"};
  const auto& [v, plain] = decided("pentium");
  EXPECT_EQ(failing(plain), expected);

  // Names rotate by five among the added instructions, encodings by three: what is found must follow the semantics.
  IsaParts parts{.name = "shuffled", .rows = v.isa->rows(), .csrs = {v.isa->csrs().begin(), v.isa->csrs().end()}, .mmu = v.isa->mmu(), .trap = v.isa->trap()};
  const size_t first = Isa::toy32().rows().size(), count = parts.rows.size() - first;
  for (size_t i = 0; i < count; ++i) {
    parts.rows[first + i].name = v.isa->rows()[first + (i + 5) % count].name;
    parts.rows[first + i].pattern = v.isa->rows()[first + (i + 3) % count].pattern;
  }
  const Isa shuffled(parts);
  const Report r = decide(shuffled, after_toy32());
  EXPECT_EQ(failing(r), expected);
  for (size_t i = 0; i < count; ++i) EXPECT_EQ(kinds(r, parts.rows[first + i].name), kinds(plain, v.isa->rows()[first + i].name));
}

TEST(Safety, IsDeniedToAWaitThatUserModeIgnores) {
  const auto v = parse_variant("name = \"mutant\"\n[[instruction]]\nname = \"wfi\"\nuser = \"ignore\"\n", "mutant.toml");
  ASSERT_TRUE(v) << v.error().text();
  EXPECT_EQ(decide(*v->isa, after_toy32()).safe.holds, Answer::no);
}

/// The class of an instruction added to the paper's own machine. Nothing else of that is decided.
ClassVerdict on_bounds(const std::string& does) {
  const Variant bounds = load("bounds");
  Report ground;
  ground.reversible.holds = ground.translation.holds = ground.product.holds = Answer::yes;
  for (const EncodingClass& c : encoding_classes(*bounds.isa)) ground.classes.push_back({.encoding = c});
  const auto v = parse_variant(fmt::format("name = \"mutant\"\n[mmu]\nkind = \"bounds\"\n[[add]]\nname = \"new\"\n"
                                           "encoding = \"0000000 ----- ----- 000 ----- 0001011\"\nformat = \"R\"\ndoes = \"{}\"\n",
                                           does),
                               "mutant.toml");
  if (!v) throw std::runtime_error(v.error().text());
  const Report r = decide(*v->isa, {.trials = 500, .earlier_isa = bounds.isa.get(), .earlier = &ground});
  EXPECT_TRUE(r.bugs.empty()) << r.bugs[0];
  return *r.find(*v->isa, v->isa->encode(v->isa->find("new"), {}));
}

TEST(Safety, LetsUserModeLookAtItsBoundAndLowerItButNotRaiseIt) {
  for (const char* does : {"rd = bound", "if lt_u(rs1, bound) { bound = rs1 }"}) EXPECT_EQ(on_bounds(does).commutes(), Answer::yes) << does;
  for (const char* does : {"bound = rs1", "if not lt_u(rs1, bound) { bound = rs1 }", "base = rs1", "rd = base"})
    EXPECT_EQ(on_bounds(does).commutes(), Answer::no) << does;
}

TEST(Emulation, IsProvedForEveryClassOfToy32) {
  const Report r = decide(Isa::toy32(), {.trials = 0, .queries = {Query::emulated_kernel, Query::emulated_user, Query::commutes_kernel, Query::commutes_user}});
  for (const Theorem* t : {&r.emulation, &r.reversible, &r.translation, &r.product}) EXPECT_EQ(t->holds, Answer::yes) << t->because;
  for (const ClassVerdict& v : r.classes) EXPECT_NE(v.commutes(), Answer::no) << v.encoding.name;
}

#endif

}  // namespace
}  // namespace vmsim::check
