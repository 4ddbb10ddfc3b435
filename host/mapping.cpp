#include "host/mapping.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace vmsim::host {

namespace {
constexpr size_t guard = 4096;
}

Mapping::Mapping(size_t size) : size_(size) {
  void* whole = mmap(nullptr, size + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (whole == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<uint8_t*>(whole) + guard;
  if (size != 0 && mprotect(data_, size, PROT_READ | PROT_WRITE) != 0) {
    munmap(whole, size + 2 * guard);
    throw std::bad_alloc();
  }
}

void Mapping::clear(size_t offset, size_t count) {
  // Private anonymous pages read as zero after this.
  if (count != 0 && madvise(data_ + offset, count, MADV_DONTNEED) != 0) std::memset(data_ + offset, 0, count);
}

Mapping::~Mapping() { munmap(data_ - guard, size_ + 2 * guard); }

}  // namespace vmsim::host
