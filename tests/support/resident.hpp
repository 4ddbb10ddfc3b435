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

/// Bytes of the process's own in memory now, anonymous or shown from an anonymous file; a page that is mapped many times counts once (the
/// kernel's Pss). Pages of programs and libraries are left out: their share changes when another process that runs them comes or goes.
inline uint64_t resident_bytes() {
  std::ifstream in("/proc/self/smaps_rollup");
  uint64_t sum = 0;
  for (std::string word; in >> word;) {
    uint64_t kilobytes = 0;
    if ((word == "Pss_Anon:" || word == "Pss_Shmem:") && in >> kilobytes) sum += kilobytes * 1024;
  }
  return sum;
}

}  // namespace vmsim::test
