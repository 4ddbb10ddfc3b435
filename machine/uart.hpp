// A 16550 UART (National Semiconductor PC16550D data sheet): byte registers, 16 bytes of receive buffer, an instantaneous
// transmitter. Modem lines read as connected.
#pragma once

#include <deque>

#include "machine/console.hpp"
#include "machine/device.hpp"

namespace vmsim {

class Uart final : public Device {
 public:
  static constexpr size_t fifo_size = 16;

  explicit Uart(Console& console) : console_(console) {}
  [[nodiscard]] std::string_view name() const override { return "uart"; }
  std::optional<uint32_t> read(uint32_t offset, Width width) override;
  bool write(uint32_t offset, uint32_t value, Width width) override;
  [[nodiscard]] bool interrupt() const override { return (identify() & 1) == 0; }

  [[nodiscard]] bool has_room() const { return received_.size() < fifo_size; }
  /// A byte from the line; there must be room.
  void receive(uint8_t byte) { received_.push_back(byte); }
  /// The oldest received byte, removed.
  std::optional<uint8_t> take();

 private:
  [[nodiscard]] bool divisor_latch() const { return (line_control_ & 0x80) != 0; }
  /// IIR: the highest pending interrupt (receive 4, transmit 2) or 1 for none; bits 7 and 6 with FIFOs enabled.
  [[nodiscard]] uint8_t identify() const;

  Console& console_;
  std::deque<uint8_t> received_;
  uint8_t interrupt_enable_ = 0, line_control_ = 0, modem_control_ = 0, scratch_ = 0;
  uint8_t divisor_low_ = 0, divisor_high_ = 0;
  bool fifos_ = false;
  bool transmit_pending_ = false;  // transmitter empty, and not yet read from IIR
};

}  // namespace vmsim
