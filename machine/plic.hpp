// The platform-level interrupt controller (RISC-V PLIC specification 1.0.0) with QEMU's virt layout: sources 1 to 31,
// context 0 for a machine mode that toy32 does not have (it never interrupts), context 1 for hart 0's kernel.
#pragma once

#include <array>

#include "machine/device.hpp"

namespace vmsim {

class Plic final : public Device {
 public:
  static constexpr uint32_t base = 0x0C00'0000, size = 0x60'0000;
  static constexpr uint32_t sources = 32;  // source 0 is none
  static constexpr uint32_t contexts = 2, kernel_context = 1;
  static constexpr uint32_t highest_priority = 7;

  [[nodiscard]] std::string_view name() const override { return "plic"; }
  std::optional<uint32_t> read(uint32_t offset, Width width) override;
  bool write(uint32_t offset, uint32_t value, Width width) override;

  /// The level of source `source`'s line. Its gateway lets a request through when the one before has been completed.
  void set_line(uint32_t source, bool high);
  /// The line to the hart.
  [[nodiscard]] bool interrupt() const override { return best(kernel_context) != 0; }

 private:
  struct Context {
    uint32_t enabled = 0, threshold = 0;
  };
  /// The enabled pending source with the highest priority above the threshold, the lowest number among equals; 0 for none.
  [[nodiscard]] uint32_t best(uint32_t context) const;
  uint32_t claim(uint32_t context);
  void complete(uint32_t context, uint32_t source);
  void forward(uint32_t source);

  std::array<uint32_t, sources> priority_{};
  std::array<Context, contexts> contexts_{};
  uint32_t lines_ = 0, pending_ = 0, in_service_ = 0;  // a bit per source
};

}  // namespace vmsim
