// What a user is told when input is bad: one line that says what, where, and what would help. Guest traps are values and
// broken invariants abort; neither is an Error.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace vmsim {

struct Error {
  std::string what;   // "immediate 5000 does not fit 12 signed bits"
  std::string where;  // "guest.s:12:9"; empty when there is no place
  std::string hint;   // what would help; empty when nothing would

  /// "where: what (hint)".
  [[nodiscard]] std::string text() const {
    return (where.empty() ? "" : where + ": ") + what + (hint.empty() ? "" : " (hint: " + hint + ")");
  }
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string what, std::string where = {}, std::string hint = {}) {
  return tl::unexpected<Error>({std::move(what), std::move(where), std::move(hint)});
}

}  // namespace vmsim
