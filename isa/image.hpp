// A program as it goes into memory: what bytes, where, where to start, and what places are called.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vmsim {

struct Segment {
  uint32_t address = 0;
  std::vector<uint8_t> bytes;
  uint32_t zero_fill = 0;  // bytes of zeros after `bytes`
  [[nodiscard]] uint64_t size() const { return uint64_t{bytes.size()} + zero_fill; }
};

/// Names of addresses.
class SymbolTable {
 public:
  struct Place {
    std::string name;
    uint32_t offset = 0;
  };
  /// Of two names for one address the first stays.
  void add(const std::string& name, uint32_t value) {
    by_value_.emplace(value, name);
    by_name_.emplace(name, value);
  }
  /// The nearest symbol at or below `address`, not more than 64 KiB away.
  [[nodiscard]] std::optional<Place> at(uint32_t address) const {
    auto it = by_value_.upper_bound(address);
    if (it == by_value_.begin()) return std::nullopt;
    --it;
    const uint32_t offset = address - it->first;
    return offset < 0x10000 ? std::optional<Place>({it->second, offset}) : std::nullopt;
  }
  [[nodiscard]] std::optional<uint32_t> find(const std::string& name) const {
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? std::nullopt : std::optional(it->second);
  }
  /// Address to name, in order.
  [[nodiscard]] const std::map<uint32_t, std::string>& by_value() const { return by_value_; }

 private:
  std::map<uint32_t, std::string> by_value_;
  std::map<std::string, uint32_t> by_name_;
};

struct Image {
  std::vector<Segment> segments;
  uint32_t entry = 0;
  SymbolTable symbols;
  std::string kind;  // "ELF32", "flat binary", "assembly", "Linux Image"
};

}  // namespace vmsim
