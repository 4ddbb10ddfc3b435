// Memory from the host: zeroed, reserved lazily, with an inaccessible page on either side, so that a stray host
// access faults at once and never lands in something else.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vmsim::host {

class SharedPages;

class Mapping {
 public:
  /// `size` in bytes, a multiple of 4096. Throws std::bad_alloc when the host has no room.
  explicit Mapping(size_t size);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  /// Makes `count` bytes at `offset` zero, both multiples of 4096, and gives their pages back to the host.
  void clear(size_t offset, size_t count);
  /// Shows these pages from `offset` on, a multiple of 4096, until they are written to or cleared. False, and nothing has changed, where the host cannot.
  bool show(size_t offset, const SharedPages& pages);
  [[nodiscard]] uint8_t* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  uint8_t* data_;
  size_t size_;
  bool shows_ = false;  // pages of others, which must be unmapped to be cleared
};

}  // namespace vmsim::host
