#include "host/large_pages.hpp"

#include <sys/mman.h>

namespace vmsim::host {

void use_large_pages(std::span<uint8_t> bytes) { (void)madvise(bytes.data(), bytes.size(), MADV_HUGEPAGE); }

}  // namespace vmsim::host
