// A fuzzer's bytes, taken from the front as numbers; when they are used up, zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace vmsim::fuzz {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : left_(data, size) {}
  [[nodiscard]] bool empty() const { return left_.empty(); }

  template <class T>
  T take() {
    T value{};
    const auto bytes = some(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  uint8_t byte() { return take<uint8_t>(); }
  uint16_t half() { return take<uint16_t>(); }
  uint32_t word() { return take<uint32_t>(); }
  /// Below `n`, from one byte.
  uint32_t below(uint32_t n) { return byte() % n; }
  /// At most `count` bytes.
  std::span<const uint8_t> some(size_t count) {
    const auto taken = left_.first(count < left_.size() ? count : left_.size());
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const uint8_t> left_;
};

}  // namespace vmsim::fuzz
