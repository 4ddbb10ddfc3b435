#include "monitor/shadow.hpp"

#include <algorithm>
#include <array>

#include "isa/page_walk.hpp"
#include "monitor/answer.hpp"

namespace vmsim {
namespace {

constexpr uint32_t superpage_size = 4u << 20;
constexpr uint32_t pointer_bits = pte::valid;
constexpr uint32_t last_space = satp::asid >> satp::asid_shift;

uint32_t entry_for(RealPhysical target, uint32_t bits) { return target.at >> 12 << 10 | bits; }
RealPhysical target_of(uint32_t entry) { return RealPhysical{entry >> 10 << 12}; }
bool is_pointer(uint32_t entry) { return (entry & (pte::valid | pte::read | pte::execute)) == pte::valid; }
RealPhysical upper_entry(RealPhysical root, Virtual address) { return RealPhysical{root.at + (address.at >> 22) * 4}; }
RealPhysical lower_entry(RealPhysical table, Virtual address) { return RealPhysical{table.at + (address.at >> 12 & 0x3FF) * 4}; }

}  // namespace

Shadow::Shadow(Platform& real, Bus& guest, const Slice& slice, RealPhysical pool, uint32_t pages)
    : real_(real), isa_(real.isa()), memory_(real.memory()), guest_(guest), guest_mmu_(real.isa(), guest, false), slice_(slice), pool_(pool), pages_(pages),
      holds_pieces_(pages) {}

uint32_t Shadow::get(RealPhysical entry) const { return memory_.read(Physical{entry.at}, Width::word); }
void Shadow::set(RealPhysical entry, uint32_t value) { memory_.write(Physical{entry.at}, value, Width::word); }

void Shadow::clear(RealPhysical table) {
  static constexpr std::array<uint8_t, page_size> zeros{};
  memory_.write(Physical{table.at}, zeros);
  holds_pieces_[index_of(table)] = false;
}

RealPhysical Shadow::new_table(Root& root) {
  RealPhysical table{pool_.at + taken_ * page_size};
  if (free_.empty()) ++taken_;
  else table = free_.back(), free_.pop_back();
  clear(table);
  root.tables.push_back(table);
  return table;
}

void Shadow::give_up(Roots::iterator it) {
  for (Recent& recent : recent_)
    if (recent.root == &it->second) recent = {};
  if (it->second.generation == generation_) free_.insert(free_.end(), it->second.tables.begin(), it->second.tables.end());
  roots_.erase(it);
}

void Shadow::give_up_all() {
  ++generation_;
  taken_ = 0;
  free_.clear();
  recent_.fill({});
  if (roots_.size() > pages_) roots_.clear();
}

uint32_t Shadow::make_room(uint32_t count) {
  uint32_t evicted = 0;
  while (free_pages() < count) {
    const auto oldest = std::ranges::min_element(roots_, {}, [](const auto& r) { return r.second.used; });
    evicted += oldest->second.generation == generation_;
    give_up(oldest);
  }
  return evicted;
}

Shadow::Root* Shadow::find(uint64_t key) {
  Recent& recent = recent_[key % recent_.size()];
  if (recent.root == nullptr || recent.key != key) {
    const auto found = roots_.find(key);
    if (found == roots_.end() || found->second.generation != generation_) return nullptr;
    recent = {key, &found->second};
  }
  if (recent.root->used != clock_) recent.root->used = ++clock_;
  return recent.root;
}

Shadow::Root& Shadow::root(uint64_t key, const Hart& virtual_hart) {
  if (Root* const found = find(key)) return *found;
  // Every root ever made has a real satp of its own, so what the real hart remembers of one that is gone does no harm. When
  // ASIDs run out, all start anew.
  if (next_space_ == last_space) {
    real_.flush({});
    next_space_ = 0;
    give_up_all();
  }
  Root& made = roots_[key];
  made.generation = generation_;
  made.used = ++clock_;
  made.tables.clear();
  const bool translates = (virtual_hart[Csr::satp] & satp::mode) != 0;
  made.space = translates ? std::optional((virtual_hart[Csr::satp] & satp::asid) >> satp::asid_shift) : std::nullopt;
  make_room(1);
  made.satp = satp::mode | ++next_space_ << satp::asid_shift | new_table(made).at >> 12;
  return made;
}

void Shadow::apply(const Hart& virtual_hart, Hart& real_hart) {
  if (!isa_.mmu().bounds) {
    real_hart[Csr::satp] = root(translation_key(isa_, virtual_hart), virtual_hart).satp;
    return;
  }
  relocate_guest<WordDomain>(isa_, virtual_hart, real_hart, slice_.guest.at, slice_.size, slice_.real.at - slice_.guest.at);
}

bool Shadow::shows(const Hart& virtual_hart, Virtual address, Access access, RealPhysical& at) {
  if (isa_.mmu().bounds) return false;
  const Root* const root = find(translation_key(isa_, virtual_hart));  // used as if the real hart had entered it
  if (root == nullptr) return false;
  const uint32_t needed = pte::valid | (access == Access::load ? pte::read : access == Access::store ? pte::write : pte::execute);
  uint32_t entry = get(upper_entry(root->tables.front(), address));
  const bool wide = !is_pointer(entry);
  if (!wide) entry = get(lower_entry(target_of(entry), address));
  at = RealPhysical{target_of(entry).at | (address.at & ((wide ? superpage_size : page_size) - 1))};
  return (entry & needed) == needed;
}

uint32_t Shadow::permissions(Hart& virtual_hart, Virtual address, Access known) {
  auto granted = [&](Access access) { return access == known || !guest_mmu_.translate(virtual_hart, address, access).fault; };
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
  if (isa_.mmu().bounds) return {.outcome = Outcome::out_of_reach, .guest = GuestPhysical{found.physical.at}};

  // A root and a lower table may be needed: room is made first, because it may cost this very root.
  Fill fill{.outcome = Outcome::filled, .guest = page, .real = *real_page, .evicted = make_room(2)};
  Root& root = this->root(translation_key(isa_, virtual_hart), virtual_hart);
  const uint32_t bits = permissions(virtual_hart, address, access) | pte::valid | pte::user | pte::accessed | pte::dirty;
  const RealPhysical upper = upper_entry(root.tables.front(), address);
  const uint32_t old = get(upper);

  const GuestPhysical around{page.at & ~(superpage_size - 1)};
  const auto real_around = slice_.to_real(around, superpage_size);
  if (found.wide && real_around && real_around->at % superpage_size == 0 && !is_pointer(old)) {
    set(upper, entry_for(*real_around, bits));
    fill.extent = Extent::superpage;
    return fill;
  }
  RealPhysical table = target_of(old);
  if (!is_pointer(old)) {
    table = new_table(root);
    set(upper, entry_for(table, pointer_bits));
  }
  if (found.wide) {
    holds_pieces_[index_of(table)] = true;
    fill.extent = Extent::piece;
  }
  set(lower_entry(table, address), entry_for(*real_page, bits));
  return fill;
}

void Shadow::fence_address(Root& root, Virtual address) {
  const RealPhysical upper = upper_entry(root.tables.front(), address);
  const uint32_t entry = get(upper);
  if (!is_pointer(entry)) return set(upper, 0);
  const RealPhysical table = target_of(entry);
  if (holds_pieces_[index_of(table)]) clear(table);
  else set(lower_entry(table, address), 0);
}

void Shadow::fence(const Fence& fence) {
  if (!fence.address && !fence.space) return give_up_all();
  auto concerned = [&](const Root& root) { return root.generation == generation_ && (!fence.space || root.space == fence.space); };
  if (!fence.address) {
    for (auto it = roots_.begin(); it != roots_.end();) {
      const auto here = it++;
      if (concerned(here->second)) give_up(here);
    }
    return;
  }
  for (auto& [key, root] : roots_)
    if (concerned(root)) fence_address(root, *fence.address);
  real_.flush(fence.address);
}

}  // namespace vmsim
