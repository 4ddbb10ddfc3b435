// What the IR's pure operations do to words: the operations of isa/word.hpp, by their IR names. Builder, passes and evaluator all come here.
#pragma once

#include "isa/word.hpp"
#include "vcpu/ir/block.hpp"

namespace vmsim::ir {

/// A pure word operation of two operands.
constexpr bool is_binary(Op op) { return op >= Op::add && op <= Op::rem_s; }
constexpr bool is_comparison(Op op) { return op >= Op::eq && op <= Op::lt_s; }
constexpr bool is_logic(Op op) { return op >= Op::both && op <= Op::differ; }

constexpr uint32_t fold(Op op, uint32_t left, uint32_t right) {
  const Word a = left, b = right;
  switch (op) {
    case Op::add: return (a + b).bits;
    case Op::sub: return (a - b).bits;
    case Op::mul: return (a * b).bits;
    case Op::and_: return (a & b).bits;
    case Op::or_: return (a | b).bits;
    case Op::xor_: return (a ^ b).bits;
    case Op::shl: return shl(a, b).bits;
    case Op::shr_u: return shr_u(a, b).bits;
    case Op::shr_s: return shr_s(a, b).bits;
    case Op::mulh_ss: return mulh_ss(a, b).bits;
    case Op::mulh_su: return mulh_su(a, b).bits;
    case Op::mulh_uu: return mulh_uu(a, b).bits;
    case Op::div_u: return div_u(a, b).bits;
    case Op::div_s: return div_s(a, b).bits;
    case Op::rem_u: return rem_u(a, b).bits;
    case Op::rem_s: return rem_s(a, b).bits;
    default: return 0;
  }
}

constexpr bool fold_comparison(Op op, uint32_t left, uint32_t right) {
  const Word a = left, b = right;
  switch (op) {
    case Op::eq: return eq(a, b).on;
    case Op::ne: return ne(a, b).on;
    case Op::lt_u: return lt_u(a, b).on;
    default: return lt_s(a, b).on;
  }
}

constexpr bool fold_logic(Op op, bool a, bool b) { return op == Op::both ? a && b : op == Op::either ? a || b : a != b; }

}  // namespace vmsim::ir
