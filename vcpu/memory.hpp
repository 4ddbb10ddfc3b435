// Main memory as one physical space sees it: a window on host bytes. A slice is a window on part of another one, at another
// address; all windows on the same bytes share what is known about pages, so that a store through any of them is seen by
// every engine that has decoded code there.
#pragma once

#include <bitset>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "host/mapping.hpp"
#include "isa/machine.hpp"
#include "vcpu/address.hpp"

namespace vmsim {

class Memory {
 public:
  /// `size` bytes of zeros from `base`; both multiples of 4096. Throws std::bad_alloc.
  Memory(Physical base, uint32_t size);

  /// A window on `size` bytes from `at`, which appear from `base` on; all multiples of 4096 and inside this memory.
  [[nodiscard]] Memory slice(Physical at, uint32_t size, Physical base) const;

  [[nodiscard]] Physical base() const { return base_; }
  [[nodiscard]] uint32_t size() const { return size_; }
  /// True where all `count` bytes from `at` lie in this memory.
  [[nodiscard]] bool contains(Physical at, uint32_t count) const {
    const uint32_t offset = at.at - base_.at;
    return offset < size_ && count <= size_ - offset;
  }
  [[nodiscard]] std::span<uint8_t> bytes() const { return {host_, size_}; }

  /// The address of a host byte of this memory.
  [[nodiscard]] Physical address_of(const uint8_t* byte) const { return Physical{base_.at + static_cast<uint32_t>(byte - host_)}; }

  /// The host byte behind `at`, which must be contained. Writing there directly needs `about_to_write` first.
  [[nodiscard]] uint8_t* host(Physical at) const { return host_ + (at.at - base_.at); }

  /// Little-endian, zero-extended; the bytes must be contained.
  [[nodiscard]] uint32_t read(Physical at, Width width) const {
    uint32_t value = 0;
    std::memcpy(&value, host(at), static_cast<size_t>(width));
    return value;
  }
  void write(Physical at, uint32_t value, Width width) {
    about_to_write(at, static_cast<uint32_t>(width));
    std::memcpy(host(at), &value, static_cast<size_t>(width));
  }
  void write(Physical at, std::span<const uint8_t> data) {
    if (data.empty()) return;
    about_to_write(at, static_cast<uint32_t>(data.size()));
    std::memcpy(host(at), data.data(), data.size());
  }

  /// Makes `size` bytes from `at`, whole pages, zero and gives what the host had for them back to it.
  void clear(Physical at, uint32_t size);
  /// Has these pages from `at` on, the start of a page, and shares them with others until they are written to. False, and nothing has changed,
  /// where the host cannot.
  bool show(Physical at, const host::SharedPages& pages);

  /// Engines: the word at `at` has been decoded.
  void mark_code(Physical at);
  /// True where any word of the page has been decoded; a store there must come through `about_to_write`.
  [[nodiscard]] bool holds_code(Physical at) const { return page(at).code != nullptr; }
  /// Changes when a decoded word of the page is written to, through whatever window.
  [[nodiscard]] uint32_t code_version(Physical at) const { return page(at).version; }
  /// Grows with every change of any page's code version.
  [[nodiscard]] uint64_t code_epoch() const { return shared_->written; }
  /// Grows with every page that begins to hold code: a cached right to write may now be stale.
  [[nodiscard]] uint64_t mark_epoch() const { return shared_->marked; }
  /// True where any of `count` bytes from `at` belongs to a decoded word.
  [[nodiscard]] bool decoded(Physical at, uint32_t count) const;
  /// Says that `count` bytes from `at` change by other means than `write`.
  void about_to_write(Physical at, uint32_t count);

 private:
  struct Page {
    uint32_t version = 0;
    std::unique_ptr<std::bitset<page_size / 4>> code;  // the decoded words
  };
  struct Shared {
    explicit Shared(uint32_t size) : mapping(size), pages(size / page_size) {}
    host::Mapping mapping;
    std::vector<Page> pages;
    uint64_t written = 0, marked = 0;
  };

  Memory(std::shared_ptr<Shared> shared, uint8_t* host, Physical base, uint32_t size) : shared_(std::move(shared)), host_(host), base_(base), size_(size) {}
  [[nodiscard]] Page& page(Physical at) const { return shared_->pages[static_cast<size_t>(host(at) - shared_->mapping.data()) / page_size]; }

  std::shared_ptr<Shared> shared_;
  uint8_t* host_;
  Physical base_;
  uint32_t size_;
};

}  // namespace vmsim
