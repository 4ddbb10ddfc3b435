#include "machine/uart.hpp"

namespace vmsim {
namespace {

enum Register : uint32_t {
  data = 0,
  interrupt_enable = 1,
  interrupt_id = 2,
  line_control = 3,
  modem_control = 4,
  line_status = 5,
  modem_status = 6,
  scratch = 7
};

constexpr uint8_t receive_enabled = 1, transmit_enabled = 2;

}  // namespace

uint8_t Uart::identify() const {
  const uint8_t fifo_bits = fifos_ ? 0xC0 : 0;
  if ((interrupt_enable_ & receive_enabled) != 0 && !received_.empty()) return fifo_bits | 4;
  if ((interrupt_enable_ & transmit_enabled) != 0 && transmit_pending_) return fifo_bits | 2;
  return fifo_bits | 1;
}

std::optional<uint8_t> Uart::take() {
  if (received_.empty()) return std::nullopt;
  const uint8_t byte = received_.front();
  received_.pop_front();
  return byte;
}

std::optional<uint32_t> Uart::read(uint32_t offset, Width width) {
  if (width != Width::byte) return std::nullopt;
  switch (offset) {
    case data: return divisor_latch() ? divisor_low_ : take().value_or(0);
    case interrupt_enable: return divisor_latch() ? divisor_high_ : interrupt_enable_;
    case interrupt_id: {
      const uint8_t id = identify();
      if ((id & 0xF) == 2) transmit_pending_ = false;  // reading it as the source clears it
      return id;
    }
    case line_control: return line_control_;
    case modem_control: return modem_control_;
    case line_status: return 0x60u | (received_.empty() ? 0 : 1);  // transmitter empty, data ready
    case modem_status: return 0xB0;                                // carrier, data set ready, clear to send
    case scratch: return scratch_;
    default: return std::nullopt;
  }
}

bool Uart::write(uint32_t offset, uint32_t value, Width width) {
  if (width != Width::byte) return false;
  const auto byte = static_cast<uint8_t>(value);
  switch (offset) {
    case data:
      if (divisor_latch()) {
        divisor_low_ = byte;
      } else {
        console_.put(byte);
        transmit_pending_ = true;
      }
      return true;
    case interrupt_enable:
      if (divisor_latch()) {
        divisor_high_ = byte;
      } else {
        transmit_pending_ |= (byte & transmit_enabled) != 0 && (interrupt_enable_ & transmit_enabled) == 0;
        interrupt_enable_ = byte & 0x0F;
      }
      return true;
    case interrupt_id:  // FIFO control
      fifos_ = (byte & 1) != 0;
      if ((byte & 2) != 0) received_.clear();
      return true;
    case line_control: line_control_ = byte; return true;
    case modem_control: modem_control_ = byte & 0x1F; return true;
    case line_status:
    case modem_status: return true;  // read-only: ignored
    case scratch: scratch_ = byte; return true;
    default: return false;
  }
}

}  // namespace vmsim
