// How much of the host's memory this process takes.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace vmsim::test {

/// The address sanitizer holds what is freed for a while, and sees what leaks in a way of its own.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool keeps_freed_memory = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool keeps_freed_memory = true;
#else
inline constexpr bool keeps_freed_memory = false;
#endif
#else
inline constexpr bool keeps_freed_memory = false;
#endif

/// Bytes in memory now; a page that is mapped many times counts once (the kernel's Pss).
inline uint64_t resident_bytes() {
  std::ifstream in("/proc/self/smaps_rollup");
  for (std::string word; in >> word;) {
    uint64_t kilobytes = 0;
    if (word == "Pss:" && in >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace vmsim::test
