// Pages of the host that many mappings show at once: each mapping has a private copy of a page as soon as that is written to, and what is never
// written to is in memory once. The host's own copy-on-write does it, so reading and writing cost nothing more than in any other mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace vmsim::host {

class SharedPages {
 public:
  /// Holds these bytes, a multiple of 4096 and not none; null where the host cannot.
  static std::shared_ptr<const SharedPages> make(std::span<const uint8_t> bytes);
  ~SharedPages();
  SharedPages(const SharedPages&) = delete;
  SharedPages& operator=(const SharedPages&) = delete;

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] int file() const { return file_; }

 private:
  SharedPages(int file, size_t size) : file_(file), size_(size) {}
  int file_;
  size_t size_;
};

}  // namespace vmsim::host
