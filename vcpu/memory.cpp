#include "vcpu/memory.hpp"

#include <cassert>

namespace vmsim {

Memory::Memory(Physical base, uint32_t size)
    : shared_(std::make_shared<Shared>(size)), host_(shared_->mapping.data()), base_(base), size_(size) {
  assert(base.offset() == 0 && size % page_size == 0);
}

Memory Memory::slice(Physical at, uint32_t size, Physical base) const {
  assert(contains(at, size) && at.offset() == 0 && base.offset() == 0 && size % page_size == 0);
  return {shared_, host(at), base, size};
}

uint32_t Memory::mark_code(Physical at) {
  Page& p = page(at);
  if (!p.holds_code) {
    p.holds_code = true;
    ++shared_->marked;
  }
  return p.version;
}

void Memory::about_to_write(Physical at, uint32_t count) {
  if (count == 0) return;
  const uint32_t last = at.at + (count - 1);
  for (uint32_t number = at.page(); number <= last >> 12; ++number) {
    Page& p = page(Physical{number << 12});
    if (!p.holds_code) continue;
    p.holds_code = false;
    ++p.version;
    ++shared_->written;
  }
}

}  // namespace vmsim
