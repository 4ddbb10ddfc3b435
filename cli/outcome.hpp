// How a run ended, as an exit code, a line for a person, or JSON for a program.
#pragma once

#include <string>

#include "isa/error.hpp"
#include "machine/computer.hpp"

namespace vmsim::cli {

struct Outcome {
  Stopped why = Stopped::budget;
  bool escaped = false;        // from the keyboard
  const char* over = nullptr;  // a limit of the host's: "trace", "wall time"
};

/// Says it and gives the process's exit code (docs/exit-codes.md).
int tell(const Outcome& outcome, Computer& computer, const std::string& image, const std::string& technique, bool json);
/// The same for a run that could not be, or whose output was lost.
int tell(const Error& error, bool json);

}  // namespace vmsim::cli
