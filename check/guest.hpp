// A witness as a program: assembly that builds its states one after the other on the stage (stage.hpp), runs the instruction in each, and prints
// what it saw afterwards. Plain text, without Z3: any witness that fits the stage can be written.
#pragma once

#include <string>
#include <vector>

#include "check/verdict.hpp"

namespace vmsim::check {

struct GuestSource {
  std::string title;                 // "popf: control-sensitive (kernel)"
  std::vector<std::string> remarks;  // for the reader of the source, one line each
  uint32_t word = 0;
  std::vector<WitnessState> states;
  bool watches_translation = false;  // the instruction flushes, or does not: look at a page whose entry has changed
};

std::string write_guest(const Isa& isa, const GuestSource& source);

}  // namespace vmsim::check
