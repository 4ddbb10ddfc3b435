// The Sv32 page walk, over any machine (privileged specification 1.12, section 4.3.2). It reads page tables and says what it
// found; it never writes one (a clear A or D bit faults), and it traps nothing: that is for who asked.
#pragma once

#include "isa/csr.hpp"

namespace vmsim {

namespace pte {
inline constexpr uint32_t valid = 1, read = 2, write = 4, execute = 8, user = 16, global = 32, accessed = 64, dirty = 128;
}

/// The outcome for one virtual address. Where neither fault is set, `physical` is where it lies.
template <class V, class F>
struct Walk {
  F page_fault;
  F access_fault;
  V physical;   // address of the byte
  V leaf;       // the entry that maps it; with paging off, 0
  F superpage;  // the leaf maps 4 MiB
};

/// Walks for an access made in `mode` with the hart's satp and sstatus as they stand.
template <class M>
auto page_walk(M& m, typename M::Value address, Access access, Mode mode) {
  using V = typename M::Value;
  using F = typename M::Condition;
  auto any = [](V entry, uint32_t bits) { return ne(entry & V{bits}, V{0u}); };
  auto is_valid = [&](V entry) { return any(entry, pte::valid) & !(any(entry, pte::write) & !any(entry, pte::read)); };
  auto is_leaf = [&](V entry) { return any(entry, pte::read | pte::execute); };

  const V root = m.csr(Csr::satp), status = m.csr(Csr::sstatus);
  const F paging = any(root, satp::mode);
  const auto upper = m.physical_word(root & V{satp::ppn}, shl(shr_u(address, V{22u}), V{2u}));
  const F superpage = is_leaf(upper.value);
  const F pointer = is_valid(upper.value) & !superpage & !any(upper.value, pte::dirty | pte::accessed | pte::user);
  const auto lower = m.physical_word(shr_u(upper.value, V{10u}), shl(shr_u(address, V{12u}) & V{0x3FFu}, V{2u}));
  const V leaf = select(superpage, upper.value, lower.value);

  const F found = is_valid(leaf) & is_leaf(leaf) & (superpage | pointer) &
                  !(superpage & any(leaf, 0x3FFu << 10));
  const F readable = any(leaf, pte::read) | (any(status, sstatus::mxr) & any(leaf, pte::execute));
  F permitted = access == Access::fetch  ? any(leaf, pte::execute)
                : access == Access::load ? readable
                                         : any(leaf, pte::write) & any(leaf, pte::dirty);
  permitted = permitted & any(leaf, pte::accessed);
  if (mode == Mode::user) permitted = permitted & any(leaf, pte::user);
  else if (access == Access::fetch) permitted = permitted & !any(leaf, pte::user);
  else permitted = permitted & !(any(leaf, pte::user) & !any(status, sstatus::sum));

  // An entry outside memory is an access fault, and so is a page beyond the 32 bits of toy32's physical addresses.
  const F missing = !(upper.ok & !(pointer & !lower.ok));
  const F beyond = any(leaf, ~0u << 30);
  const V offset = select(superpage, address & V{0x3F'FFFFu}, address & V{0xFFFu});
  const V mapped = shl(shr_u(leaf, V{10u}), V{12u}) | offset;
  return Walk<V, F>{
      .page_fault = paging & !missing & !(found & permitted),
      .access_fault = paging & (missing | (found & permitted & beyond)),
      .physical = select(paging, mapped, address),
      .leaf = select(paging, leaf, V{0u}),
      .superpage = paging & superpage,
  };
}

}  // namespace vmsim
