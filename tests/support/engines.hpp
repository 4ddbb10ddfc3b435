// Every engine, each with its optimisations on and off: what a guest must not be able to tell apart.
#pragma once

#include <array>

#include "vcpu/engine.hpp"

namespace vmsim::test {

struct NamedEngine {
  const char* name;
  EngineOptions options;
};

inline constexpr std::array<NamedEngine, 3> every_engine{{
    {"interpreter", {}},
    {"interpreter without a block cache", {.block_cache = false}},
    {"interpreter without a translation cache", {.translation_cache = false}},
}};

}  // namespace vmsim::test
