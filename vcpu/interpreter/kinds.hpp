// The kinds of elements that handlers are made for: a row, where each of its sources comes from, and whether its result goes nowhere.
// Which rows have kinds follows from their effects; all others go the slow way.
#pragma once

#include "isa/effects.hpp"

namespace vmsim::threaded {

/// Where a source register's value is.
enum class From : uint8_t {
  x,       // in the register file
  last,    // the last result, still in a host register
  before,  // the result before that
};

/// Elements beyond the table's rows.
inline constexpr int constant_row = row_count;    // sets a register to what is known since decoding
inline constexpr int onward_row = row_count + 1;  // no instruction: goes on elsewhere
inline constexpr int kind_rows = row_count + 2;

struct Kind {
  int row = 0;
  bool nowhere = false;  // rd is x0; kept apart only where the result is a link
  From rs1 = From::x, rs2 = From::x;

  [[nodiscard]] constexpr uint16_t number() const {
    return static_cast<uint16_t>(((row * 2 + nowhere) * 3 + static_cast<int>(rs1)) * 3 + static_cast<int>(rs2));
  }
  static constexpr Kind of(uint16_t number) { return {number / 18, number / 9 % 2 == 1, static_cast<From>(number / 3 % 3), static_cast<From>(number % 3)}; }
};
inline constexpr int kind_count = kind_rows * 18;
inline constexpr uint16_t no_kind = 0xFFFF;

/// What a row's handler has to do about the pc.
enum class Flow : uint8_t { on, branch, jump };

template <int Row>
consteval Flow flow() {
  return !effects<Row>().sets_pc ? Flow::on : effects<Row>().always_sets_pc ? Flow::jump : Flow::branch;
}

/// True where the row decides for itself to trap, and does nothing else.
constexpr bool only_traps(Effects e) { return e.traps && !e.atomic && !e.sets_pc && !e.system; }

/// True where a handler can be made: the row only computes, reaches virtual memory, or jumps. A row without a source register
/// always has a constant result and a constant target, and needs none.
template <int Row>
consteval bool has_handler() {
  constexpr Effects e = effects<Row>();
  return !e.system && !e.atomic && layout(RowAt<Row>::format).rs1 && (e.sets_register || e.stores || e.sets_pc) && !only_traps(e);
}

/// How many slots an element takes: a link follows what may leave the block.
constexpr int slots_of(int row) {
  if (row == constant_row) return 1;
  if (row == onward_row) return 2;
  constexpr auto flows = []<int... Row>(std::integer_sequence<int, Row...>) { return std::array<Flow, row_count>{flow<Row>()...}; }
  (std::make_integer_sequence<int, row_count>{});
  return flows[static_cast<size_t>(row)] == Flow::on ? 1 : 2;
}

/// True where nothing of the same handler can follow.
constexpr bool ends_handler(int row) {
  if (row >= row_count) return row == onward_row;
  constexpr auto flows = []<int... Row>(std::integer_sequence<int, Row...>) { return std::array<Flow, row_count>{flow<Row>()...}; }
  (std::make_integer_sequence<int, row_count>{});
  return flows[static_cast<size_t>(row)] == Flow::jump;
}

/// True where a handler exists for this kind.
template <uint16_t Number>
consteval bool exists() {
  constexpr Kind k = Kind::of(Number);
  constexpr bool plain = k.rs1 == From::x && k.rs2 == From::x && !k.nowhere;
  if constexpr (k.row >= row_count) return plain;
  else if constexpr (!has_handler<k.row>()) return false;
  else return (k.rs2 == From::x || layout(RowAt<k.row>::format).rs2) && (!k.nowhere || flow<k.row>() == Flow::jump);
}

}  // namespace vmsim::threaded
