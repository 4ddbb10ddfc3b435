// The model in which the checker asks its questions: a state split as the theory splits it (mode; R, the relocation; H, hidden state; time; and what a
// guest sees, V), and the bare machine over it, which runs the rows themselves. Both engines use it: D is SymbolicDomain or ConcreteDomain.
#pragma once

#include "check/proof/name.hpp"
#include "isa/execute.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim::check {

/// `window` is memory as the guest sees it through R, by virtual address; `direct` what its kernel sees where the MMU does not translate; `physical`
/// what is reached by physical address; `flushed` says that
/// what the translation cache remembered is gone (its stale entries are state; its fills are not).
template <class D>
struct State {
  typename D::Hart hart;
  typename D::Bytes window, direct, physical;
  typename D::FlagCell flushed{false}, waited{false};
};

/// The registers that R is made of. The rest of the control registers are H.
constexpr bool is_relocation(Csr r) { return r == Csr::satp || r == Csr::base || r == Csr::bound; }

/// Bits that a register can hold at all.
inline uint32_t storable(const Isa& isa, Csr r) {
  for (const CsrRule& rule : isa.csrs())
    if (rule.source != CsrSource::counter && rule.storage == r) return rule.write_mask();
  return 0;
}

/// How one machine sees memory.
struct Sight {
  bool bypasses = true;     // kernel accesses that the MMU does not translate go to `direct`; false where a pair's views are equal as seen
  bool for_kernel = false;  // the shadow shows what the virtual kernel sees, in whatever mode it is walked
  bool shadowed = false;    // the real machine: it faults besides where the shadow has no entry
  uint8_t root = 0;         // whose relocation: 0 the guest's, 1 the real machine's
};

/// Memory of a state, for any machine over it: faults first, and nothing after a fault.
template <class D>
class ModelMemory {
 public:
  using V = typename D::Value;
  using F = typename D::Condition;
  ModelMemory(typename D::World& world, State<D>& state, Sight sight) : world_(world), state_(state), sight_(sight) {}

  template <class M>
  V load(M& m, V at, Width width) {
    fault_if(m, denied(m, Access::load, at, width), Access::load, at);
    if (!bypasses(m)) return state_.window.read(at, width);
    return select(direct(m, at), state_.direct.read(at, width), state_.window.read(at, width));
  }
  template <class M>
  void store(M& m, V at, V value, Width width) {
    fault_if(m, denied(m, Access::store, at, width), Access::store, at);
    if (!bypasses(m)) return state_.window.write(m.gate(), at, value, width);
    const F plain = direct(m, at);
    m.branch(plain, [&] { state_.direct.write(m.gate(), at, value, width); });
    m.branch(!plain, [&] { state_.window.write(m.gate(), at, value, width); });
  }
  template <class M>
  V atomic(M& m, V at, Access access) {
    fault_if(m, denied(m, access, at, Width::byte), access, at);
    return world_.apply(Function::word_of, at, V{0u}) + (sight_.shadowed ? world_.word(Name{Name::Kind::slice}) : V{0u});
  }
  template <class M>
  V load_physical(M& m, V at, Width width) {
    world_.reaches(m.gate(), at, true);
    return state_.physical.read(at, width);
  }
  template <class M>
  void store_physical(M& m, V at, V value, Width width) {
    world_.reaches(m.gate(), at, true);
    state_.physical.write(m.gate(), at, value, width);
  }
  template <class M>
  V translate(M& m, V at) {
    fault_if(m, denied(m, Access::load, at, Width::byte), Access::load, at);
    if (m.isa().mmu().bounds) return at + m.csr(Csr::base);
    return world_.apply(Function::relocated, m.csr(Csr::satp), at + V{sight_.root});
  }
  /// Whether the instruction itself is within reach. Only the real machine's relocation may hide it from a hart that has already fetched it.
  template <class M>
  void fetch(M& m, V at) {
    if (sight_.shadowed && m.isa().mmu().bounds) fault_if(m, !lt_u(at, m.csr(Csr::bound)), Access::fetch, at);
  }
  template <class M>
  void flush(M& m, const FlushScope<V>&) {
    m.gate().assign(state_.flushed, F{true});
  }

 private:
  template <class M>
  bool bypasses(M& m) {
    return m.isa().mmu().direct_from != 0 && sight_.bypasses && (m.mode() == Mode::kernel || sight_.for_kernel);
  }
  template <class M>
  F direct(M& m, V at) {
    return !lt_u(at, V{m.isa().mmu().direct_from});
  }
  template <class M>
  F denied(M& m, Access access, V at, Width width) {
    world_.reaches(m.gate(), at, false);
    F any = denied_at(m, access, at);
    if (width != Width::byte) any = any | denied_at(m, access, at + V{static_cast<uint32_t>(width) - 1});
    return any;
  }
  template <class M>
  F denied_at(M& m, Access access, V at) {
    F any = world_.holds(access == Access::store ? Function::no_store : Function::no_load, at, V{0u});
    if (m.isa().mmu().bounds) any = any | !lt_u(at, m.csr(Csr::bound));
    // A shadow entry never grants more than the guest's tables do (monitor/shadow.hpp).
    if (sight_.shadowed) any = any | world_.holds(Function::not_filled, at, V{0u});
    return any;
  }
  template <class M>
  void fault_if(M& m, F condition, Access access, V at) {
    m.branch(condition, [&] { m.trap(m.isa().mmu().bounds ? cause::access_fault(access) : cause::page_fault(access), at); });
  }

  typename D::World& world_;
  State<D>& state_;
  Sight sight_;
};

/// The bare machine. It is not the monitor's VirtualView: a mistake there must show here.
template <class D>
class Machine : public HartMachine<D, false> {
 public:
  using Base = HartMachine<D, false>;
  using V = typename D::Value;
  using F = typename D::Condition;

  Machine(const Isa& isa, typename D::World& world, State<D>& state, V word, Sight sight)
      : Base(isa, state.hart, nullptr), state_(state), memory_(world, state, sight), pc_(D::value(state.hart.pc)), word_(word), next_(D::cell(pc_ + V{4u})) {}

  [[nodiscard]] V pc() const { return pc_; }
  [[nodiscard]] V word() const { return word_; }
  void set_pc(V target) { this->gate_.assign(next_, target); }
  V load(V at, Width width) { return memory_.load(*this, at, width); }
  void store(V at, V value, Width width) { memory_.store(*this, at, value, width); }
  V atomic(V at, Access access) { return memory_.atomic(*this, at, access); }
  V load_physical(V at, Width width) { return memory_.load_physical(*this, at, width); }
  void store_physical(V at, V value, Width width) { memory_.store_physical(*this, at, value, width); }
  V translate(V at) { return memory_.translate(*this, at); }
  void wait() { this->gate_.assign(state_.waited, F{true}); }
  void fence_instructions() {}
  void flush(const FlushScope<V>& scope) { memory_.flush(*this, scope); }

  void step(Op op, const Operands<V>& operands) {
    memory_.fetch(*this, pc_);
    execute_decoded(*this, op, operands);
    this->gate_.assign(this->hart_.pc, D::value(next_));
  }

 private:
  State<D>& state_;
  ModelMemory<D> memory_;
  V pc_, word_;
  typename D::Cell next_;
};

/// How a step ended.
template <class D>
struct Outcome {
  using V = typename D::Value;
  using F = typename D::Condition;
  F trapped{};
  V cause{}, tval{};

  template <class M>
  static Outcome of(const M& m) {
    if constexpr (std::is_same_v<F, Flag>) return {{m.gate().trapped}, m.gate().cause, m.gate().tval};
    else return {m.gate().trapped, m.gate().cause, m.gate().tval};
  }
  [[nodiscard]] F none() const { return !trapped; }
  [[nodiscard]] F memory() const {
    F any = eq(cause, V{cause::page_fault(Access::load)});
    for (const uint32_t c : {cause::store_page, cause::fetch_page, cause::load_access, cause::store_access, cause::fetch_access}) any = any | eq(cause, V{c});
    return trapped & any;
  }
};

}  // namespace vmsim::check
