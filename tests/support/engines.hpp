// Every engine, its caches on and off: what a guest must not be able to tell apart.
#pragma once

#include <vector>

#include "vcpu/engine.hpp"

namespace vmsim::test {

struct NamedEngine {
  const char* name;
  EngineOptions options;
};

inline std::vector<NamedEngine> every_engine() {
  std::vector<NamedEngine> engines{
      {"interpreter", {}},
      {"interpreter without a block cache", {.block_cache = false}},
      {"interpreter without a translation cache", {.translation_cache = false}},
  };
  if (has_jit()) engines.push_back({"jit", {.kind = EngineKind::jit, .jit = {.threshold = 0, .code_bytes = 256 << 10}}});
  return engines;
}

}  // namespace vmsim::test
