// Encodings as text: 32 characters of 0, 1 and '-', most significant first, spaces free. A pattern of any other length
// or alphabet does not compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vmsim {

/// A string literal as a template argument.
template <size_t N>
struct Text {
  char chars[N]{};
  constexpr Text(const char (&text)[N]) {
    for (size_t i = 0; i < N; ++i) chars[i] = text[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {chars, N - 1}; }
};

/// The words w with (w & mask) == match.
struct Pattern {
  uint32_t mask = 0;
  uint32_t match = 0;
  int length = 0;  // bits read from the text; a valid pattern has 32
  bool well_formed = true;

  [[nodiscard]] constexpr bool matches(uint32_t word) const { return (word & mask) == match; }
  [[nodiscard]] constexpr bool overlaps(const Pattern& other) const { return ((match ^ other.match) & mask & other.mask) == 0; }
};

constexpr Pattern parse_pattern(std::string_view text) {
  Pattern p;
  for (char c : text) {
    if (c == ' ') continue;
    if (c != '0' && c != '1' && c != '-') p.well_formed = false;
    p.mask = p.mask << 1 | static_cast<uint32_t>(c == '0' || c == '1');
    p.match = p.match << 1 | static_cast<uint32_t>(c == '1');
    ++p.length;
  }
  p.well_formed = p.well_formed && p.length == 32;
  return p;
}

}  // namespace vmsim
