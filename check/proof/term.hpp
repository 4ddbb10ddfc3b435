// The symbolic value type: Z3 bit-vector terms with the operations of isa/word.hpp. One context per thread.
#pragma once

#include <z3++.h>

#include <cstdint>
#include <vector>

namespace vmsim::check {

/// This thread's Z3 context.
z3::context& context();
/// A new one for this thread; of the old one nothing may be left. What Z3 does with a question depends on what its context has seen, so questions that
/// shall have the same answer wherever and whenever they are asked each begin with a new one.
void forget_terms();

/// A symbolic truth value.
struct Truth {
  z3::expr e = context().bool_val(false);
  Truth() = default;
  explicit Truth(bool b) : e(context().bool_val(b)) {}
  explicit Truth(z3::expr expression) : e(std::move(expression)) {}
};

/// A symbolic 32-bit word.
struct Term {
  z3::expr e = context().bv_val(0, 32);
  Term() = default;
  Term(uint32_t n) : e(context().bv_val(n, 32)) {}
  explicit Term(z3::expr expression) : e(std::move(expression)) {}
};

inline Truth operator&(const Truth& a, const Truth& b) {
  if (a.e.is_true() || b.e.is_false()) return b;
  if (b.e.is_true() || a.e.is_false()) return a;
  return Truth(a.e && b.e);
}
inline Truth operator!(const Truth& a) {
  if (a.e.is_true()) return Truth(false);
  if (a.e.is_false()) return Truth(true);
  return Truth(!a.e);
}
inline Truth operator|(const Truth& a, const Truth& b) {
  if (a.e.is_true() || b.e.is_false()) return a;
  if (b.e.is_true() || a.e.is_false()) return b;
  return Truth(a.e || b.e);
}

/// Both numbers: the result of `f` on them; else `otherwise`.
inline bool number(const Term& t, uint32_t& n) {
  uint64_t value = 0;
  if (!t.e.is_numeral_u64(value)) return false;
  n = static_cast<uint32_t>(value);
  return true;
}

inline Truth eq(const Term& a, const Term& b) {
  if (z3::eq(a.e, b.e)) return Truth(true);
  uint32_t x = 0, y = 0;
  if (number(a, x) && number(b, y)) return Truth(x == y);
  return Truth((a.e == b.e).simplify());
}
inline Truth ne(const Term& a, const Term& b) { return !eq(a, b); }
inline Truth lt_u(const Term& a, const Term& b) { return Truth(z3::ult(a.e, b.e)); }
inline Truth lt_s(const Term& a, const Term& b) { return Truth(z3::slt(a.e, b.e)); }
inline Truth eq(const Truth& a, const Truth& b) { return z3::eq(a.e, b.e) ? Truth(true) : Truth(a.e == b.e); }

inline Term operator+(const Term& a, const Term& b) { return Term((a.e + b.e).simplify()); }
inline Term operator-(const Term& a, const Term& b) { return Term((a.e - b.e).simplify()); }
/// Multiplication and division of two unknowns are uninterpreted: equal operands give equal results, which is all that two runs of one
/// instruction need. A counterexample that rests on other results than the real ones is refuted by them, and another is looked for (Opaque).
inline Term opaque(const char* name, const Term& a, const Term& b) {
  const z3::sort word = context().bv_sort(32);
  return Term(context().function(name, word, word, word)(a.e, b.e));
}
inline Term operator*(const Term& a, const Term& b) {
  if (a.e.is_numeral() || b.e.is_numeral()) return Term((a.e * b.e).simplify());
  return opaque("mul", a, b);
}
inline Term operator&(const Term& a, const Term& b) { return Term((a.e & b.e).simplify()); }
inline Term operator|(const Term& a, const Term& b) { return Term((a.e | b.e).simplify()); }
inline Term operator^(const Term& a, const Term& b) { return Term(a.e ^ b.e); }
inline Term operator~(const Term& a) { return Term((~a.e).simplify()); }
inline Term shift_amount(const Term& a) { return a & Term(31); }
inline Term shl(const Term& a, const Term& n) { return Term(z3::shl(a.e, shift_amount(n).e)); }
inline Term shr_u(const Term& a, const Term& n) { return Term(z3::lshr(a.e, shift_amount(n).e)); }
inline Term shr_s(const Term& a, const Term& n) { return Term(z3::ashr(a.e, shift_amount(n).e)); }
inline Term mulh_ss(const Term& a, const Term& b) { return opaque("mulh_ss", a, b); }
inline Term mulh_su(const Term& a, const Term& b) { return opaque("mulh_su", a, b); }
inline Term mulh_uu(const Term& a, const Term& b) { return opaque("mulh_uu", a, b); }

inline Term select(const Truth& c, const Term& a, const Term& b) {
  if (c.e.is_true() || z3::eq(a.e, b.e)) return a;
  if (c.e.is_false()) return b;
  return Term(z3::ite(c.e, a.e, b.e));
}
inline Truth select(const Truth& c, const Truth& a, const Truth& b) {
  if (c.e.is_true() || z3::eq(a.e, b.e)) return a;
  if (c.e.is_false()) return b;
  return Truth(z3::ite(c.e, a.e, b.e));
}
inline Term div_u(const Term& a, const Term& b) { return opaque("div_u", a, b); }
inline Term rem_u(const Term& a, const Term& b) { return opaque("rem_u", a, b); }
inline Term div_s(const Term& a, const Term& b) { return opaque("div_s", a, b); }
inline Term rem_s(const Term& a, const Term& b) { return opaque("rem_s", a, b); }

/// A multiplication or division in a formula.
struct Opaque {
  z3::expr term, a, b;
  /// The real result.
  [[nodiscard]] uint32_t result(uint32_t of_a, uint32_t of_b) const;
  /// That the operands are these, and the result what it then really is.
  [[nodiscard]] z3::expr at(uint32_t of_a, uint32_t of_b) const;
};
std::vector<Opaque> opaque_terms(const z3::expr& formula);

inline Term sext(const Term& a, int width) {
  if (width == 32) return a;
  return Term(z3::sext(a.e.extract(static_cast<unsigned>(width - 1), 0), static_cast<unsigned>(32 - width)));
}

}  // namespace vmsim::check
