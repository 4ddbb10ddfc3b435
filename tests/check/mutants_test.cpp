// The checker's verdicts on mutants of toy32, judged by what runs. Who is called virtualizable must make the bare machine's records under trap and emulate, in
// random privileged programs in which every second block uses the mutated encoding, with operands from the proof's models among them. Who is not must have a
// witness that the concrete machine replays. A mutant that does what toy32 does counts once in all.
#include <gtest/gtest.h>

#ifdef VMSIM_HAVE_Z3
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "check/decided.hpp"
#include "check/mutant.hpp"
#include "check/proof/concrete.hpp"
#include "check/proof/questions.hpp"
#include "lockstep/outcome.hpp"
#include "lockstep/shrink.hpp"
#include "support/scale.hpp"

namespace vmsim::check {
namespace {

using lockstep::Program;

/// The classes whose meaning a mutant changed.
std::vector<const ClassVerdict*> changed_classes(const Report& r) {
  std::vector<const ClassVerdict*> all;
  for (const ClassVerdict& v : r.classes)
    if (!v.reused) all.push_back(&v);
  return all;
}

/// Whether each of `classes` does what toy32 does in many random states of both modes.
bool does_the_same(const Isa& isa, const std::vector<const ClassVerdict*>& classes) {
  using D = ConcreteDomain;
  if (isa.trap().clears_reservation || isa.trap().loses != 0 || isa.mmu().direct_from != 0) return false;
  for (uint64_t i = 0; i < 4000; ++i)
    for (const ClassVerdict* v : classes)
      for (const Mode mode : {Mode::kernel, Mode::user}) {
        const EncodingClass& c = v->encoding;
        D::World world(D::hash(99, i));
        const uint32_t word = (world.word({Name::Kind::word}).bits & ~c.mask) | c.match;
        std::array<State<D>, 2> after;
        std::array<bool, 2> trapped{};
        for (size_t which = 0; which < 2; ++which) {
          const Isa& one = which == 0 ? Isa::toy32() : isa;
          State<D>& s = after[which] = {.hart = {},
                                        .window = world.bytes({Name::Kind::window}),
                                        .direct = world.bytes({Name::Kind::direct}),
                                        .physical = world.bytes({Name::Kind::physical})};
          D::set_mode(s.hart, mode);
          s.hart.x = world.registers(Word{word});
          s.hart.pc = world.word({Name::Kind::pc}).bits & ~3u;
          for (uint8_t r = 0; r < csr_count; ++r) s.hart.csr[r] = world.word({Name::Kind::csr, r}).bits & storable(isa, static_cast<Csr>(r));
          Machine<D> m(one, world, s, Word{word}, {});
          const Instruction decoded = one.decode(word);
          m.step(decoded.op, decoded.legal() ? decode_operands<Word>(one.row(decoded.op).format, word) : Operands<Word>{});
          trapped[which] = m.trapped();
        }
        const auto &a = after[0], &b = after[1];
        if (trapped[0] != trapped[1] || a.hart.x.values != b.hart.x.values || a.hart.csr != b.hart.csr || a.hart.mode != b.hart.mode ||
            a.hart.pc != b.hart.pc || a.hart.reserved != b.hart.reserved || a.flushed != b.flushed || a.waited != b.waited ||
            world.differ(a.window, b.window).on)
          return false;
      }
  return true;
}

/// Programs about the changed encodings, with the models that the proof found for them.
std::vector<lockstep::Use> uses(const std::vector<const ClassVerdict*>& classes) {
  std::vector<lockstep::Use> all;
  for (const ClassVerdict* v : classes) {
    if (v->encoding.op == illegal_op) continue;
    lockstep::Use use{v->encoding.mask, v->encoding.match, {}};
    for (const Witness& w : v->witnesses)
      for (const WitnessState& s : w.states) use.models.push_back({w.word, s.x[w.word >> 15 & 31], s.x[w.word >> 20 & 31]});
    all.push_back(std::move(use));
  }
  return all;
}

/// Words of rows that were switched off have no class of their own.
void add_switched_off(const Isa& isa, std::vector<lockstep::Use>& all) {
  for (const RowInfo& row : isa.rows())
    if (row.off && isa.decode(row.pattern.match).op == illegal_op) all.push_back({row.pattern.mask, row.pattern.match, {}});
}

/// Where bare metal and trap and emulate part, in programs with seeds from 1.
std::string parts(const Isa& isa, const lockstep::ProgramOptions& options, uint64_t programs) {
  for (uint64_t seed = 1; seed <= programs; ++seed) {
    lockstep::ProgramOptions o = options;
    o.paging = seed % 2 == 0;
    const Program p = lockstep::make_program(seed, o);
    auto differs = [&](const Program& q) { return lockstep::difference(lockstep::run(q, "bare", {}, isa), lockstep::run(q, "trap", {}, isa), isa); };
    if (differs(p).empty()) continue;
    const Program small = lockstep::shrink(p, [&](const Program& q) { return !differs(q).empty(); });
    return differs(small) + "\n" + small.listing();
  }
  return {};
}

/// What shows that direct execution goes wrong, on the concrete machine.
std::string witness(const Isa& isa, const Report& r) {
  for (const ClassVerdict& v : r.classes)
    for (const Query q : {Query::commutes_kernel, Query::commutes_user})
      if (const Finding& f = v[q]; f.answer == Answer::no && f.witness >= 0 && v.witnesses[static_cast<size_t>(f.witness)].replayed)
        return v.encoding.name + ": " + name(q) + ": " + v.witnesses[static_cast<size_t>(f.witness)].difference;
  const Isa reversible = without_losses(isa);
  for (uint64_t i = 0; i < 100; ++i) {
    ConcreteDomain::World world(ConcreteDomain::hash(7, i));
    Questions<ConcreteDomain> questions(world, isa, reversible);
    if (questions.irreversible(Mode::kernel).on) return fmt::format("state {} is not what it was after a trap", i);
  }
  return {};
}

struct Tally {
  size_t virtualizable = 0, not_virtualizable = 0, equal = 0, interacting = 0, shown_by_programs = 0;
};

void judge(const Mutant& mutant, uint64_t programs, Tally& tally) {
  SCOPED_TRACE(mutant.text);
  const auto variant = parse_variant(mutant.text, "mutant.toml");
  ASSERT_TRUE(variant) << variant.error().text();
  const Isa& isa = *variant->isa;
  const Report r = decide(isa, after_toy32());
  EXPECT_EQ(r.bugs, std::vector<std::string>());
  ASSERT_NE(r.safe.holds, Answer::unknown) << r.safe.because;
  const auto classes = changed_classes(r);
  lockstep::ProgramOptions options{.uses = uses(classes)};
  if (options.uses.size() > 100) options.uses.clear();  // the MMU: everything is concerned
  add_switched_off(isa, options.uses);
  if (r.safe.holds == Answer::no) {
    EXPECT_NE(witness(isa, r), "") << "called not virtualizable, and nothing shows it: " << r.safe.because;
    tally.shown_by_programs += !parts(isa, options, std::min<uint64_t>(programs, 20)).empty();
    ++tally.not_virtualizable;
  } else {
    EXPECT_EQ(parts(isa, options, programs), "") << "called virtualizable";
    const bool removed = std::ranges::any_of(isa.rows(), [&](const RowInfo& row) { return row.off && isa.decode(row.pattern.match).op == illegal_op; });
    if (!removed && does_the_same(isa, classes) && tally.equal++ > 0) return;  // toy32 once more
    ++tally.virtualizable;
  }
  tally.interacting += mutant.operators.size() > 1;
}

TEST(Mutants, OfToy32GetNoWrongVerdict) {
  const uint64_t scale = test::scaled(100);  // 100 in CI: a sample; from 1000 on all of them
  const bool all = scale >= 1000;
  std::vector<Mutant> mutants = single_mutants();
  std::mt19937_64 random(test::first_seed());
  std::shuffle(mutants.begin(), mutants.end(), random);
  if (!all) mutants.resize(std::max<uint64_t>(1, scale / 8));
  std::vector<Mutant> meeting = interacting_mutants();
  if (!all) std::shuffle(meeting.begin(), meeting.end(), random), meeting.resize(std::max<uint64_t>(1, scale / 25));
  mutants.insert(mutants.end(), meeting.begin(), meeting.end());
  Tally tally;
  for (const Mutant& m : mutants) {
    judge(m, all ? 100 : 10, tally);
    if (HasFatalFailure()) return;
  }
  std::cout << mutants.size() << " mutants: " << tally.virtualizable << " virtualizable, " << tally.not_virtualizable << " not (random programs show "
            << tally.shown_by_programs << " of these), " << tally.equal << " like toy32 (counted once), " << tally.interacting << " of interacting changes\n";
  if (!all) return;
  EXPECT_GE(tally.virtualizable + tally.not_virtualizable, 100u);
  EXPECT_GE(tally.virtualizable, 30u);
  EXPECT_GE(tally.not_virtualizable, 30u);
  EXPECT_GE(tally.interacting, 10u);
}

}  // namespace
}  // namespace vmsim::check
#endif
