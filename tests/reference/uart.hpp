// The reference's console device: a 16550 (National Semiconductor PC16550D data sheet) whose transmitter is always
// empty and whose received bytes wait in a queue of any length.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>

namespace vmsim::reference {

struct Uart {
  std::deque<uint8_t> input;
  std::string output;

  std::array<uint8_t, 8> registers{};
  std::array<uint8_t, 2> divisor{};         // in place of registers 0 and 1 while bit 7 of register 3 is set
  bool fifos = false, transmitted = false;  // transmitted: empty, and not yet read as the interrupt's source

  [[nodiscard]] bool is_divisor(uint32_t offset) const { return offset < 2 && (registers[3] & 0x80) != 0; }

  /// There must be input.
  uint8_t take() {
    const uint8_t byte = input.front();
    input.pop_front();
    return byte;
  }

  uint8_t read(uint32_t offset) {
    if (is_divisor(offset)) return divisor[offset];
    switch (offset) {
      case 0: return input.empty() ? 0 : take();
      case 2: {  // the interrupt's source
        const uint8_t enabled = registers[1], fifo_bits = fifos ? 0xC0 : 0;
        if ((enabled & 1) != 0 && !input.empty()) return fifo_bits | 4;
        const bool transmitter = (enabled & 2) != 0 && transmitted;
        if (transmitter) transmitted = false;
        return fifo_bits | (transmitter ? 2 : 1);
      }
      case 5: return 0x60 | (input.empty() ? 0 : 1);  // transmitter empty, data ready
      case 6: return 0xB0;                            // connected
      default: return registers[offset];
    }
  }

  void write(uint32_t offset, uint8_t value) {
    constexpr std::array<uint8_t, 8> writable = {0, 0x0F, 0, 0xFF, 0x1F, 0, 0, 0xFF};
    if (is_divisor(offset)) {
      divisor[offset] = value;
      return;
    }
    if (offset == 0) output.push_back(static_cast<char>(value));
    if (offset == 0 || (offset == 1 && (value & ~registers[1] & 2) != 0)) transmitted = true;
    if (offset == 2) fifos = (value & 1) != 0;
    if (offset == 2 && (value & 2) != 0) input.clear();
    registers[offset] = value & writable[offset];
  }
};

}  // namespace vmsim::reference
