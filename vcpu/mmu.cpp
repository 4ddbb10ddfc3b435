#include "vcpu/mmu.hpp"

#include <algorithm>

#include "isa/page_walk.hpp"
#include "vcpu/fence_races.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim {
namespace {

/// The machine that a page walk needs: the hart's registers, and page-table entries from main memory.
class Walker : public HartMachine<WordDomain, false> {
 public:
  Walker(const Isa& isa, Hart& hart, const Memory& memory) : HartMachine(isa, hart, nullptr), memory_(memory) {}
  [[nodiscard]] PhysicalWord<Word, Flag> physical_word(Word page, Word offset) const {
    const Physical at{page.bits << 12 | offset.bits};
    if (page.bits >> 20 != 0 || !memory_.contains(at, 4)) return {{false}, 0};
    return {{true}, memory_.read(at, Width::word)};
  }

 private:
  const Memory& memory_;
};

constexpr uint64_t no_context = TranslationContext{}.key;

AccessResult fault(uint32_t cause, Virtual at) { return {.fault = true, .cause = cause, .tval = at.at}; }

}  // namespace

uint64_t translation_key(const Isa& isa, const Hart& hart) {
  // A machine may write, and so wants a hart that may be written to; the key only reads, and it is asked for at every
  // change of mode.
  HartMachine<WordDomain, false> machine(isa, const_cast<Hart&>(hart), nullptr);
  const auto key = translation_key(machine);
  const uint64_t root = isa.mmu().bounds ? uint64_t{key.root.bits} << 32 | key.bound.bits : uint64_t{key.root.bits} << 3;
  return root | key.kernel.bits | key.sum.bits << 1 | key.mxr.bits << 2;
}

TranslationContext& Mmu::select(const Hart& hart) {
  const uint64_t key = translation_key(isa_, hart);
  if (contexts_[current_].key != key) {
    auto it = contexts_.begin() + static_cast<std::ptrdiff_t>(current_);
    if (it->key != no_context) {  // else none has a key, and this one is warm
      it = std::ranges::find(contexts_, key, &TranslationContext::key);
      if (it == contexts_.end()) it = std::ranges::min_element(contexts_, {}, &TranslationContext::used);
    }
    if (it->key != key) {
      it->reads.empty(it->read);
      it->writes.empty(it->write);
      it->fetches.empty(it->fetch);
      it->key = key;
      it->generation = ++generations_;
    }
    it->used = ++clock_;
    current_ = static_cast<size_t>(it - contexts_.begin());
  }
  return contexts_[current_];
}

TranslateResult Mmu::translate(Hart& hart, Virtual address, Access access) {
  static_assert(PageTableReader<Walker>);
  Walker walker(isa_, hart, bus_.memory());
  const auto walk = translate_address(walker, Word{address.at}, access, hart.mode);
  if (races_ != nullptr && walk.paging.on) races_->walked(hart, address, {walk.valid.on ? walk.leaf.bits : 0, walk.superpage.on});
  if (walk.page_fault.on) return {.fault = true, .cause = cause::page_fault(access)};
  if (walk.access_fault.on) return {.fault = true, .cause = cause::access_fault(access)};
  return {.physical = Physical{walk.physical.bits}, .wide = walk.superpage.on || !walk.paging.on};
}

TranslateResult Mmu::translate_to_memory(Hart& hart, Virtual address, Access access) {
  TranslateResult t = translate(hart, address, access);
  if (!t.fault && !bus_.memory().contains(t.physical, 1)) t = {.fault = true, .cause = cause::access_fault(access)};
  return t;
}

TranslateResult Mmu::fetch(Hart& hart, Virtual address) {
  const Virtual page{address.at & ~(page_size - 1)};
  const TranslateResult t = translate_to_memory(hart, page, Access::fetch);
  if (t.fault || !cached_) return t;
  TranslationContext& context = select(hart);
  const size_t slot = TranslationContext::fetch_slot(page.at);
  context.fetch[slot] = {.tag = page.at, .page = t.physical};
  context.fetches.add(slot);
  return t;
}

void Mmu::remember(Virtual address, Physical physical, Access access) {
  if (!cached_) return;
  Memory& memory = bus_.memory();
  if (access == Access::store && memory.holds_code(physical)) return;
  TranslationContext& context = contexts_[current_];
  const bool store = access == Access::store;
  const uintptr_t host = reinterpret_cast<uintptr_t>(memory.host(physical));
  const size_t slot = TranslationContext::data_slot(address.at);
  (store ? context.write : context.read)[slot] = {address.at & ~(page_size - 1), host - address.at};
  (store ? context.writes : context.reads).add(slot);
}

AccessResult Mmu::access(Hart& hart, Virtual address, Width width, Access access, uint32_t value) {
  const auto size = static_cast<uint32_t>(width);
  if (address.offset() + size > page_size) return access_straddling(hart, address, width, access, value);
  const TranslateResult t = translate(hart, address, access);
  if (t.fault) return fault(t.cause, address);
  if (bus_.memory().contains(t.physical, size)) remember(address, t.physical, access);
  return access_physical(t.physical, address, width, access, value);
}

std::optional<Physical> Mmu::in_memory(Hart& hart, Virtual address, Width width, Access access) {
  const auto size = static_cast<uint32_t>(width);
  if (address.offset() + size > page_size) return std::nullopt;
  const TranslateResult t = translate(hart, address, access);
  if (t.fault || !bus_.memory().contains(t.physical, size)) return std::nullopt;
  remember(address, t.physical, access);
  return t.physical;
}

AccessResult Mmu::access_physical(Physical physical, Virtual address, Width width, Access access, uint32_t value) {
  const auto size = static_cast<uint32_t>(width);
  AccessResult result{.physical = physical};
  Memory& memory = bus_.memory();
  if (memory.contains(physical, size)) {
    if (access == Access::store) memory.write(physical, value, width);
    else result.value = memory.read(physical, width);
    return result;
  }
  if (physical.at % size != 0) return fault(cause::access_fault(access), address);
  result.device = true;
  if (access == Access::store) return bus_.device_write(physical, value, width) ? result : fault(cause::store_access, address);
  const std::optional<uint32_t> read = bus_.device_read(physical, width);
  if (!read) return fault(cause::load_access, address);
  result.value = *read;
  return result;
}

AccessResult Mmu::access_straddling(Hart& hart, Virtual address, Width width, Access access, uint32_t value) {
  const Virtual second{(address.at & ~(page_size - 1)) + page_size};
  const TranslateResult low = translate_to_memory(hart, address, access);
  if (low.fault) return fault(low.cause, address);
  const TranslateResult high = translate_to_memory(hart, second, access);
  if (high.fault) return fault(high.cause, second);
  AccessResult result{.physical = low.physical};
  Memory& memory = bus_.memory();
  for (uint32_t i = 0; i < static_cast<uint32_t>(width); ++i) {
    const uint32_t offset = address.offset() + i;
    const Physical at{offset < page_size ? low.physical.at + i : high.physical.at + (offset - page_size)};
    if (access == Access::store) memory.write(at, value >> 8 * i & 0xFF, Width::byte);
    else result.value |= memory.read(at, Width::byte) << 8 * i;
  }
  return result;
}

AccessResult Mmu::load(Hart& hart, Virtual address, Width width) { return access(hart, address, width, Access::load, 0); }

AccessResult Mmu::store(Hart& hart, Virtual address, uint32_t value, Width width) { return access(hart, address, width, Access::store, value); }

void Mmu::flush(std::optional<Virtual> address) {
  for (TranslationContext& context : contexts_) {
    if (!address) context.key = no_context;  // emptied when it is next selected
    if (context.key == no_context) continue;
    // One leaf entry may map 4 MiB, and is cached here page by page.
    const auto stale = [&](const auto& entry) { return (entry.tag ^ address->at) >> 22 == 0; };
    context.reads.empty(context.read, stale);
    context.writes.empty(context.write, stale);
    context.fetches.empty(context.fetch, stale);
    context.generation = ++generations_;
  }
}

void Mmu::flush_writes() {
  for (TranslationContext& context : contexts_) context.writes.empty(context.write);
}

void Mmu::flush_fetches() {
  for (TranslationContext& context : contexts_) {
    context.fetches.empty(context.fetch);
    context.generation = ++generations_;
  }
}

}  // namespace vmsim
