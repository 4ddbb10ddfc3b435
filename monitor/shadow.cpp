#include "monitor/shadow.hpp"

#include <algorithm>

#include "isa/page_walk.hpp"

namespace vmsim {
namespace {

constexpr uint32_t superpage_size = 4u << 20;
constexpr uint32_t pointer_bits = pte::valid;

uint32_t entry_for(RealPhysical target, uint32_t bits) { return target.at >> 12 << 10 | bits; }
RealPhysical target_of(uint32_t entry) { return RealPhysical{entry >> 10 << 12}; }
bool is_pointer(uint32_t entry) { return (entry & (pte::valid | pte::read | pte::execute)) == pte::valid; }
RealPhysical upper_entry(RealPhysical root, Virtual address) { return RealPhysical{root.at + (address.at >> 22) * 4}; }
RealPhysical lower_entry(RealPhysical table, Virtual address) {
  return RealPhysical{table.at + (address.at >> 12 & 0x3FF) * 4};
}

}  // namespace

Shadow::Shadow(Platform& real, Bus& guest, const Slice& slice, RealPhysical pool, uint32_t pages)
    : real_(real), guest_mmu_(real.isa(), guest, false), slice_(slice), pool_(pool), pages_(pages), holds_pieces_(pages) {}

uint32_t Shadow::get(RealPhysical entry) const { return real_.memory().read(Physical{entry.at}, Width::word); }
void Shadow::set(RealPhysical entry, uint32_t value) { real_.memory().write(Physical{entry.at}, value, Width::word); }

RealPhysical Shadow::new_table() {
  const RealPhysical table{pool_.at + used_ * page_size};
  holds_pieces_[used_++] = false;
  for (uint32_t offset = 0; offset < page_size; offset += 4) set(RealPhysical{table.at + offset}, 0);
  return table;
}

void Shadow::reset() {
  used_ = 0;
  roots_.clear();
  current_satp_ = 0;
  real_.flush(std::nullopt);
}

uint32_t Shadow::root(const Hart& virtual_hart) {
  const uint64_t key = translation_key(virtual_hart);
  if (current_satp_ != 0 && key == current_key_) return current_satp_;
  auto it = std::ranges::find(roots_, key, &Root::key);
  if (it == roots_.end()) {
    if (used_ == pages_) reset();
    it = roots_.insert(roots_.end(), {key, new_table()});
  }
  current_key_ = key;
  current_satp_ = satp::mode | it->table.at >> 12;
  return current_satp_;
}

uint32_t Shadow::permissions(Hart& virtual_hart, Virtual address) {
  auto granted = [&](Access access) { return !guest_mmu_.translate(virtual_hart, address, access).fault; };
  uint32_t bits = 0;
  if (granted(Access::load)) bits |= pte::read;
  if (granted(Access::store)) bits |= pte::write;
  if (granted(Access::fetch)) bits |= pte::execute;
  return bits;
}

Shadow::Fill Shadow::fill(Hart& virtual_hart, Virtual address, Access access) {
  const TranslateResult found = guest_mmu_.translate(virtual_hart, address, access);
  if (found.fault) return {.outcome = Outcome::fault, .cause = found.cause};
  const GuestPhysical page{found.physical.at & ~(page_size - 1)};
  const auto real_page = slice_.to_real(page, page_size);
  if (!real_page) return {.outcome = Outcome::outside, .guest = GuestPhysical{found.physical.at}};

  // A root and a lower table may be needed: make room first, because making room forgets both.
  if (used_ + 2 > pages_) reset();
  const RealPhysical root{(this->root(virtual_hart) & satp::ppn) << 12};
  const uint32_t bits = permissions(virtual_hart, address) | pte::valid | pte::user | pte::accessed | pte::dirty;
  const RealPhysical upper = upper_entry(root, address);
  const uint32_t old = get(upper);

  const GuestPhysical around{page.at & ~(superpage_size - 1)};
  const auto real_around = slice_.to_real(around, superpage_size);
  if (found.wide && real_around && real_around->at % superpage_size == 0 && !is_pointer(old)) {
    set(upper, entry_for(*real_around, bits));
  } else {
    RealPhysical table = target_of(old);
    if (!is_pointer(old)) {
      table = new_table();
      set(upper, entry_for(table, pointer_bits));
    }
    if (found.wide) holds_pieces_[index_of(table)] = true;
    set(lower_entry(table, address), entry_for(*real_page, bits));
  }
  return {.outcome = Outcome::filled, .guest = page, .real = *real_page};
}

void Shadow::flush(std::optional<Virtual> address) {
  if (!address) return reset();
  for (const Root& root : roots_) {
    const RealPhysical upper = upper_entry(root.table, *address);
    const uint32_t entry = get(upper);
    if (!is_pointer(entry)) {
      set(upper, 0);
      continue;
    }
    const RealPhysical table = target_of(entry);
    if (!holds_pieces_[index_of(table)]) {
      set(lower_entry(table, *address), 0);
      continue;
    }
    for (uint32_t offset = 0; offset < page_size; offset += 4) set(RealPhysical{table.at + offset}, 0);
    holds_pieces_[index_of(table)] = false;
  }
  real_.flush(address);
}

}  // namespace vmsim
