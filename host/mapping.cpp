#include "host/mapping.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

#include "host/shared_pages.hpp"

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
  if (count == 0) return;
  // Private anonymous pages read as zero after this. Pages shown from elsewhere would only lose their changes: they are replaced.
  const bool gone = shows_ ? mmap(data_ + offset, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED
                           : madvise(data_ + offset, count, MADV_DONTNEED) == 0;
  if (!gone) std::memset(data_ + offset, 0, count);
}

bool Mapping::show(size_t offset, const SharedPages& pages) {
  void* at = mmap(data_ + offset, pages.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, pages.file(), 0);
  shows_ = shows_ || at != MAP_FAILED;
  return at != MAP_FAILED;
}

Mapping::~Mapping() { munmap(data_ - guard, size_ + 2 * guard); }

}  // namespace vmsim::host
