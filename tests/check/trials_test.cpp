// The two engines must agree: where the proof says that no state shows something, no trial does, at random or among all states made of few words; and most of
// what the proof shows is found among those as well, so the trials do look.
#include <gtest/gtest.h>

#include "check/decided.hpp"
#include "support/scale.hpp"

namespace vmsim::check {
namespace {

#ifdef VMSIM_HAVE_Z3

/// Questions of which the proof says that no state shows what they look for.
std::vector<Query> refuted(const ClassVerdict& v) {
  std::vector<Query> all;
  for (size_t i = 0; i < query_count; ++i)
    if (const auto q = static_cast<Query>(i); (v[q].answer == Answer::yes) != is_existential(q)) all.push_back(q);
  return all;
}

/// Classes that are decided for this variant, and not for toy32.
std::vector<const ClassVerdict*> own_classes(const Isa& isa, const Report& r) {
  std::vector<const ClassVerdict*> all;
  for (const ClassVerdict& v : r.classes)
    if (r.variant == "toy32" || is_own(isa, v.encoding)) all.push_back(&v);
  return all;
}

/// `count` random trials of each class, shared among its questions; of a variant's own classes a tenth.
TEST(Trials, AtRandomShowNothingThatTheProofRefutes) {
  const uint64_t count = test::scaled(1000);
  uint64_t classes = 0, trials = 0;
  auto look = [&](const Isa& isa, const Report& r, uint64_t most) {
    for (const ClassVerdict* v : own_classes(isa, r)) {
      const std::vector<Query> questions = refuted(*v);
      ++classes;
      for (const Query q : questions) {
        const Trials t = random_trials(isa, v->encoding, q, most / questions.size() + 1, 7);
        EXPECT_EQ(t.shown, 0u) << r.variant << ": " << v->encoding.name << ": " << name(q);
        trials += t.tried;
      }
    }
  };
  look(Isa::toy32(), toy32(), count);
  if (count >= 10'000)
    for (const std::string& name : catalogue()) look(*decided(name).variant.isa, decided(name).report, count / 10);
  std::cout << classes << " classes, " << count << " random trials of each of toy32's, " << trials << " in all\n";
}

/// Every state of few words, of a sample of the classes; with VMSIM_SCALE of all, of every variant too.
TEST(Trials, OneAfterTheOtherShowNothingThatTheProofRefutes) {
  const uint64_t most = test::scaled(2000);
  const bool all = most >= 100'000;
  uint64_t classes = 0, questions = 0, exhausted = 0, trials = 0;
  auto look = [&](const Isa& isa, const Report& r, size_t stride) {
    const auto own = own_classes(isa, r);
    for (size_t i = 0; i < own.size(); i += stride) {
      ++classes;
      for (const Query q : refuted(*own[i])) {
        const Trials t = exhaustive_trials(isa, own[i]->encoding, q, most);
        EXPECT_EQ(t.shown, 0u) << r.variant << ": " << own[i]->encoding.name << ": " << name(q);
        ++questions, exhausted += t.exhausted, trials += t.tried;
      }
    }
  };
  look(Isa::toy32(), toy32(), all ? 1 : 7);
  if (all)
    for (const std::string& name : catalogue()) look(*decided(name).variant.isa, decided(name).report, 1);
  EXPECT_GE(exhausted * 10, questions * 3);
  std::cout << classes << " classes, " << questions << " questions, " << exhausted << " exhausted at reduced width, " << trials << " states\n";
}

TEST(Trials, FindWhatTheProofFindsWhereFewWordsShowIt) {
  uint64_t shown = 0, found = 0;
  std::string missed;
  std::vector<std::string> names{"arm-cps", "backdoor", "m68000-sr", "mode-bit", "open-clock", "pdp10-jrst1", "s360-lra", "x86-popf", "x86-sidt"};
  if (test::samples_only()) names.resize(1);
  for (const std::string& name : names) {
    const auto& [v, r] = decided(name);
    for (const ClassVerdict& c : r.classes) {
      if (c.encoding.csr || c.always_traps() || (name != "arm-cps" && !is_own(*v.isa, c.encoding))) continue;
      for (size_t i = 0; i < query_count; ++i) {
        const auto q = static_cast<Query>(i);
        if ((c[q].answer == Answer::yes) != is_existential(q)) continue;
        const bool seen = exhaustive_trials(*v.isa, c.encoding, q, 20'000).shown != 0;
        ++shown, found += seen;
        if (!seen) missed += r.variant + ": " + c.encoding.name + ": " + vmsim::check::name(q) + "\n";
      }
    }
  }
  std::cout << found << " of " << shown << " are found by trials too; not:\n" << missed;
  EXPECT_GE(found * 10, shown * 9) << missed;
}

#endif

}  // namespace
}  // namespace vmsim::check
