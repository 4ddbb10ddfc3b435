// Translated blocks as a person looks at them. An engine that is given a place for them (JitOptions::shown) fills it and counts into it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "isa/machine.hpp"

namespace vmsim {

struct Translation {
  uint32_t pc = 0;
  Mode mode = Mode::kernel;
  std::string text;   // guest code, IR after each pass that changed it, host code
  uint64_t runs = 0;  // executions so far
};

/// Where translations are kept: those that read the instruction at `only`, or all.
struct Translations {
  std::optional<uint32_t> only;
  std::deque<Translation> blocks;  // in the order of their making; the engine holds addresses of them
};

}  // namespace vmsim
