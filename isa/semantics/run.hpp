// Runs an added instruction's tree over any machine.
#pragma once

#include <array>

#include "isa/semantics/program.hpp"
#include "isa/trap.hpp"

namespace vmsim::semantics {

/// What the trees need beyond the rows: physical memory, and where a virtual address lies.
template <class M>
concept SemanticsMachine = MachineConcept<M> && requires(M& m, typename M::Value v, Width w) {
  { m.load_physical(v, w) } -> std::same_as<typename M::Value>;
  {m.store_physical(v, v, w)};
  { m.translate(v) } -> std::same_as<typename M::Value>;  // for a load; may trap
};

template <class M>
class Run {
 public:
  using V = typename M::Value;
  using F = typename M::Condition;
  Run(M& m, const Program& program, const Operands<V>& operands) : m_(m), p_(program), o_(operands), mode_(static_cast<uint32_t>(m.mode())) {}
  void all() { block(p_.first); }

 private:
  const Node& at(int i) const { return p_.nodes[static_cast<size_t>(i)]; }
  static uint32_t shift_of(uint32_t mask) { return static_cast<uint32_t>(__builtin_ctz(mask)); }

  V value(int i) {
    const Node& n = at(i);
    switch (n.kind) {
      case Kind::number: return V{n.number};
      case Kind::rs1: return m_.x(o_.rs1);
      case Kind::rs2: return m_.x(o_.rs2);
      case Kind::imm: return o_.imm;
      case Kind::pc: return m_.pc();
      case Kind::mode: return V{mode_};
      case Kind::word: return m_.word();
      case Kind::x: return m_.x(static_cast<Reg>(n.number));
      case Kind::csr: return csr(n);
      case Kind::csr_field: return shr_u(csr(n) & V{n.more}, V{shift_of(n.more)});
      case Kind::counter: return m_.counter(static_cast<Counter>(n.number), static_cast<int>(n.more));
      case Kind::local: return locals_[n.number];
      case Kind::add: return value(n.a) + value(n.b);
      case Kind::sub: return value(n.a) - value(n.b);
      case Kind::mul: return value(n.a) * value(n.b);
      case Kind::and_: return value(n.a) & value(n.b);
      case Kind::or_: return value(n.a) | value(n.b);
      case Kind::xor_: return value(n.a) ^ value(n.b);
      case Kind::complement: return ~value(n.a);
      case Kind::shl: return shl(value(n.a), value(n.b));
      case Kind::shr_u: return shr_u(value(n.a), value(n.b));
      case Kind::shr_s: return shr_s(value(n.a), value(n.b));
      case Kind::bits: return shr_u(value(n.a), V{n.more}) & V{n.number};
      case Kind::sext: return sext(value(n.a), static_cast<int>(n.number));
      case Kind::load: return m_.load(value(n.a), static_cast<Width>(n.number));
      case Kind::load_physical: return m_.load_physical(value(n.a), static_cast<Width>(n.number));
      case Kind::translate: return m_.translate(value(n.a));
      default: return V{0u};
    }
  }

  V csr(const Node& n) { return static_cast<Csr>(n.number) == Csr::sip ? pending_interrupts(m_) : m_.csr(static_cast<Csr>(n.number)); }

  F condition(int i) {
    const Node& n = at(i);
    switch (n.kind) {
      case Kind::eq: return eq(value(n.a), value(n.b));
      case Kind::ne: return ne(value(n.a), value(n.b));
      case Kind::lt_u: return lt_u(value(n.a), value(n.b));
      case Kind::lt_s: return lt_s(value(n.a), value(n.b));
      case Kind::both: return condition(n.a) & condition(n.b);
      case Kind::either: return condition(n.a) | condition(n.b);
      default: return !condition(n.a);
    }
  }

  void set_masked(Csr csr, uint32_t mask, V bits) { m_.set_csr(csr, (m_.csr(csr) & V{~mask}) | (bits & V{mask})); }

  void statement(const Node& n) {
    switch (n.kind) {
      case Kind::set_rd: return m_.set(o_.rd, value(n.a));
      case Kind::set_x: return m_.set(static_cast<Reg>(n.number), value(n.a));
      case Kind::set_csr: return set_masked(static_cast<Csr>(n.number), n.more, value(n.a));
      case Kind::set_csr_field: return set_masked(static_cast<Csr>(n.number), n.more, shl(value(n.a), V{shift_of(n.more)}));
      case Kind::set_pc: return m_.set_pc(value(n.a) & V{~3u});  // so that it never traps
      case Kind::set_mode: return m_.set_mode(value(n.a) & V{1u});
      case Kind::let: locals_[n.number] = value(n.a); return;
      case Kind::store: return m_.store(value(n.a), value(n.b), static_cast<Width>(n.number));
      case Kind::store_physical: return m_.store_physical(value(n.a), value(n.b), static_cast<Width>(n.number));
      case Kind::trap: return m_.trap(n.number, value(n.a));
      case Kind::illegal: return illegal_instruction(m_);
      case Kind::if_: {
        const F holds = condition(n.a);
        m_.branch(holds, [&] { block(n.b); });
        if (n.c >= 0) m_.branch(!holds, [&] { block(n.c); });
        return;
      }
      case Kind::wait: return m_.wait();
      case Kind::flush: return m_.flush({});
      case Kind::release: return m_.release();
      default: return;
    }
  }

  void block(int i) {
    for (; i >= 0; i = at(i).next) statement(at(i));
  }

  M& m_;
  const Program& p_;
  const Operands<V>& o_;
  uint32_t mode_;
  std::array<V, most_locals> locals_{};
};

/// Executes `program` as one instruction of `m`.
template <SemanticsMachine M>
void run(M& m, const Program& program, const Operands<typename M::Value>& operands) {
  Run<M>(m, program, operands).all();
}

}  // namespace vmsim::semantics
