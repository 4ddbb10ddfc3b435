// Which witnesses a guest can show: conditions on a question's states that fit the stage (check/stage.hpp).
#pragma once

#include "check/proof/questions.hpp"
#include "check/proof/symbolic.hpp"
#include "check/stage.hpp"

namespace vmsim::check {

/// How much is asked of a witness. What a guest wants is tried first.
struct Demands {
  bool seen_afterwards = true;  // the difference is in something that the guest can look at afterwards
  bool both_arrive = true;      // directly, too, the instruction goes on where the guest waits for it
};

class Staging {
 public:
  Staging(const Isa& isa, const EncodingClass& c, SymbolicDomain::World& world) : isa_(isa), class_(c), world_(world), spare_(stage::spare(isa)) {}

  /// That the states of `questions`, which has just asked, fit. `real_offset` is how far the guest's memory is from where it believes it to be.
  Truth fits(const Questions<SymbolicDomain>& questions, const Demands& demands, uint32_t real_offset) {
    Truth all = operands_leave_spare() & addresses_lie_in_the_data();
    all = all & eq(world_.word({Name::Kind::slice}), Term(real_offset)) & eq(world_.word({Name::Kind::memory_at}), Term(stage::base)) &
          eq(world_.word({Name::Kind::memory_size}), Term(stage::ram)) &
          bits(world_.word({Name::Kind::csr, static_cast<uint8_t>(Csr::satp), 3}), satp::mode, satp::mode);
    for (const auto& run : questions.runs) {
      if (!run.direct) all = all & before(run.before.hart, run.mode) & after(run.after.hart);
      if (!run.direct && demands.seen_afterwards) all = all & shows(run.before, run.after, run.mode);
      if (!run.direct || demands.both_arrive) all = all & (run.outcome.trapped | arrives(run.after.hart.pc));
    }
    return all;
  }

 private:
  using Hart = SymbolicDomain::Hart;

  static Truth bits(const Term& word, uint32_t mask, uint32_t value) { return eq(word & Term(mask), Term(value)); }
  static Truth within(const Term& at, uint32_t from, uint32_t size) { return lt_u(at - Term(from), Term(size)); }
  [[nodiscard]] Term seen(uint32_t at) const { return Term(stage::seen(isa_, at)); }
  [[nodiscard]] Truth arrives(const Term& pc) const { return eq(pc, seen(stage::subject + 4)) | eq(pc, seen(stage::landing)); }

  Truth operands_leave_spare() {
    Truth all{true};
    if (class_.op == illegal_op) return all;
    const Term word = (world_.word({Name::Kind::word}) & Term(~class_.mask)) | Term(class_.match);
    const Layout l = layout(isa_.row(class_.op).format);
    for (const auto& [has, low] : {std::pair(l.rd, 7u), {l.rs1, 15u}, {l.rs2, 20u}})
      if (has) all = all & !bits(word, 31u << low, uint32_t{spare_} << low);
    return all;
  }

  Truth addresses_lie_in_the_data() {
    Truth all{true};
    for (const auto& [at, when, is_physical] : world_.reached) {
      Truth fine = is_physical ? within(at, stage::physical, stage::page - 8) : within(at, stage::seen(isa_, stage::data), stage::data_size - 8);
      if (!is_physical && isa_.mmu().direct_from != 0)
        fine = fine | within(at, stage::data - isa_.mmu().direct_to + isa_.mmu().direct_from, stage::data_size - 8);
      if (!is_physical)
        for (const Function f : {Function::no_load, Function::no_store, Function::not_filled})
          for (const uint32_t byte : {0u, 1u, 3u}) fine = fine & !world_.holds(f, at + Term(byte), Term(0u));
      all = all & ((!when) | fine);
    }
    return all;
  }

  /// What the guest can set up: its vector, nothing pending, a reservation on its word; in user mode, what `sret` leaves.
  Truth before(const Hart& h, Mode mode) {
    Truth all = eq(h.pc, seen(stage::subject)) & eq(SymbolicDomain::value(h.x[spare_]), seen(stage::registers));
    all = all & !SymbolicDomain::condition(h.external_interrupt) & ((!h.reserved) | eq(h.reservation, Term(stage::reserved)));
    all = all & eq(h[Csr::sie] & h[Csr::sip], Term(0u)) & (bits(h[Csr::sie], interrupt_bit::timer, 0) | eq(h[Csr::stimecmph], Term(~0u)));
    if (mode == Mode::user) all = all & eq(h[Csr::sepc], seen(stage::enter)) & bits(h[Csr::sstatus], sstatus::spp | sstatus::spie, sstatus::spie);
    if (isa_.mmu().bounds) all = all & eq(h[Csr::base], Term(stage::base));
    return all & goes_on(h);
  }
  /// What must hold for the guest to go on.
  Truth goes_on(const Hart& h) {
    const Truth vector = bits(h[Csr::stvec], ~stage::vector_bits, stage::seen(isa_, stage::vectors));
    if (isa_.mmu().bounds) return vector & within(h[Csr::bound], stage::least_bound, stage::most_bound - stage::least_bound);
    return vector & bits(h[Csr::satp], satp::mode, 0);
  }
  Truth after(const Hart& h) {
    const Truth relocated = isa_.mmu().bounds ? eq(h[Csr::base], Term(stage::base)) | eq(h[Csr::base], Term(stage::base + stage::moved)) : Truth(true);
    return goes_on(h) & relocated & eq(SymbolicDomain::value(h.x[spare_]), seen(stage::registers));
  }
  /// Nothing changes that the guest cannot look at: stale translations; from user mode, what the trap into its kernel overwrites.
  static Truth shows(const State<SymbolicDomain>& before, const State<SymbolicDomain>& after, Mode mode) {
    Truth all = !SymbolicDomain::condition(after.flushed);
    if (mode == Mode::kernel) return all;
    for (const Csr r : {Csr::sepc, Csr::scause, Csr::stval}) all = all & eq(after.hart[r], before.hart[r]);
    constexpr uint32_t overwritten = sstatus::spp | sstatus::spie;
    return all & eq(after.hart[Csr::sstatus] & Term(overwritten), before.hart[Csr::sstatus] & Term(overwritten));
  }

  const Isa& isa_;
  const EncodingClass& class_;
  SymbolicDomain::World& world_;
  Reg spare_;
};

}  // namespace vmsim::check
