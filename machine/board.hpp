// What stands around a hart, memory apart: devices at their addresses, the console, and the power switch. The same board serves
// the real machine and a virtual one; see docs/toy32.md for the map.
#pragma once

#include <memory>
#include <vector>

#include "machine/uart.hpp"

namespace vmsim {

struct BoardOptions {
  ConsoleOptions console;
};

class Board {
 public:
  explicit Board(const BoardOptions& options);
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// An access at a physical address; nothing or false where no device takes it.
  std::optional<uint32_t> read(uint32_t at, Width width);
  bool write(uint32_t at, uint32_t value, Width width);

  [[nodiscard]] Console& console() { return console_; }
  /// Ends the run with this code: the power device's or the firmware's word.
  void power_off(int code) { exit_code_ = code; }
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

  /// Moves console input that is due by machine time `now` to where the guest finds it.
  void deliver_input(uint64_t now);
  /// A received byte for the firmware's console calls.
  std::optional<uint8_t> take_input();
  /// The machine time at which something happens by itself; the last number there is for never. Input that finds no room
  /// waits until the guest makes some.
  [[nodiscard]] uint64_t next_event() const;
  /// The level of the hart's external interrupt line.
  [[nodiscard]] bool external_interrupt() const { return false; }

 private:
  struct Place {
    uint32_t base, size;
    Device* device;
  };
  /// The device whose range holds the access, and the offset in it.
  Place* find(uint32_t at, Width width);

  Console console_;
  Uart uart_;
  std::unique_ptr<Device> power_;
  std::vector<Place> places_;
  std::optional<int> exit_code_;
};

}  // namespace vmsim
