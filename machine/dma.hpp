// The only way a device reaches memory: what the allocator gave its guest, by guest-physical address, with every byte checked.
#pragma once

#include <functional>
#include <optional>

#include "vcpu/memory.hpp"

namespace vmsim {

class Dma {
 public:
  explicit Dma(Memory memory) : memory_(std::move(memory)) {}

  /// The same, and `wrote` hears of every write: address and bytes.
  using Wrote = std::function<void(Physical, uint32_t)>;
  [[nodiscard]] Dma watched(Wrote wrote) && {
    wrote_ = std::move(wrote);
    return std::move(*this);
  }

  /// True where all `count` bytes from `at` are the guest's. Addresses are 64 bits wide, as descriptors have them.
  [[nodiscard]] bool contains(uint64_t at, uint64_t count) const {
    return at <= ~0u && count <= memory_.size() && memory_.contains(Physical{static_cast<uint32_t>(at)}, static_cast<uint32_t>(count));
  }
  /// Copies from memory; false, and nothing is copied, where not all of it is the guest's.
  bool read(uint64_t at, std::span<uint8_t> to) const {
    if (!contains(at, to.size())) return false;
    if (!to.empty()) std::memcpy(to.data(), memory_.host(Physical{static_cast<uint32_t>(at)}), to.size());
    return true;
  }
  bool write(uint64_t at, std::span<const uint8_t> from) {
    if (!contains(at, from.size())) return false;
    const Physical address{static_cast<uint32_t>(at)};
    memory_.write(address, from);
    if (wrote_ && !from.empty()) wrote_(address, static_cast<uint32_t>(from.size()));
    return true;
  }
  /// A little-endian number of T's size.
  template <class T>
  [[nodiscard]] std::optional<T> get(uint64_t at) const {
    T value{};
    if (!read(at, {reinterpret_cast<uint8_t*>(&value), sizeof value})) return std::nullopt;
    return value;
  }
  template <class T>
  bool put(uint64_t at, T value) {
    return write(at, {reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }

 private:
  Memory memory_;
  Wrote wrote_;
};

}  // namespace vmsim
