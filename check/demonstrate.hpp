// Verdicts shown by running them: for every class that breaks direct execution or Theorem 1 a guest (guest.hpp), run on the bare machine and under each
// technique in lock-step. What the checker says and what the runs show are found independently; disagreements are bugs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "check/decide.hpp"

namespace vmsim::check {

/// How a guest ran under one technique, against the bare machine.
struct TechniqueRun {
  std::string technique;
  bool agrees = false;
  std::string console;
  uint64_t step = 0;                // where they part
  std::string what;                 // "the records differ"
  std::string bare, here;           // the two records' instructions
  std::vector<std::string> fields;  // "x5 00000000 00000002"
};

struct Demonstration {
  enum class Shows : uint8_t {
    unsafe,       // direct execution differs from the bare machine
    sensitive,    // Theorem 1 fails, and direct execution does not differ: the theorem is sufficient, not necessary
    irreversible  // a trap to the monitor and back is seen
  };
  Shows shows = Shows::unsafe;
  std::string encoding;            // the class, "csrrs sstatus (reads)"
  std::string question;            // "traps or commutes (virtual kernel)"
  Mode mode = Mode::kernel;        // in which the (first) state is
  std::string file, source;        // file is a name without a folder; empty where no guest was found
  std::string instruction;         // disassembled
  std::string why_none;            // and then why
  std::string bare;                // its console on the bare machine
  std::vector<TechniqueRun> runs;  // trap, hybrid, emulate

  [[nodiscard]] const TechniqueRun* under(const std::string& technique) const;
};

/// All that `report` of `isa` calls for. Needs Z3, for witnesses that a guest can build.
std::vector<Demonstration> demonstrate(const Isa& isa, const Report& report, const Options& options);

/// The techniques under which every one of them runs as on the bare machine. Of no guests, none.
std::vector<std::string> rescues(const std::vector<Demonstration>& all);

/// What contradicts the report: an unsafe class none of whose guests' runs under `trap` differ, a safe one whose do, a hybrid monitor that should have helped.
std::vector<std::string> contradictions(const std::vector<Demonstration>& all);

}  // namespace vmsim::check
