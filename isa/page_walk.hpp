// Address translation, over any machine: the Sv32 page walk (privileged specification 1.12, section 4.3.2), and for variants relocation with a
// bound. It reads page tables and says what it found; it never writes one (a clear A or D bit faults), and it traps nothing: that is for who asked.
#pragma once

#include "isa/csr.hpp"
#include "isa/isa.hpp"

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
  F paging;     // it was translated: satp's MODE, or relocation
  F valid;      // there is a leaf, whatever it permits
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

  const F found = is_valid(leaf) & is_leaf(leaf) & (superpage | pointer) & !(superpage & any(leaf, 0x3FFu << 10));
  const F readable = any(leaf, pte::read) | (any(status, sstatus::mxr) & any(leaf, pte::execute));
  F permitted = access == Access::fetch ? any(leaf, pte::execute) : access == Access::load ? readable : any(leaf, pte::write) & any(leaf, pte::dirty);
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
      .paging = paging,
      .valid = (!missing) & found,
  };
}

/// Relocation and bound: below `bound`, an address lies `base` further on (Popek and Goldberg 1974, section 2; addresses are
/// modulo 2^32, and what lies outside memory is for who asked).
template <class M>
auto relocate(M& m, typename M::Value address) {
  using V = typename M::Value;
  using F = typename M::Condition;
  const F inside = lt_u(address, m.csr(Csr::bound));
  return Walk<V, F>{.page_fault = F{},
                    .access_fault = !inside,
                    .physical = address + m.csr(Csr::base),
                    .leaf = V{0u},
                    .superpage = F{},
                    .paging = inside | !inside,
                    .valid = inside};
}

/// Translates as this machine's MMU does, for an access made in `mode`.
template <class M>
auto translate_address(M& m, typename M::Value address, Access access, Mode mode) {
  using V = typename M::Value;
  const MmuRule& rule = m.isa().mmu();
  auto walk = rule.bounds ? relocate(m, address) : page_walk(m, address, access, mode);
  if (rule.direct_from == 0 || mode != Mode::kernel) return walk;
  const auto direct = !lt_u(address, V{rule.direct_from});
  walk.page_fault = walk.page_fault & !direct;
  walk.access_fault = walk.access_fault & !direct;
  walk.physical = select(direct, address - V{rule.direct_from - rule.direct_to}, walk.physical);
  walk.leaf = select(direct, V{0u}, walk.leaf);
  walk.superpage = walk.superpage & !direct;
  walk.paging = walk.paging | direct;
  walk.valid = walk.valid & !direct;
  return walk;
}

/// What translation depends on besides the tables: equal keys, equal translations. Caches and shadow roots go by it.
template <class V>
struct TranslationKey {
  V root{};                  // satp, or base
  V bound{};                 // of a `bounds` MMU
  V kernel{}, sum{}, mxr{};  // 0 or 1
};
template <class M>
TranslationKey<typename M::Value> translation_key(M& m) {
  using V = typename M::Value;
  const bool kernel = m.mode() == Mode::kernel, direct = kernel && m.isa().mmu().direct_from != 0;
  if (m.isa().mmu().bounds) return {.root = m.csr(Csr::base), .bound = m.csr(Csr::bound), .kernel = V{direct ? 1u : 0u}};
  const V root = m.csr(Csr::satp), status = m.csr(Csr::sstatus);
  const auto paging = ne(root & V{satp::mode}, V{0u});
  auto where_paging = [&](V bit) { return select(paging, bit, V{0u}); };
  auto flag = [&](uint32_t bit) { return select(ne(status & V{bit}, V{0u}), V{1u}, V{0u}); };
  return {.root = where_paging(root),
          .kernel = direct ? V{1u} : where_paging(V{kernel ? 1u : 0u}),
          .sum = kernel ? where_paging(flag(sstatus::sum)) : V{0u},
          .mxr = where_paging(flag(sstatus::mxr))};
}

}  // namespace vmsim
