// Deciding an instruction set. Without Z3 only the classes are known.
#pragma once

#include <functional>
#include <vector>

#include "check/verdict.hpp"

namespace vmsim::check {

std::vector<EncodingClass> encoding_classes(const Isa& isa);
/// Whether a class means the same in both: its row, its user rule, its register's rule, the MMU and what the registers can hold. What a trap loses
/// decides no class.
bool same_meaning(const Isa& a, const Isa& b, const EncodingClass& c, const EncodingClass& d);

struct Options {
  unsigned query_effort = 20'000'000;  // Z3's resource units for one question: a few seconds' worth, and the same on every machine. Then it is unknown
  unsigned query_milliseconds = 0;     // the same by the clock, which makes a verdict depend on the machine; 0 is no such limit
  uint64_t trials = 200;               // random states per question, the second engine; five times as many that are made of few words
  uint64_t seed = 1;
  unsigned threads = 2;
  std::vector<Query> queries = {};   // what to ask; empty is everything, and what is not asked stays unknown
  const Isa* earlier_isa = nullptr;  // an instruction set decided before, and its report: what nothing decides anew is taken from there
  const Report* earlier = nullptr;
  std::function<void(size_t done, size_t all, const std::string& what)> progress = {};
};

/// Needs Z3 (VMSIM_HAVE_Z3).
Report decide(const Isa& isa, const Options& options);
/// A witness to what `query` answered of `c` that a guest on the stage (check/stage.hpp) can build; nothing where none was found.
std::optional<Witness> staged(const Isa& isa, const EncodingClass& c, Query query, uint32_t real_offset, const Options& options);

/// What the second engine saw of a question: in how many of the states that it tried the formula holds. Where the proof says that no state shows it, none may.
struct Trials {
  uint64_t tried = 0, shown = 0;
  bool exhausted = false;  // there are no more states, at the reduced width
};
Trials random_trials(const Isa& isa, const EncodingClass& c, Query query, uint64_t count, uint64_t seed);
/// Every state made of few words (docs/popek-goldberg.md says of which), as far as the question looks at it; at most so many.
Trials exhaustive_trials(const Isa& isa, const EncodingClass& c, Query query, uint64_t most);

/// Theorems, from the classes' findings and the rest of the report.
void conclude(const Isa& isa, Report& report);

}  // namespace vmsim::check
