// Shadow page tables: what the real MMU walks while the guest's own tables stay the guest's. Entries are filled when the real
// hart faults for want of one, and never allow more than the guest's tables allow in its virtual mode. Guest kernel and guest user
// both run in real user mode, so a root belongs to one (satp, mode, SUM, MXR) of the virtual hart.
// Invariant: an entry points into the guest's slice, whatever the guest's tables say.
#pragma once

#include <vector>

#include "machine/platform.hpp"
#include "monitor/slice.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim {

class Shadow {
 public:
  enum class Outcome : uint8_t {
    filled,   // an entry was added: the instruction can run again
    fault,    // the guest's own tables forbid it: a true guest fault
    outside,  // it maps to something that is not the guest's memory: a device, or nothing
  };
  struct Fill {
    Outcome outcome = Outcome::fault;
    uint32_t cause = 0;  // of the fault
    GuestPhysical guest;
    RealPhysical real;  // of the filled page
  };

  /// `pool` is where tables are made: `pages` pages of real memory.
  Shadow(Platform& real, Bus& guest, const Slice& slice, RealPhysical pool, uint32_t pages);

  /// The real satp under which the virtual hart, as it stands, runs.
  uint32_t root(const Hart& virtual_hart);
  /// Answers a real page fault on `address`.
  Fill fill(Hart& virtual_hart, Virtual address, Access access);
  /// The guest fenced `address`, or everything.
  void flush(std::optional<Virtual> address);

 private:
  struct Root {
    uint64_t key = 0;
    RealPhysical table;
  };

  RealPhysical new_table();
  void reset();
  void set(RealPhysical entry, uint32_t value);
  [[nodiscard]] uint32_t get(RealPhysical entry) const;
  /// R, W and X bits that the guest's tables grant for `address`.
  uint32_t permissions(Hart& virtual_hart, Virtual address);
  uint32_t index_of(RealPhysical table) const { return (table.at - pool_.at) / page_size; }

  Platform& real_;
  Mmu guest_mmu_;  // the generic walk over the guest's tables
  Slice slice_;
  RealPhysical pool_;
  uint32_t pages_, used_ = 0;
  std::vector<Root> roots_;
  std::vector<bool> holds_pieces_;  // per table: it holds 4 KiB pieces of a guest superpage
  uint64_t current_key_ = 0;
  uint32_t current_satp_ = 0;  // of current_key_; 0 is none
};

}  // namespace vmsim
