// Trap entry, interrupt choice and trap return, over any machine (privileged specification 1.12, sections 4.1.1, 4.1.2
// and 3.3.2). Nothing else in the project says what a trap does to a hart.
#pragma once

#include "isa/control_flow.hpp"
#include "isa/csr.hpp"

namespace vmsim {

/// What a trap takes from the hart, wherever it goes: nothing on toy32.
template <class M>
constexpr void lose_to_trap(M& m) {
  if (m.isa().trap().clears_reservation) m.release();
  if (m.isa().trap().loses != 0) m.set(m.isa().trap().loses, 0u);
}

/// Moves the hart into its kernel's vector. `cause` has bit 31 set for an interrupt.
template <class M>
constexpr void enter_trap(M& m, typename M::Value cause, typename M::Value tval) {
  using V = typename M::Value;
  const V status = m.csr(Csr::sstatus), vector = m.csr(Csr::stvec);
  const V was_enabled = select(ne(status & V{sstatus::sie}, V{0u}), V{sstatus::spie}, V{0u});
  const V was_kernel = V{m.mode() == Mode::kernel ? sstatus::spp : 0u};
  m.set_csr(Csr::sepc, m.pc());
  m.set_csr(Csr::scause, cause);
  m.set_csr(Csr::stval, tval);
  m.set_csr(Csr::sstatus, (status & V{~(sstatus::sie | sstatus::spie | sstatus::spp)}) | was_enabled | was_kernel);
  m.set_mode(V{static_cast<uint32_t>(Mode::kernel)});
  lose_to_trap(m);
  const auto vectored = ne(vector & V{1u}, V{0u}) & ne(cause & V{cause::interrupt}, V{0u});
  m.set_pc((vector & V{~3u}) + select(vectored, shl(cause, V{2u}), V{0u}));
}

/// `sret`: back to the mode and pc that the trap came from.
template <class M>
constexpr void leave_trap(M& m) {
  using V = typename M::Value;
  const V status = m.csr(Csr::sstatus);
  const V enabled = select(ne(status & V{sstatus::spie}, V{0u}), V{sstatus::sie}, V{0u});
  jump(m, m.csr(Csr::sepc));
  m.set_mode(select(ne(status & V{sstatus::spp}, V{0u}), V{1u}, V{0u}));
  m.set_csr(Csr::sstatus, (status & V{~(sstatus::sie | sstatus::spp)}) | enabled | V{sstatus::spie});
}

/// Whether the hart takes interrupts at all as it stands: one is enabled and, in kernel mode, SIE is set.
template <class M>
constexpr auto takes_interrupts(M& m) {
  using V = typename M::Value;
  const auto enabled = ne(m.csr(Csr::sie), V{0u});
  return m.mode() == Mode::user ? enabled : enabled & ne(m.csr(Csr::sstatus) & V{sstatus::sie}, V{0u});
}

/// The cause of the interrupt that the hart takes before its next step, or 0 for none: external before software before
/// timer.
template <class M>
constexpr typename M::Value choose_interrupt(M& m) {
  using V = typename M::Value;
  const V ready = pending_interrupts(m) & m.csr(Csr::sie);
  auto has = [&](uint32_t bit) { return ne(ready & V{bit}, V{0u}); };
  const V chosen =
      select(has(interrupt_bit::external), V{cause::external_interrupt},
             select(has(interrupt_bit::software), V{cause::software_interrupt}, select(has(interrupt_bit::timer), V{cause::timer_interrupt}, V{0u})));
  return select(takes_interrupts(m), chosen, V{0u});
}

}  // namespace vmsim
