// The one table: every row of toy32. An operation is its index here. Overlapping rows do not compile.
#pragma once

#include <tuple>

#include "isa/rows/rv32a.hpp"
#include "isa/rows/rv32i.hpp"
#include "isa/rows/rv32m.hpp"
#include "isa/rows/system.hpp"
#include "isa/rows/zicsr.hpp"

namespace vmsim {

inline constexpr auto table = std::tuple_cat(rows::rv32i, rows::rv32m, rows::rv32a, rows::zicsr, rows::system);
inline constexpr int row_count = std::tuple_size_v<decltype(table)>;

template <int Op>
using RowAt = std::tuple_element_t<Op, std::remove_const_t<decltype(table)>>;

/// The index of the row called `Name`; an unknown name does not compile.
template <Text Name>
consteval int op() {
  int found = -1;
  [&]<int... I>(std::integer_sequence<int, I...>) { ((RowAt<I>::name == Name.view() ? void(found = I) : void()), ...); }
  (std::make_integer_sequence<int, row_count>{});
  if (found < 0) throw "no row has this name";
  return found;
}

namespace detail {
consteval bool rows_overlap() {
  return []<int... I>(std::integer_sequence<int, I...>) {
    const Pattern patterns[] = {RowAt<I>::pattern...};
    for (int a = 0; a < row_count; ++a)
      for (int b = 0; b < a; ++b)
        if (patterns[a].overlaps(patterns[b])) return true;
    return false;
  }
  (std::make_integer_sequence<int, row_count>{});
}
static_assert(!rows_overlap(), "two rows of the table match the same word");
}  // namespace detail

}  // namespace vmsim
