// Makes a failing random program readable.
#pragma once

#include "lockstep/program.hpp"

namespace vmsim::lockstep {

/// Blanks every item that the difference does not need.
Program shrink(Program program, auto still_differs) {
  for (size_t i = program.items.size(); i-- > 0;) {
    if (program.items[i].needed) continue;
    Program smaller = program;
    smaller.items[i].make_blank();
    if (still_differs(smaller)) program = std::move(smaller);
  }
  return program;
}

}  // namespace vmsim::lockstep
