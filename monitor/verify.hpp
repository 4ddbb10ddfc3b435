// Equivalence, checked: the same guest on two computers in lock-step, record by record, with the console, and at the end the harts and
// the memories. The tests, the command line and the labs all compare runs through here.
#pragma once

#include <functional>

#include "machine/computer.hpp"

namespace vmsim {

struct VerifyOptions {
  uint64_t max_steps = ~uint64_t{0};
  uint64_t digest_every = 1'000'000;  // steps
  /// Gets a hash of all records so far at every multiple of `digest_every`, for comparison across hosts.
  std::function<void(uint64_t step, uint64_t hash)> digest = {};
};

/// One side of a difference. A run that has ended has no record there.
struct Side {
  std::optional<Record> record;
  Hart hart;  // where the lock-step stopped, at or after the step
};

struct Difference {
  uint64_t step = 0;
  std::string what;  // "the records differ", "the console differs", ...
  Side first, second;
  /// The fields that differ, by name with both values: "next_pc 80200010 80200014".
  std::vector<std::string> fields;
};

struct Verdict {
  std::optional<Difference> difference;
  uint64_t steps = 0, traps = 0, interrupts = 0;
  Stopped why = Stopped::budget;
};

/// One computer of the two, booted, and what it has written to its console.
struct Contestant {
  Computer& computer;
  const std::string& console;
};

/// Runs both to the end, the limit, or the first difference.
Verdict verify(Contestant first, Contestant second, const VerifyOptions& options);

}  // namespace vmsim
