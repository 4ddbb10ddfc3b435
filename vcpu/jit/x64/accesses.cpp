// How a block reaches guest memory: through the translation cache, or, with paging off, straight to the host's bytes. Whatever the quick way
// does not take goes out of line, to the runtime's slow access, and comes back.
#include "vcpu/jit/x64/block_emitter.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim::jit::x64 {

using ir::Node;
using ir::Op;
using ir::Ref;

/// Where an access's address is made from: a value and what is added to it.
BlockEmitter::Where BlockEmitter::where_is(Ref address) const {
  const bool folded = values_[address].folds;
  const Node& n = block_->nodes[address];
  return {place(folded ? n.a : address), folded ? block_->nodes[n.b].k : 0};
}

/// The address of an access, less `minus`, in `to`.
void BlockEmitter::address_to(Reg32 to, const Where& where, uint32_t minus) {
  const uint32_t offset = where.offset - minus;
  if (where.from.kind == Place::constant) return mov(to, where.from.k + offset);
  if (where.from.kind == Place::reg && offset != 0) return lea(to, Mem{static_cast<int>(where.from.k), static_cast<int>(offset)});
  move(to, where.from);
  if (offset != 0) alu(Alu::add, to, offset);
}

/// In: eax the address. Looks up the cached translation for `low` to `high` bytes from there, which are within one page then: the entry is the
/// first byte's, and holds for the last one. Out: the entry at data + rcx. All temporaries but eax are used. Gives the jump to where there is none.
Hole BlockEmitter::find_in_cache(uint32_t entries, int32_t low, int32_t high) {
  using Entry = TranslationContext::Entry;
  static_assert(sizeof(Entry) == 16 && TranslationContext::data_slot(5u << 12) == 5 && TranslationContext::data_tag(0xABCD'E003, Width::word) == 0xABCD'E003);
  static_assert(Sharing::longest <= page_size && TranslationContext::data_entries > 1, "the last byte's page has another entry, unless it is the first one's");
  if (low == 0) mov(ecx, eax);
  else lea(ecx, Mem{Code::RAX, low});
  shift(Shift::right, ecx, 12 - 4);
  alu(Alu::and_, ecx, static_cast<uint32_t>(TranslationContext::data_entries - 1) << 4);
  if (high == 1) mov(edx, eax);
  else lea(edx, Mem{Code::RAX, high - 1});
  alu(Alu::and_, edx, ~(page_size - 1));
  alu(Alu::cmp, edx, Mem{.base = data, .displacement = static_cast<int>(entries + offsetof(Entry, tag)), .index = Code::RCX});
  return jump(not_equal);
}

/// Makes it possible to name the bytes of an access; all temporaries are used but those that are named.
BlockEmitter::Reached BlockEmitter::reach(Ref r, bool store) {
  const Node& n = block_->nodes[r];
  const auto bytes = static_cast<int32_t>(n.what);
  Reached found;
  found.where = where_is(n.a);
  if (ground_.direct) {
    address_to(ecx, found.where, ground_.base);
    found.at = {.base = data, .index = Code::RCX};
    if (!store) {
      alu(Alu::cmp, ecx, ground_.size - n.what);
      found.slow = jump(above);
      return found;
    }
    mov(eax, ecx);
    shift(Shift::right, eax, 12);
    cmp(byte[Reg64(base) + rax + VMSIM_STATE(writable)], 0);
    found.slow = jump(equal);
    if (bytes == 1) return found;
    Xbyak::CodeGenerator::test(cl, static_cast<int>(bytes - 1));
    found.misaligned = jump(not_equal);
    return found;
  }
  const Sharing::Member* member = sharing_.member(r);
  const Mem kept = field(member == nullptr ? 0 : VMSIM_STATE(shared) + 8 * sharing_.group(*member).place);
  if (member != nullptr && !member->first) {
    mov(rcx, kept);
    test(rcx, rcx);
    found.slow = jump(equal);
    found.at = {.base = Code::RCX, .displacement = member->distance};
    found.how = Reached::shared;
    return found;
  }
  const auto entries = static_cast<uint32_t>(store ? offsetof(TranslationContext, write) : offsetof(TranslationContext, read));
  const Mem addend{.base = data, .displacement = static_cast<int>(entries + offsetof(TranslationContext::Entry, addend)), .index = Code::RCX};
  address_to(eax, found.where, 0);
  found.how = member == nullptr ? Reached::alone : Reached::first;
  found.slow = member == nullptr ? find_in_cache(entries, 0, bytes) : find_in_cache(entries, sharing_.group(*member).low, sharing_.group(*member).high);
  mov(rcx, addend);
  found.at = {.base = Code::RAX, .index = Code::RCX};
  if (member == nullptr) return found;
  Encoder::lea(rdx, ptr[rax + rcx]);
  mov(kept, rdx);
  return found;
}

/// Begins what stands out of line: eax is the address then.
void BlockEmitter::begin_slow(const Reached& reached) {
  fill(reached.slow);
  if (reached.misaligned.at != 0) fill(reached.misaligned);
  if (ground_.direct) lea(eax, Mem{Code::RCX, static_cast<int>(ground_.base)});
  else if (reached.how == Reached::shared) address_to(eax, reached.where, 0);
}

/// Ends it: the others of the group look for themselves.
void BlockEmitter::end_slow(Ref r, const Reached& reached, uint32_t back) {
  if (reached.how == Reached::first) alu_wide(Alu::and_, field(VMSIM_STATE(shared) + 8 * sharing_.group(*sharing_.member(r)).place), 0);
  fill(jump(), back);
}

void BlockEmitter::load(Ref r, Reg32 to) {
  const Node& n = block_->nodes[r];
  const bool is_signed = n.k != 0;
  const Reached from = reach(r, false);
  done_with(n.a);
  Encoder::load(to, from.at, n.what, is_signed);
  later_.push_back([this, r, from, back = size(), to = to.getIdx()] {
    const Node& n = block_->nodes[r];
    begin_slow(from);
    mov(rdx, access_info(block_->guests[n.at].pc, block_->count - n.at, n.what));
    fill_outside(call_later(), from.how == Reached::alone ? runtime_.slow_load_ : runtime_.looked_up_loads_[n.what / 2]);
    if (n.k != 0 && n.what == 1) movsx(Reg32(to), al);
    else if (n.k != 0) movsx(Reg32(to), ax);
    else if (to != Code::RAX) mov(Reg32(to), eax);
    end_slow(r, from, back);
  });
}

void BlockEmitter::store(Ref r) {
  const Node& n = block_->nodes[r];
  vacate_all();
  const Place value = place(n.b);
  const Reached into = reach(r, true);
  if (value.kind == Place::constant) {
    Encoder::store(into.at, value.k, n.what);
  } else {
    Reg32 from = edx;
    if (value.kind == Place::reg) from = Reg32(static_cast<int>(value.k));
    else move(from, value);
    Encoder::store(into.at, from, n.what);
  }
  later_.push_back([this, r, into, back = size(), value] {
    const Node& n = block_->nodes[r];
    begin_slow(into);
    move(ecx, value);
    mov(rdx, access_info(block_->guests[n.at].pc, block_->count - n.at, n.what));
    fill_outside(call_later(), into.how == Reached::alone ? runtime_.slow_store_ : runtime_.looked_up_stores_[n.what / 2]);
    end_slow(r, into, back);
  });
  done_with(n.a);
  done_with(n.b);
}

}  // namespace vmsim::jit::x64
