// One processor's architectural state: plain, copyable, comparable. It lists its fields once, in visit(); snapshot, comparison
// and difference follow from that.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "isa/csr.hpp"
#include "isa/machine.hpp"

namespace vmsim {

/// A hart's own time. Steps completed, steps skipped by wfi, instructions retired; see docs/toy32.md.
struct Clock {
  uint64_t steps = 0;
  uint64_t idle = 0;
  uint64_t retired = 0;
  bool operator==(const Clock&) const = default;

  static constexpr uint64_t steps_per_tick = 100;
  static constexpr uint32_t ticks_per_second = 10'000'000;
  [[nodiscard]] uint64_t time() const { return (steps + idle) / steps_per_tick; }
  /// The 64-bit value behind a counter register.
  [[nodiscard]] uint64_t counter(Counter which) const { return which == Counter::cycle ? steps : which == Counter::time ? time() : retired; }
};

/// A control register after reset.
constexpr uint32_t reset_csr(Csr r) { return r == Csr::stimecmp || r == Csr::stimecmph ? ~0u : 0; }

struct Hart {
  std::array<uint32_t, 32> x{};
  uint32_t pc = 0;
  Mode mode = Mode::kernel;
  std::array<uint32_t, csr_count> csr = reset_csrs();
  bool reserved = false;            // LR's reservation holds ...
  uint32_t reservation = 0;         // ... for this physical word; 0 where it holds none
  bool external_interrupt = false;  // the line from the interrupt controller
  Clock clock;

  bool operator==(const Hart&) const = default;

  [[nodiscard]] uint32_t& operator[](Csr r) { return csr[static_cast<size_t>(r)]; }
  [[nodiscard]] uint32_t operator[](Csr r) const { return csr[static_cast<size_t>(r)]; }

  /// The comparator behind the two halves of stimecmp.
  [[nodiscard]] uint64_t timer() const { return uint64_t{(*this)[Csr::stimecmph]} << 32 | (*this)[Csr::stimecmp]; }

  /// Calls f(name, value) for every field, in a fixed order; values are unsigned integers.
  template <class F>
  static void visit(auto& hart, F&& f) {
    for (size_t i = 1; i < hart.x.size(); ++i) f("x" + std::to_string(i), hart.x[i]);
    f(std::string("pc"), hart.pc);
    f(std::string("mode"), hart.mode);
    for (size_t i = 0; i < hart.csr.size(); ++i) f(std::string(name_of(i)), hart.csr[i]);
    f(std::string("reserved"), hart.reserved);
    f(std::string("reservation"), hart.reservation);
    f(std::string("external_interrupt"), hart.external_interrupt);
    f(std::string("steps"), hart.clock.steps);
    f(std::string("idle"), hart.clock.idle);
    f(std::string("retired"), hart.clock.retired);
  }

 private:
  static std::string_view name_of(size_t csr);
  static constexpr std::array<uint32_t, csr_count> reset_csrs() {
    std::array<uint32_t, csr_count> values{};
    for (size_t i = 0; i < values.size(); ++i) values[i] = reset_csr(static_cast<Csr>(i));
    return values;
  }
};

}  // namespace vmsim
