// The third part of the monitor (Popek and Goldberg 1974, section 3): the only code that hands out a resource. Memory comes from the platform below
// as slices and as pages for shadow tables, devices reach it through the Dma that is handed out with it, and time is a deadline.
// Invariant: no byte belongs to two grants, and what a grant holds is zero when it is handed out.
#pragma once

#include <map>

#include "isa/error.hpp"
#include "machine/dma.hpp"
#include "machine/platform.hpp"
#include "monitor/slice.hpp"

namespace vmsim {

class Allocator;

/// What one guest has been given. It goes back when this ends.
class Grant {
 public:
  Grant(Grant&& other) noexcept
      : allocator_(std::exchange(other.allocator_, nullptr)), slice_(other.slice_), pool_(other.pool_), pool_pages_(other.pool_pages_) {}
  Grant& operator=(Grant&&) = delete;
  ~Grant();

  /// The guest's main memory.
  [[nodiscard]] const Slice& slice() const { return slice_; }
  /// Pages for the guest's shadow tables.
  [[nodiscard]] RealPhysical pool() const { return pool_; }
  [[nodiscard]] uint32_t pool_pages() const { return pool_pages_; }
  /// The slice as a memory of its own: all that the guest's hart can name.
  [[nodiscard]] Memory memory() const;
  /// The guest's devices' way to the slice, and to nothing else.
  [[nodiscard]] Dma dma() const { return Dma(memory()); }
  /// The guest stops before this step of its own.
  [[nodiscard]] uint64_t deadline() const { return deadline_; }
  void set_deadline(uint64_t step) { deadline_ = step; }

 private:
  friend class Allocator;
  Grant(Allocator& allocator, const Slice& slice, RealPhysical pool, uint32_t pool_pages)
      : allocator_(&allocator), slice_(slice), pool_(pool), pool_pages_(pool_pages) {}

  Allocator* allocator_;
  Slice slice_;
  RealPhysical pool_;
  uint32_t pool_pages_;
  uint64_t deadline_ = ~uint64_t{0};
};

class Allocator {
 public:
  /// Hands out what `real` has left to give. Outlives every grant.
  explicit Allocator(Platform& real) : real_(real) {}
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// `ram` bytes that a guest sees from `base` on, a multiple of 4096, and pages for its shadow tables; an error where there is no room.
  Result<Grant> grant(GuestPhysical base, uint32_t ram, uint32_t pool_pages);

  [[nodiscard]] Platform& real() { return real_; }
  /// Bytes that came back, or were left between two guests', and wait for the next guest.
  [[nodiscard]] uint64_t returned() const;

 private:
  friend class Grant;
  std::optional<RealPhysical> take(uint32_t size, uint32_t alignment);
  /// Zeroes and keeps for the next one.
  void put_back(RealPhysical at, uint32_t size);
  void keep(uint32_t first, uint32_t size);

  Platform& real_;
  std::map<uint32_t, uint32_t> free_;  // first byte → size of what waits; neighbours are one
};

}  // namespace vmsim
