#include "isa/error.hpp"

#include <fmt/format.h>

namespace vmsim {

std::string quoted(std::string_view text) {
  constexpr size_t longest = 60;
  std::string shown;
  for (const char c : text.substr(0, longest)) {
    if (c >= ' ' && c <= '~') shown += c;
    else shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return fmt::format("'{}{}'", shown, text.size() > longest ? "..." : "");
}

}  // namespace vmsim
