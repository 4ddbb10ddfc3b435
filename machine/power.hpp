// The power-off device at 0x0010'0000 (SiFive's test finisher, as QEMU's virt board has it): one half or word register.
#pragma once

#include <functional>

#include "machine/device.hpp"

namespace vmsim {

class Power final : public Device {
 public:
  /// `off` gets the exit code.
  explicit Power(std::function<void(int)> off) : off_(std::move(off)) {}
  [[nodiscard]] std::string_view name() const override { return "power"; }

  std::optional<uint32_t> read(uint32_t offset, Width width) override {
    return offset == 0 && width != Width::byte ? std::optional<uint32_t>(0) : std::nullopt;
  }
  bool write(uint32_t offset, uint32_t value, Width width) override {
    if (offset != 0 || width == Width::byte) return false;
    constexpr uint32_t pass = 0x5555, failed = 0x3333, reset = 0x7777;
    const uint32_t command = value & 0xFFFF;
    if (command == pass || command == reset) off_(0);
    if (command == failed) off_(static_cast<int>(value >> 16 & 0xFF));
    return true;
  }

 private:
  std::function<void(int)> off_;
};

}  // namespace vmsim
