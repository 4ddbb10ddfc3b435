// Verdicts shown by running them, and files of verdicts, over the whole catalogue.
#include <gtest/gtest.h>

#include "check/decided.hpp"
#include "check/demonstrate.hpp"
#include "check/stage.hpp"
#include "isa/assembler/assemble.hpp"
#include "monitor/verify.hpp"
#include "monitor/virtual_machine.hpp"
#include "support/scale.hpp"

namespace vmsim::check {
namespace {

#ifdef VMSIM_HAVE_Z3

TEST(Witnesses, EveryFailureInTheCatalogueHasAGuestWhoseRunsDifferAndEveryRescueNamedRunsWithoutADifference) {
  const std::vector<std::string> names = catalogue();
  const size_t stride = test::samples_only() ? 9 : 1;
  for (size_t i = 0; i < names.size(); i += stride) {
    SCOPED_TRACE(names[i]);
    const auto& [v, r] = decided(names[i]);
    const std::vector<Demonstration> all = demonstrate(*v.isa, r, {});
    for (const Demonstration& d : all) EXPECT_EQ(d.why_none, "") << d.encoding;
    for (const std::string& wrong : contradictions(all)) ADD_FAILURE() << wrong;
    // Who looks only at the console sees it too.
    for (const Demonstration& d : all)
      EXPECT_TRUE(d.runs.empty() || d.shows == Demonstration::Shows::sensitive || d.bare != d.under("trap")->console) << d.file;
    for (const ClassVerdict& c : r.classes)
      EXPECT_TRUE((c.commutes() != Answer::no && c.emulated() != Answer::no && c.theorem1() != Answer::no) ||
                  std::ranges::any_of(all, [&](const Demonstration& d) { return d.encoding == c.encoding.name; }))
          << c.encoding.name;
    EXPECT_EQ(r.safe.holds == Answer::no, std::ranges::any_of(all, [](const Demonstration& d) { return d.shows != Demonstration::Shows::sensitive; }));
    if (!v.expect.rescue.empty()) {
      std::vector<std::string> expected = v.expect.rescue, found = rescues(all);
      std::ranges::sort(expected), std::ranges::sort(found);
      EXPECT_EQ(found, expected);
    }
  }
}

/// The bound that a kernel sets may reach beyond its memory; whoever lowers it from there sees no cut.
TEST(Witnesses, OfAShrinkingBoundBeyondTheGuestsMemoryRunAsOnTheBareMachine) {
  const Variant v = load("shrink-bound");
  const auto assembly = assemble(*v.isa, R"(
    .text
    _start:
      li   t0, 0x00F00000
      csrw bound, t0
      li   t1, 0x00C00000
      shrink zero, t1, zero
      csrr a0, bound
      li   t1, 0x00300000
      shrink zero, t1, zero
      csrr a1, bound
      li   a7, 8
      ecall
  )",
                                 "shrink.s");
  ASSERT_TRUE(assembly) << assembly.error().text();
  const Image image = to_image(*assembly);
  for (const Technique technique : {Technique::trap, Technique::hybrid, Technique::emulate}) {
    std::string printed;
    const BoardOptions board{};
    Machine bare(*v.isa, stage::ram, board), real(*v.isa, stage::ram + VirtualMachine::overhead, board);
    auto guest = VirtualMachine::make(real, stage::ram, board, technique);
    ASSERT_TRUE(guest) << guest.error().text();
    for (Computer* c : {static_cast<Computer*>(&bare), static_cast<Computer*>(guest->get())}) ASSERT_TRUE(c->boot(image, {}));
    const Verdict verdict = verify({bare, printed}, {**guest, printed}, {.max_steps = 1000});
    EXPECT_FALSE(verdict.difference) << technique_names[static_cast<size_t>(technique)];
    EXPECT_EQ(bare.hart().x[10], 0x00C0'0000u);
    EXPECT_EQ(bare.hart().x[11], 0x0030'0000u);
  }
}

/// toy32 with one thing changed, as a mutant is made: nothing about these is known to the generator of guests.
TEST(Witnesses, AreMadeForVariantsThatNobodyHasSeen) {
  const std::pair<const char*, std::vector<const char*>> cases[] = {
      {"[[csr]]\nname = \"sscratch\"\nuser = \"execute\"\n", {"csrrw sscratch"}},
      {"[[csr]]\nname = \"sie\"\nuser = \"ignore\"\n", {"csrrs sie (writes)"}},
      {"[[csr]]\nname = \"sstatus\"\nuser = \"filter\"\nuser_reads = [\"SUM\"]\n", {"csrrs sstatus (reads)"}},
      {"[[instruction]]\nname = \"sret\"\nuser = \"ignore\"\n", {"sret"}},
      {"[[instruction]]\nname = \"sfence.vma\"\nuser = \"ignore\"\n", {"sfence.vma"}},
      {"[[add]]\nname = \"peek\"\nencoding = \"0000000 ----- ----- 000 ----- 0001011\"\nformat = \"R\"\ndoes = \"rd = load_physical.w(rs1)\"\n", {"peek"}},
      {"[[add]]\nname = \"raise\"\nencoding = \"0000000 ----- ----- 000 ----- 0001011\"\nformat = \"R\"\ndoes = \"if rs1 == 0x12345678 and rs2 == 77 { mode = "
       "kernel }\"\n",
       {"raise"}},
  };
  const size_t stride = test::samples_only() ? 3 : 1;
  for (size_t i = 0; i < std::size(cases); i += stride) {
    const auto& [text, failing] = cases[i];
    SCOPED_TRACE(text);
    const auto v = parse_variant("name = \"mutant\"\n" + std::string(text), "mutant.toml");
    ASSERT_TRUE(v) << v.error().text();
    const Report r = decide(*v->isa, after_toy32());
    EXPECT_EQ(r.safe.holds, Answer::no);
    const auto all = demonstrate(*v->isa, r, {});
    for (const Demonstration& d : all) {
      EXPECT_EQ(d.why_none, "") << d.encoding << ": " << d.question;
      if (d.runs.empty()) continue;
      EXPECT_TRUE(d.shows != Demonstration::Shows::unsafe || !d.under("trap")->agrees) << d.file;
      EXPECT_TRUE(d.under("emulate")->agrees) << d.file;
    }
    for (const char* name : failing) EXPECT_TRUE(std::ranges::any_of(all, [&](const Demonstration& d) { return d.encoding == name; })) << name;
  }
}

TEST(VerdictFile, GivesBackWhatWasWrittenAndRefusesEverythingElse) {
  const auto& [v, r] = decided("x86-popf");
  const std::string text = to_json(r);
  const Kept kept = read_verdicts(*v.isa, text);
  ASSERT_EQ(kept.state, Kept::State::usable) << kept.why;
  EXPECT_EQ(to_json(kept.report), text);
  for (size_t i = 0; i < r.classes.size(); ++i) {
    EXPECT_EQ(kept.report.classes[i].classes(), r.classes[i].classes());
    EXPECT_EQ(kept.report.classes[i].commutes(), r.classes[i].commutes());
  }
  EXPECT_EQ(read_verdicts(Isa::toy32(), text).state, Kept::State::stale);
  for (const std::string& damaged :
       {std::string(), std::string("null"), std::string("[1]"), std::string("{}"), std::string("\xFF\xFE"), text.substr(0, text.size() / 2)})
    EXPECT_EQ(read_verdicts(*v.isa, damaged).state, Kept::State::damaged);
  // A part replaced by something else is found wherever it is read.
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"answer\": \"no\"", "\"answer\": 7"},
                                 {"\"findings\": {", "\"findings\": 5, \"x\": {"},
                                 {"\"name\": \"lw\"", "\"name\": \"wl\""}}) {
    std::string changed = text;
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_EQ(read_verdicts(*v.isa, changed).state, Kept::State::damaged) << from;
  }
  std::string open = text;
  open.replace(open.find("\"answer\": \"no\""), 14, "\"answer\": \"unknown\"");
  EXPECT_EQ(read_verdicts(*v.isa, open).state, Kept::State::stale);
}

#endif

}  // namespace
}  // namespace vmsim::check
