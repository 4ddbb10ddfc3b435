#include "host/terminal.hpp"

#include <poll.h>
#include <unistd.h>

namespace vmsim {

RawTerminal::RawTerminal() {
  termios now{};
  if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &now) != 0) return;
  saved_ = now;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  now.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
  tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

RawTerminal::~RawTerminal() {
  if (saved_) tcsetattr(STDIN_FILENO, TCSANOW, &*saved_);
}

std::optional<uint8_t> RawTerminal::poll() {
  if (end_) return std::nullopt;
  pollfd in{STDIN_FILENO, POLLIN, 0};
  if (::poll(&in, 1, 0) <= 0) return std::nullopt;
  uint8_t byte = 0;
  if (read(STDIN_FILENO, &byte, 1) == 1) return byte;
  end_ = true;
  return std::nullopt;
}

}  // namespace vmsim
