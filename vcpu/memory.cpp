#include "vcpu/memory.hpp"

#include <cassert>

#include "host/shared_pages.hpp"

namespace vmsim {

Memory::Memory(Physical base, uint32_t size) : shared_(std::make_shared<Shared>(size)), host_(shared_->mapping.data()), base_(base), size_(size) {
  assert(base.offset() == 0 && size % page_size == 0);
}

Memory Memory::slice(Physical at, uint32_t size, Physical base) const {
  assert(contains(at, size) && at.offset() == 0 && base.offset() == 0 && size % page_size == 0);
  return {shared_, host(at), base, size};
}

void Memory::clear(Physical at, uint32_t size) {
  assert(contains(at, size) && at.offset() == 0 && size % page_size == 0);
  about_to_write(at, size);
  shared_->mapping.clear(static_cast<size_t>(host(at) - shared_->mapping.data()), size);
}

bool Memory::show(Physical at, const host::SharedPages& pages) {
  const auto size = static_cast<uint32_t>(pages.size());
  assert(contains(at, size) && at.offset() == 0);
  about_to_write(at, size);
  return shared_->mapping.show(static_cast<size_t>(host(at) - shared_->mapping.data()), pages);
}

void Memory::mark_code(Physical at) {
  Page& p = page(at);
  if (p.code == nullptr) {
    p.code = std::make_unique<std::bitset<page_size / 4>>();
    ++shared_->marked;
  }
  p.code->set(at.offset() / 4);
}

bool Memory::decoded(Physical at, uint32_t count) const {
  for (uint32_t i = 0; i < count; ++i) {
    const Physical byte{at.at + i};
    const Page& p = page(byte);
    if (p.code != nullptr && p.code->test(byte.offset() / 4)) return true;
  }
  return false;
}

void Memory::about_to_write(Physical at, uint32_t count) {
  if (count == 0) return;
  const uint32_t last = at.at + (count - 1);
  for (uint32_t number = at.page(); number <= last >> 12; ++number) {
    Page& p = page(Physical{number << 12});
    if (p.code == nullptr) continue;
    const uint32_t from = number == at.page() ? at.offset() / 4 : 0;
    const uint32_t to = number == last >> 12 ? (last & 0xFFF) / 4 : page_size / 4 - 1;
    bool decoded = false;
    for (uint32_t word = from; word <= to && !decoded; ++word) decoded = p.code->test(word);
    if (!decoded) continue;
    p.code.reset();
    ++p.version;
    ++shared_->written;
  }
}

}  // namespace vmsim
