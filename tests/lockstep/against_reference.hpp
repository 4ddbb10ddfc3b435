// A machine and the reference interpreter, side by side: every record is compared with the reference's own step as soon as it is made.
#pragma once

#include <string>

#include "lockstep/program.hpp"
#include "machine/computer.hpp"
#include "reference/reference.hpp"

namespace vmsim::lockstep {

struct Comparison {
  std::string difference;     // where they part, and both states; empty where they do not
  uint64_t steps = 0;         // that were compared
  const char* cut = nullptr;  // why they were not compared to the end, where that is so
};

/// Runs `program` on the bare machine, made for toy32. `input` is on the console from the start.
Comparison compare_with_reference(const Program& program, EngineOptions engine = {}, const std::string& input = "");

}  // namespace vmsim::lockstep
