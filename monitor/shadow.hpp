// Shadow page tables: what the real MMU walks while the guest's own tables stay the guest's. Entries are filled when the real
// hart faults for want of one, and never allow more than the guest's tables allow in its virtual mode. Guest kernel and guest user
// both run in real user mode, so a root belongs to one (satp, mode, SUM, MXR) of the virtual hart and outlives a switch to another.
// Invariant: an entry points into the guest's slice, whatever the guest's tables say. ARCHITECTURE.md argues why fences keep it coherent.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "machine/platform.hpp"
#include "monitor/slice.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim {

class Shadow {
 public:
  enum class Outcome : uint8_t {
    filled,        // an entry was added: the instruction can run again
    fault,         // the guest's own tables forbid it: a true guest fault
    outside,       // it maps to something that is not the guest's memory: a device, or nothing
    out_of_reach,  // the guest's memory, but the real MMU cannot be made to show it there: interpret
  };
  /// What a filled entry maps, of what.
  enum class Extent : uint8_t {
    page,       // 4 KiB
    superpage,  // 4 MiB, as in the guest's table
    piece,      // 4 KiB of the guest's 4 MiB, which cannot be shown whole
  };
  struct Fill {
    Outcome outcome = Outcome::fault;
    uint32_t cause = 0;  // of the fault
    GuestPhysical guest;
    RealPhysical real;  // of the filled page
    Extent extent = Extent::page;
    uint32_t evicted = 0;  // roots that had to go for it
  };

  /// `pool` is where tables are made: `pages` pages of real memory, at least 2.
  Shadow(Platform& real, Bus& guest, const Slice& slice, RealPhysical pool, uint32_t pages);

  /// Sets the real hart's translation registers for the virtual hart as it stands.
  void apply(const Hart& virtual_hart, Hart& real_hart);
  /// Answers a real page fault on `address`.
  Fill fill(Hart& virtual_hart, Virtual address, Access access);
  /// The guest's sfence.vma.
  void fence(const Fence& fence);
  /// Where the real hart would find `address` for such an access, made by the virtual hart as it stands. False where it would fault.
  [[nodiscard]] bool shows(const Hart& virtual_hart, Virtual address, Access access, RealPhysical& at);
  [[nodiscard]] Memory& real_memory() { return memory_; }
  [[nodiscard]] const Slice& slice() const { return slice_; }
  /// The word at an address of the guest's memory.
  [[nodiscard]] uint32_t guest_word(GuestPhysical at) const { return guest_.memory().read(Physical{at.at}, Width::word); }

 private:
  struct Root {
    std::optional<uint32_t> space;  // the guest's ASID; none while it does not translate
    uint32_t satp = 0;              // the real one
    uint64_t generation = 0, used = 0;
    std::vector<RealPhysical> tables;  // all of its pages; the first is what satp points to
  };
  using Roots = std::unordered_map<uint64_t, Root>;

  /// The root of this key, which is used now; null where there is none.
  Root* find(uint64_t key);
  /// The root of this key, made where there is none.
  Root& root(uint64_t key, const Hart& virtual_hart);
  /// A zeroed page for a table of `root`; there is one.
  RealPhysical new_table(Root& root);
  /// Gives up roots until `count` pages are free, the longest unused first. Returns how many.
  uint32_t make_room(uint32_t count);
  void give_up(Roots::iterator it);
  /// Gives up everything, without touching it.
  void give_up_all();
  void fence_address(Root& root, Virtual address);
  [[nodiscard]] uint32_t free_pages() const { return pages_ - taken_ + static_cast<uint32_t>(free_.size()); }
  void set(RealPhysical entry, uint32_t value);
  [[nodiscard]] uint32_t get(RealPhysical entry) const;
  void clear(RealPhysical table);
  /// R, W and X bits that the guest's tables grant for `address`; `known` is one that they do.
  uint32_t permissions(Hart& virtual_hart, Virtual address, Access known);
  uint32_t index_of(RealPhysical table) const { return (table.at - pool_.at) / page_size; }

  Platform& real_;
  const Isa& isa_;
  Memory& memory_;  // the real one
  Bus& guest_;
  Mmu guest_mmu_;  // the generic walk over the guest's tables
  Slice slice_;
  RealPhysical pool_;
  uint32_t pages_;
  uint32_t taken_ = 0;              // pages from the pool's start that have been in use in this generation ...
  std::vector<RealPhysical> free_;  // ... and of them, those that came back
  std::vector<bool> holds_pieces_;  // per table: it holds 4 KiB pieces of a guest superpage
  Roots roots_;                     // those of an older generation are gone
  uint64_t generation_ = 1, clock_ = 0;
  uint32_t next_space_ = 0;  // the real ASID of the root made last
  /// A root found lately. A guest goes to and fro between a few: its kernel's and its user's.
  struct Recent {
    uint64_t key = 0;
    Root* root = nullptr;
  };
  std::array<Recent, 4> recent_{};  // of this generation, by the low bits of their keys, which tell the modes apart
};

}  // namespace vmsim
