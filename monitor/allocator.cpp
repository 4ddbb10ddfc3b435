#include "monitor/allocator.hpp"

namespace vmsim {

Memory Grant::memory() const { return allocator_->real_.memory().slice(Physical{slice_.real.at}, slice_.size, Physical{slice_.guest.at}); }

Grant::~Grant() {
  if (allocator_ == nullptr) return;
  // The real hart may remember the guest's address spaces; another guest's may come to lie at the same pages.
  allocator_->real_.flush(std::nullopt);
  allocator_->put_back(slice_.real, slice_.size);
  allocator_->put_back(pool_, pool_pages_ * page_size);
}

Result<Grant> Allocator::grant(GuestPhysical base, uint32_t ram, uint32_t pool_pages) {
  constexpr uint32_t superpage = 4u << 20;  // so that the shadow can use some
  if (ram == 0 || ram % page_size != 0 || base.offset() != 0) return fail("a guest's memory is whole pages", {}, "give it a multiple of 4096 bytes");
  const uint32_t pool_size = pool_pages * page_size;
  const auto pool = take(pool_size, page_size);
  const auto memory = pool ? take(ram, ram < superpage ? page_size : superpage) : std::nullopt;
  if (!memory) {
    if (pool) put_back(*pool, pool_size);
    return fail("the machine has no room for a guest of this size", {}, "give the guest less --memory");
  }
  return Grant(*this, {*memory, base, ram}, *pool, pool_pages);
}

std::optional<RealPhysical> Allocator::take(uint32_t size, uint32_t alignment) {
  if (size == 0) return RealPhysical{};
  for (auto& [first, length] : free_) {
    const uint64_t at = (uint64_t{first} + alignment - 1) / alignment * alignment, end = uint64_t{first} + length;
    if (at + size > end) continue;
    if (at + size != end) free_.emplace(static_cast<uint32_t>(at + size), static_cast<uint32_t>(end - at - size));
    if (at == first) free_.erase(first);
    else length = static_cast<uint32_t>(at - first);
    return RealPhysical{static_cast<uint32_t>(at)};
  }
  const auto next = real_.take(0, page_size);
  const auto fresh = real_.take(size, alignment);
  if (!fresh) return std::nullopt;
  if (next && next->at != fresh->at) keep(next->at, fresh->at - next->at);
  return RealPhysical{fresh->at};
}

void Allocator::put_back(RealPhysical at, uint32_t size) {
  if (size == 0) return;
  real_.memory().clear(Physical{at.at}, size);
  keep(at.at, size);
}

void Allocator::keep(uint32_t first, uint32_t size) {
  auto [here, added] = free_.emplace(first, size);
  if (const auto next = std::next(here); next != free_.end() && here->first + here->second == next->first) {
    here->second += next->second;
    free_.erase(next);
  }
  if (here == free_.begin()) return;
  if (const auto before = std::prev(here); before->first + before->second == here->first) {
    before->second += here->second;
    free_.erase(here);
  }
}

uint64_t Allocator::returned() const {
  uint64_t sum = 0;
  for (const auto& [first, length] : free_) sum += length;
  return sum;
}

}  // namespace vmsim
