// How much a random test does: VMSIM_SCALE multiplies it, so that one test serves CI and `make soak`.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace vmsim::test {

inline uint64_t scaled(uint64_t count) {
  const char* scale = std::getenv("VMSIM_SCALE");
  const double factor = scale != nullptr ? std::atof(scale) : 1;
  const auto n = static_cast<uint64_t>(static_cast<double>(count) * factor);
  return n == 0 ? 1 : n;
}

/// Whether this run is to take samples only (VMSIM_SCALE below 1: under sanitizers, where everything takes ten times as long).
inline bool samples_only() { return scaled(100) < 100; }

/// The first seed: VMSIM_SEED, or 1.
inline uint64_t first_seed() {
  const char* seed = std::getenv("VMSIM_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 0) : 1;
}

}  // namespace vmsim::test
