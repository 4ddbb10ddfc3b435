// What a user is told when input is bad: one line that says what, where, and what would help. Guest traps are values and
// broken invariants abort; neither is an Error.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace vmsim {

/// `text` with control characters escaped, so that it stays one line and no terminal obeys it.
inline std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
    else out += {'\\', 'x', "0123456789abcdef"[c >> 4 & 15], "0123456789abcdef"[c & 15]};
  }
  return out;
}

struct Error {
  std::string what;   // "immediate 5000 does not fit 12 signed bits"
  std::string where;  // "guest.s:12:9"; empty when there is no place
  std::string hint;   // what would help; empty when nothing would

  /// "where: what (hint)".
  [[nodiscard]] std::string text() const { return (where.empty() ? "" : where + ": ") + what + (hint.empty() ? "" : " (hint: " + hint + ")"); }
};

template <class T>
using Result = tl::expected<T, Error>;

/// What a user wrote, in quotes, on one line: control characters are escaped, and what is long is cut.
std::string quoted(std::string_view text);

inline tl::unexpected<Error> fail(std::string what, std::string where = {}, std::string hint = {}) {
  return tl::unexpected<Error>({std::move(what), std::move(where), std::move(hint)});
}

}  // namespace vmsim
