// The proof engine's domain: harts of terms, registers and memory as arrays, faults and relocation as uninterpreted functions.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "check/proof/name.hpp"
#include "check/proof/term.hpp"
#include "isa/isa.hpp"

namespace vmsim::check {

struct SymbolicDomain {
  using Value = Term;
  using Condition = Truth;
  using Cell = Term;
  using FlagCell = Truth;

  /// x0 to x31 as an array; a register may be named by number or as one of the word's operands, so that one question covers them all.
  struct Registers {
    z3::expr array = context().constant("registers", context().array_sort(context().bv_sort(5), context().bv_sort(32)));
    Term word;

    struct Register {
      Registers* of;
      Reg code;
    };
    Register operator[](Reg code) const { return {const_cast<Registers*>(this), code}; }
    [[nodiscard]] z3::expr index(Reg code) const {
      if (code < 32) return context().bv_val(static_cast<unsigned>(code), 5);
      const unsigned low = operand_low(code);
      return word.e.extract(low + 4, low);
    }
    [[nodiscard]] Term read(Reg code) const {
      if (code == 0) return 0u;
      const z3::expr at = index(code);
      const Term value(z3::select(array, at));
      return code < 32 ? value : Term(z3::ite(at == context().bv_val(0, 5), context().bv_val(0, 32), value.e));
    }
    /// What stands at x0 is never read.
    void write(Reg code, const Truth& live, const Term& value) {
      if (code == 0 || live.e.is_false()) return;
      const z3::expr at = index(code);
      array = z3::store(array, at, live.e.is_true() ? value.e : z3::ite(live.e, value.e, z3::select(array, at)));
    }
  };

  struct Hart {
    Registers x;
    Term pc, mode;              // mode as data: what an instruction left
    Mode start = Mode::kernel;  // the mode it started in, always concrete
    std::array<Term, csr_count> csr;
    Truth reserved;
    Term reservation;
    Truth external_interrupt;
    std::array<std::array<Term, 2>, 3> counters;
    [[nodiscard]] Term& operator[](Csr r) { return csr[static_cast<size_t>(r)]; }
    [[nodiscard]] const Term& operator[](Csr r) const { return csr[static_cast<size_t>(r)]; }
  };

  static const Term& value(const Term& cell) { return cell; }
  static Term value(const Registers::Register& r) { return r.of->read(r.code); }
  static const Term& cell(const Term& value) { return value; }
  static const Truth& condition(const Truth& cell) { return cell; }
  static bool is_false(const Truth& condition) { return condition.e.is_false(); }
  static Mode mode(const Hart& hart) { return hart.start; }
  static void set_mode(Hart& hart, Mode mode) {
    hart.start = mode;
    hart.mode = Term(static_cast<uint32_t>(mode));
  }
  static Term counter(const Hart& hart, Counter which, int half) { return hart.counters[static_cast<size_t>(which)][static_cast<size_t>(half)]; }

  struct Gate {
    Truth trapped{false}, path{true};
    Term cause, tval;
    [[nodiscard]] Truth live() const { return path & !trapped; }
    void assign(Term& cell, const Term& value) const { cell = select(live(), value, cell); }
    void assign(Truth& cell, const Truth& value) const { cell = select(live(), value, cell); }
    void assign(const Registers::Register& r, const Term& value) const { r.of->write(r.code, live(), value); }
    void trap(const Term& new_cause, const Term& new_tval) {
      const Truth when = live();
      cause = select(when, new_cause, cause);
      tval = select(when, new_tval, tval);
      trapped = trapped | when;
    }
    void branch(const Truth& condition, auto&& then) {
      const Truth before = path;
      path = path & condition;
      then();
      path = before;
    }
  };

  /// Bytes by address.
  struct Bytes {
    z3::expr array;
    [[nodiscard]] Term read(const Term& at, Width width) const {
      z3::expr value = z3::select(array, at.e);
      for (uint32_t i = 1; i < static_cast<uint32_t>(width); ++i) value = z3::concat(z3::select(array, (at + Term(i)).e), value);
      return Term(width == Width::word ? value : z3::zext(value, 32 - 8 * static_cast<unsigned>(width)));
    }
    void write(const Gate& gate, const Term& at, const Term& value, Width width) {
      const Truth live = gate.live();
      if (live.e.is_false()) return;
      z3::expr next = array;
      for (uint32_t i = 0; i < static_cast<uint32_t>(width); ++i) next = z3::store(next, (at + Term(i)).e, value.e.extract(8 * i + 7, 8 * i));
      array = live.e.is_true() ? next : z3::ite(live.e, next, array);
    }
  };

  /// What the states of one question are made of: named variables and functions.
  class World {
   public:
    std::map<Name, z3::expr> words;  // those asked for so far
    struct Reached {
      Term at;
      Truth when;
      bool is_physical;
    };
    std::vector<Reached> reached;  // every address that is accessed, on whatever path

    Term word(Name name) {
      const z3::expr e = context().bv_const(text(name).c_str(), 32);
      words.emplace(name, e);
      return Term(e);
    }
    Truth truth(Name name) { return Truth((word(name).e & context().bv_val(1, 32)) == context().bv_val(1, 32)); }
    static z3::expr memory(Name name) { return context().constant(text(name).c_str(), context().array_sort(context().bv_sort(32), context().bv_sort(8))); }
    void reaches(const Gate& gate, const Term& at, bool is_physical) { reached.push_back({at, gate.live(), is_physical}); }
    Bytes bytes(Name name) { return {memory(name)}; }
    Registers registers(const Term& word) {
      Registers r;
      r.word = word;
      return r;
    }
    static z3::func_decl function(Function f) {
      const z3::sort word = context().bv_sort(32);
      return context().function(text(f), word, word, word);
    }
    Truth holds(Function f, const Term& a, const Term& b) { return Truth((function(f)(a.e, b.e) & context().bv_val(1, 32)) == context().bv_val(1, 32)); }
    Term apply(Function f, const Term& a, const Term& b) { return Term(function(f)(a.e, b.e)); }
    /// Two memories, or two sets of registers, differ where they do at one address that nothing else mentions.
    Truth differ(const Bytes& a, const Bytes& b) { return unlike(a.array, b.array, context().bv_const("anywhere", 32)); }
    Truth differ(const Registers& a, const Registers& b) {
      const z3::expr at = context().bv_const("any_register", 5);
      const Truth unlike_there = unlike(a.array, b.array, at);
      return unlike_there.e.is_false() ? unlike_there : unlike_there & Truth(at != context().bv_val(0, 5));
    }

    /// `state` as it is where none of `condition`, which the question supposes not to hold, does. Two runs that do the same then are the same terms.
    static void suppose_not(const Truth& condition, auto& state) {
      z3::expr_vector from(context()), to(context());
      collect(condition.e, from);
      for (unsigned i = 0; i < from.size(); ++i) to.push_back(context().bool_val(false));
      if (from.empty()) return;
      auto settle = [&](z3::expr& e) {
        for (z3::expr next = e.substitute(from, to).simplify(); !z3::eq(next, e); next = next.simplify()) e = next;
      };
      settle(state.window.array), settle(state.direct.array), settle(state.hart.x.array);
      settle(state.hart.pc.e), settle(state.hart.reserved.e), settle(state.hart.reservation.e);
      for (Term& value : state.hart.csr) settle(value.e);
    }
    bool untouched(const Bytes& b, Name name) { return z3::eq(b.array, memory(name)); }

   private:
    /// A condition, and the alternatives that it is made of.
    static void collect(const z3::expr& condition, z3::expr_vector& all) {
      if (condition.is_true() || condition.is_false()) return;
      all.push_back(condition);
      if (!condition.is_or()) return;
      for (unsigned i = 0; i < condition.num_args(); ++i) collect(condition.arg(i), all);
    }
    static Truth unlike(const z3::expr& a, const z3::expr& b, const z3::expr& at) {
      if (z3::eq(a, b)) return Truth(false);
      return Truth(z3::select(a, at) != z3::select(b, at));
    }
  };
};

}  // namespace vmsim::check
