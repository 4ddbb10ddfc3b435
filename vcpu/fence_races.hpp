// Finds runs that depend on stale translations: a valid page-table entry changed, and was used again before an sfence.vma that
// covers it. Hardware may then use the old entry or the new one, so two correct machines may part (privileged specification 1.12, section 4.2.1).
#pragma once

#include <optional>
#include <unordered_map>

#include "isa/page_walk.hpp"
#include "vcpu/fence.hpp"
#include "vcpu/hart.hpp"

namespace vmsim {

class FenceRaces {
 public:
  struct Leaf {
    uint32_t entry = 0;  // 0 where there is none that is valid
    bool wide = false;   // it maps 4 MiB
  };
  struct Race {
    uint64_t step = 0;
    uint32_t pc = 0;
    uint32_t address = 0;          // virtual
    uint32_t before = 0, now = 0;  // leaf entries; 0 where there is none
  };

  /// An access to `address` found `leaf`.
  void walked(const Hart& hart, Virtual address, Leaf leaf) {
    const uint64_t key = uint64_t{hart[Csr::satp]} << 20 | address.page();
    const auto it = seen_.find(key);
    if (it != seen_.end() && it->second.entry != leaf.entry && !first_) first_ = {hart.clock.steps, hart.pc, address.at, it->second.entry, leaf.entry};
    if (leaf.entry != 0) seen_[key] = leaf;
  }
  /// A fence of one space leaves global mappings; a fence of one address covers the leaf that maps it, and no other.
  void fenced(const Fence& fence) {
    if (!fence.address && !fence.space) return seen_.clear();
    std::erase_if(seen_, [&](const auto& item) {
      const auto& [key, leaf] = item;
      const auto satp = static_cast<uint32_t>(key >> 20), page = static_cast<uint32_t>(key & 0xFFFFF);
      if (fence.space && ((leaf.entry & pte::global) != 0 || (satp & satp::asid) >> satp::asid_shift != *fence.space)) return false;
      return !fence.address || (page ^ fence.address->page()) >> (leaf.wide ? 10 : 0) == 0;
    });
  }
  /// The first race so far.
  [[nodiscard]] const std::optional<Race>& first() const { return first_; }

 private:
  std::unordered_map<uint64_t, Leaf> seen_;  // (satp, page) → leaf, since the last fence that covers it
  std::optional<Race> first_;
};

}  // namespace vmsim
