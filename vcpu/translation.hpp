// Translated blocks as a person looks at them. An engine that is given a place for them (JitOptions::shown) fills it and counts into it.
#pragma once

#include <cstdint>
#include <cstdio>
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

/// What an engine that translates has done so far.
struct TranslationCounts {
  uint64_t translated = 0, evicted = 0, invalidated = 0;  // blocks
  uint64_t guest_instructions = 0, bytes = 0;             // that were translated, and host code made of them
  uint64_t steps = 0;                                     // done by translated code
};

}  // namespace vmsim
