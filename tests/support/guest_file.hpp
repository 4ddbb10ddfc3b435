// Files that the build makes of guests.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace vmsim::test {

/// All bytes of the build's `guests/NAME`; none where it is not there.
inline std::vector<uint8_t> bytes_of(const std::string& name) {
  std::ifstream in(VMSIM_BINARY_DIR "/guests/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace vmsim::test
