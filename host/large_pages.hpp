// The host's own larger pages. Memory in them is many times faster to give back, and takes no less than one of them at a time.
#pragma once

#include <cstdint>
#include <span>

namespace vmsim::host {

/// These bytes, a mapping's, will be used all over. A wish: where the host has no larger pages nothing changes.
void use_large_pages(std::span<uint8_t> bytes);

}  // namespace vmsim::host
