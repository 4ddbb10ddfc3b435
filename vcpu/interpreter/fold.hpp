// What is known of an instruction when it is decoded: the row, run over values that are known or not. So a constant result and a
// jump's target come from the row itself, and from nowhere else.
#pragma once

#include <array>
#include <optional>

#include "isa/effects.hpp"
#include "isa/word.hpp"

namespace vmsim::threaded {

template <class T>
struct Maybe {
  T value{};
  bool known = false;

  constexpr Maybe() = default;
  constexpr Maybe(T v) : value(v), known(true) {}
  constexpr Maybe(uint32_t v) requires std::same_as<T, Word> : value(v), known(true) {}
};
using MaybeWord = Maybe<Word>;
using MaybeFlag = Maybe<Flag>;

/// f of values, where all of them are known.
template <class F, class... Ts>
constexpr auto lift(F f, const Maybe<Ts>&... values) -> Maybe<decltype(f(values.value...))> {
  if ((values.known && ...)) return f(values.value...);
  return {};
}

#define VMSIM_LIFT(T, name)                                       \
  constexpr auto name(T a, T b) {                                 \
    return lift([](auto x, auto y) { return name(x, y); }, a, b); \
  }
VMSIM_LIFT(MaybeWord, operator+)
VMSIM_LIFT(MaybeWord, operator-)
VMSIM_LIFT(MaybeWord, operator*)
VMSIM_LIFT(MaybeWord, operator&)
VMSIM_LIFT(MaybeWord, operator|)
VMSIM_LIFT(MaybeWord, operator^)
VMSIM_LIFT(MaybeFlag, operator&)
VMSIM_LIFT(MaybeFlag, operator|)
VMSIM_LIFT(MaybeWord, eq)
VMSIM_LIFT(MaybeWord, ne)
VMSIM_LIFT(MaybeWord, lt_u)
VMSIM_LIFT(MaybeWord, lt_s)
VMSIM_LIFT(MaybeWord, shl)
VMSIM_LIFT(MaybeWord, shr_u)
VMSIM_LIFT(MaybeWord, shr_s)
VMSIM_LIFT(MaybeWord, mulh_ss)
VMSIM_LIFT(MaybeWord, mulh_su)
VMSIM_LIFT(MaybeWord, mulh_uu)
VMSIM_LIFT(MaybeWord, div_u)
VMSIM_LIFT(MaybeWord, div_s)
VMSIM_LIFT(MaybeWord, rem_u)
VMSIM_LIFT(MaybeWord, rem_s)
#undef VMSIM_LIFT
constexpr MaybeWord operator~(MaybeWord a) {
  return lift([](Word x) { return ~x; }, a);
}
constexpr MaybeFlag operator!(MaybeFlag a) {
  return lift([](Flag x) { return !x; }, a);
}
constexpr MaybeWord sext(MaybeWord a, int width) {
  return lift([=](Word x) { return sext(x, width); }, a);
}
constexpr MaybeWord select(MaybeFlag c, MaybeWord yes, MaybeWord no) {
  if (c.known) return c.value.on ? yes : no;
  return {};
}

/// Registers whose value is known at some place in a block; x0 always is.
using KnownRegisters = std::array<MaybeWord, 32>;

/// The machine: it follows both sides of every branch, and keeps what the row would do.
class FoldMachine {
 public:
  using Value = MaybeWord;
  using Condition = MaybeFlag;

  FoldMachine(const KnownRegisters& registers, uint32_t pc) : registers_(registers), pc_(pc) {}

  [[nodiscard]] MaybeWord x(Reg r) const { return registers_[r]; }
  void set(Reg, MaybeWord value) { result = value; }
  [[nodiscard]] MaybeWord pc() const { return pc_; }
  void set_pc(MaybeWord to) { target = to; }
  void branch(MaybeFlag, auto&& then) { then(); }
  void trap(uint32_t, MaybeWord) {}
  MaybeWord load(MaybeWord, Width) { return {}; }
  void store(MaybeWord, MaybeWord, Width) {}

  MaybeWord result, target;

 private:
  const KnownRegisters& registers_;
  uint32_t pc_;
};

}  // namespace vmsim::threaded
