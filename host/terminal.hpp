// The host's terminal while a guest owns it: raw, never blocking, and given back as it was.
#pragma once

#include <termios.h>

#include <cstdint>
#include <optional>

namespace vmsim {

class RawTerminal {
 public:
  /// Makes standard input raw where it is a terminal; reads without waiting in any case.
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  /// A byte that has been typed or piped in; nothing when there is none yet, or no more.
  std::optional<uint8_t> poll();
  [[nodiscard]] bool at_end() const { return end_; }

  static constexpr uint8_t escape = 0x1D;  // Ctrl-]

 private:
  std::optional<termios> saved_;
  bool end_ = false;
};

}  // namespace vmsim
