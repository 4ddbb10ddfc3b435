// What a row can do, read off the row itself at compile time: it is run over a machine that keeps nothing but a list of the
// effects it was asked for, and that follows both sides of every branch. Engines and translators ask this, never a list of names.
#pragma once

#include "isa/csr.hpp"
#include "isa/machine.hpp"
#include "isa/table.hpp"

namespace vmsim {

struct Effects {
  bool sets_register = false;
  bool loads = false, stores = false;  // virtual memory
  bool atomic = false;                 // reservation, or an atomic access
  bool sets_pc = false;                // at least on one side of a branch
  bool always_sets_pc = false;         // outside every branch
  bool traps = false;                  // by its own decision; loads and stores may fault besides
  bool system = false;                 // mode, control registers, counters, wait, fences: what an engine looks at between blocks
};

namespace detail {

/// A value about which nothing is known.
struct Unknown {
  constexpr Unknown() = default;
  constexpr Unknown(uint32_t) {}
  friend constexpr Unknown operator+(Unknown, Unknown) { return {}; }
  friend constexpr Unknown operator-(Unknown, Unknown) { return {}; }
  friend constexpr Unknown operator*(Unknown, Unknown) { return {}; }
  friend constexpr Unknown operator&(Unknown, Unknown) { return {}; }
  friend constexpr Unknown operator|(Unknown, Unknown) { return {}; }
  friend constexpr Unknown operator^(Unknown, Unknown) { return {}; }
  friend constexpr Unknown operator~(Unknown) { return {}; }
};
struct Perhaps {
  friend constexpr Perhaps operator&(Perhaps, Perhaps) { return {}; }
  friend constexpr Perhaps operator|(Perhaps, Perhaps) { return {}; }
  friend constexpr Perhaps operator!(Perhaps) { return {}; }
};
constexpr Perhaps eq(Unknown, Unknown) { return {}; }
constexpr Perhaps ne(Unknown, Unknown) { return {}; }
constexpr Perhaps lt_u(Unknown, Unknown) { return {}; }
constexpr Perhaps lt_s(Unknown, Unknown) { return {}; }
constexpr Unknown shl(Unknown, Unknown) { return {}; }
constexpr Unknown shr_u(Unknown, Unknown) { return {}; }
constexpr Unknown shr_s(Unknown, Unknown) { return {}; }
constexpr Unknown mulh_ss(Unknown, Unknown) { return {}; }
constexpr Unknown mulh_su(Unknown, Unknown) { return {}; }
constexpr Unknown mulh_uu(Unknown, Unknown) { return {}; }
constexpr Unknown div_u(Unknown, Unknown) { return {}; }
constexpr Unknown div_s(Unknown, Unknown) { return {}; }
constexpr Unknown rem_u(Unknown, Unknown) { return {}; }
constexpr Unknown rem_s(Unknown, Unknown) { return {}; }
constexpr Unknown sext(Unknown, int) { return {}; }
constexpr Unknown select(Perhaps, Unknown, Unknown) { return {}; }
constexpr Perhaps select(Perhaps, Perhaps, Perhaps) { return {}; }

class EffectsMachine {
 public:
  using Value = Unknown;
  using Condition = Perhaps;
  Effects found;
  int depth = 0;  // of branches

  struct AnyIsa {
    CsrRule rule{};
    constexpr const CsrRule* csr(uint16_t) const { return &rule; }
  };
  AnyIsa any_isa{};
  [[nodiscard]] constexpr const AnyIsa& isa() const { return any_isa; }
  [[nodiscard]] constexpr Mode mode() const { return Mode::kernel; }
  constexpr void set_mode(Unknown) { found.system = true; }
  [[nodiscard]] constexpr Unknown pc() const { return {}; }
  constexpr void set_pc(Unknown) {
    found.sets_pc = true;
    found.always_sets_pc |= depth == 0;
  }
  [[nodiscard]] constexpr Unknown word() const { return {}; }
  [[nodiscard]] constexpr Unknown x(Reg) const { return {}; }
  constexpr void set(Reg, Unknown) { found.sets_register = true; }
  constexpr Unknown csr(Csr) { return found.system = true, Unknown{}; }
  constexpr void set_csr(Csr, Unknown) { found.system = true; }
  constexpr Unknown counter(Counter, int) { return found.system = true, Unknown{}; }
  [[nodiscard]] constexpr Perhaps external_interrupt() const { return {}; }
  constexpr Unknown load(Unknown, Width) { return found.loads = true, Unknown{}; }
  constexpr void store(Unknown, Unknown, Width) { found.stores = true; }
  constexpr Unknown atomic(Unknown, Access) { return found.atomic = true, Unknown{}; }
  constexpr PhysicalWord<Unknown, Perhaps> physical_word(Unknown, Unknown) { return {}; }
  constexpr void reserve(Unknown) { found.atomic = true; }
  [[nodiscard]] constexpr Perhaps reserved(Unknown) const { return {}; }
  constexpr void release() { found.atomic = true; }
  constexpr void trap(uint32_t, Unknown) { found.traps = true; }
  constexpr void branch(Perhaps, auto&& then) {
    ++depth;
    then();
    --depth;
  }
  constexpr void wait() { found.system = true; }
  constexpr void fence_instructions() { found.system = true; }
  constexpr void flush(const FlushScope<Unknown>&) { found.system = true; }
};

}  // namespace detail

/// The effects of the row at index `Row`.
template <int Row>
consteval Effects effects() {
  detail::EffectsMachine m;
  RowAt<Row>::execute(m, Operands<detail::Unknown>{});
  return m.found;
}

}  // namespace vmsim
