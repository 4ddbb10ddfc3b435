// How fast the jit translates: the code of all workloads, block by block, as it stands in their images. Nothing is run.
#pragma once

#include <cstdint>

namespace vmsim::bench {

struct TranslationRate {
  double seconds = 0;
  uint64_t blocks = 0, guest_instructions = 0, host_bytes = 0;
};
TranslationRate translation_rate();

}  // namespace vmsim::bench
