// The concrete value type: a 32-bit word and a truth value, with the operations that every value type of the
// machine concept has (the symbolic machine's terms and the IR's nodes have the same ones, found by argument lookup).
// Invariant: neither type converts to bool, so a row cannot branch on data; signedness stands in the operation's name.
#pragma once

#include <compare>
#include <cstdint>

namespace vmsim {

struct Flag {
  bool on = false;
  friend constexpr Flag operator&(Flag a, Flag b) { return {a.on && b.on}; }
  friend constexpr Flag operator|(Flag a, Flag b) { return {a.on || b.on}; }
  friend constexpr Flag operator!(Flag a) { return {!a.on}; }
  constexpr bool operator==(const Flag&) const = default;
};

struct Word {
  uint32_t bits = 0;

  constexpr Word() = default;
  constexpr Word(uint32_t value) : bits(value) {}
  constexpr explicit operator uint32_t() const { return bits; }
  [[nodiscard]] constexpr int32_t as_signed() const { return static_cast<int32_t>(bits); }

  friend constexpr Word operator+(Word a, Word b) { return a.bits + b.bits; }
  friend constexpr Word operator-(Word a, Word b) { return a.bits - b.bits; }
  friend constexpr Word operator*(Word a, Word b) { return a.bits * b.bits; }
  friend constexpr Word operator&(Word a, Word b) { return a.bits & b.bits; }
  friend constexpr Word operator|(Word a, Word b) { return a.bits | b.bits; }
  friend constexpr Word operator^(Word a, Word b) { return a.bits ^ b.bits; }
  friend constexpr Word operator~(Word a) { return ~a.bits; }
  constexpr bool operator==(const Word&) const = default;
};

constexpr Flag eq(Word a, Word b) { return {a.bits == b.bits}; }
constexpr Flag ne(Word a, Word b) { return {a.bits != b.bits}; }
constexpr Flag eq(Flag a, Flag b) { return {a.on == b.on}; }
constexpr Flag lt_u(Word a, Word b) { return {a.bits < b.bits}; }
constexpr Flag lt_s(Word a, Word b) { return {a.as_signed() < b.as_signed()}; }

/// Shifts use the low five bits of the amount (RISC-V unprivileged specification, section 2.4).
constexpr Word shl(Word a, Word amount) { return a.bits << (amount.bits & 31); }
constexpr Word shr_u(Word a, Word amount) { return a.bits >> (amount.bits & 31); }
constexpr Word shr_s(Word a, Word amount) { return static_cast<uint32_t>(a.as_signed() >> (amount.bits & 31)); }

constexpr Word mulh_ss(Word a, Word b) { return static_cast<uint32_t>((int64_t{a.as_signed()} * b.as_signed()) >> 32); }
constexpr Word mulh_su(Word a, Word b) { return static_cast<uint32_t>((int64_t{a.as_signed()} * int64_t{b.bits}) >> 32); }
constexpr Word mulh_uu(Word a, Word b) { return static_cast<uint32_t>((uint64_t{a.bits} * b.bits) >> 32); }

/// Division is total here so that both arms of a select can be evaluated: by zero it gives zero, and the one
/// overflowing quotient wraps. The rows say what the ISA gives in those cases.
constexpr Word div_u(Word a, Word b) { return b.bits == 0 ? 0 : a.bits / b.bits; }
constexpr Word rem_u(Word a, Word b) { return b.bits == 0 ? 0 : a.bits % b.bits; }
constexpr Word div_s(Word a, Word b) { return b.bits == 0 ? 0 : static_cast<uint32_t>(int64_t{a.as_signed()} / b.as_signed()); }
constexpr Word rem_s(Word a, Word b) { return b.bits == 0 ? 0 : static_cast<uint32_t>(int64_t{a.as_signed()} % b.as_signed()); }

/// Sign-extends the low `width` bits (1 to 32).
constexpr Word sext(Word a, int width) { return static_cast<uint32_t>(static_cast<int32_t>(a.bits << (32 - width)) >> (32 - width)); }
constexpr Word select(Flag condition, Word yes, Word no) { return condition.on ? yes : no; }
constexpr Flag select(Flag condition, Flag yes, Flag no) { return condition.on ? yes : no; }

}  // namespace vmsim
