// How a block reaches guest memory: through the translation cache, or, with paging off, straight to the host's bytes. Whatever the quick way
// does not take goes out of line, to the runtime's slow access, and comes back.
#include "vcpu/jit/x64/block_emitter.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim::jit::x64 {

using ir::Node;
using ir::Op;
using ir::Ref;

/// The address of an access, less `minus`, in `to`.
void BlockEmitter::address_to(Reg32 to, Ref address, uint32_t minus) {
  const Node& n = block_->nodes[address];
  const bool folded = folds_[address];
  const uint32_t offset = (folded ? block_->nodes[n.b].k : 0) - minus;
  const Place from = place(folded ? n.a : address);
  if (from.kind == Place::constant) return mov(to, from.k + offset);
  if (from.kind == Place::reg && offset != 0) return lea(to, ptr[Reg64(static_cast<int>(from.k)) + static_cast<int>(offset)]);
  move(to, from);
  if (offset != 0) add(to, offset);
}

/// In: eax the address. Out: rcx what has to be added for the host's. All temporaries are used. Gives the jump to where that is not known.
Hole BlockEmitter::find_in_cache(uint32_t entries, uint32_t bytes) {
  using Entry = TranslationContext::Entry;
  static_assert(sizeof(Entry) == 16 && TranslationContext::data_slot(5u << 12) == 5 && TranslationContext::data_tag(0xABCD'E003, Width::word) == 0xABCD'E003);
  mov(ecx, eax);
  shr(ecx, 12 - 4);
  and_(ecx, static_cast<uint32_t>(TranslationContext::data_entries - 1) << 4);
  mov(edx, eax);
  and_(edx, ~(page_size - 1) | (bytes - 1));
  const auto entry = Reg64(data) + rcx + static_cast<int>(entries);
  cmp(edx, dword[entry + static_cast<int>(offsetof(Entry, tag))]);
  jne(somewhere());
  const Hole slow = hole();
  mov(rcx, ptr[entry + static_cast<int>(offsetof(Entry, addend))]);
  return slow;
}

void BlockEmitter::load(Ref r, Reg32 to) {
  const Node& n = block_->nodes[r];
  const uint32_t bytes = n.what;
  const bool is_signed = n.k != 0;
  Hole slow;
  address_to(ground_.direct ? ecx : eax, n.a, ground_.direct ? ground_.base : 0);
  done_with(n.a);
  auto from = Reg64(data) + rcx;
  if (ground_.direct) {
    cmp(ecx, ground_.size - bytes);
    ja(somewhere());
    slow = hole();
  } else {
    slow = find_in_cache(offsetof(TranslationContext, read), bytes);
    from = rax + rcx;
  }
  if (bytes == 4) mov(to, dword[from]);
  else if (bytes == 2 && is_signed) movsx(to, word[from]);
  else if (bytes == 2) movzx(to, word[from]);
  else if (is_signed) movsx(to, byte[from]);
  else movzx(to, byte[from]);
  later_.push_back([this, slow, back = getCurr(), to = to.getIdx(), bytes, is_signed, at = n.at] {
    fill(slow);
    if (ground_.direct) lea(eax, ptr[rcx + static_cast<int>(ground_.base)]);
    mov(rdx, access_info(block_->guests[at].pc, block_->count - at, bytes));
    call(cache_ + runtime_.slow_load_);
    if (is_signed && bytes == 1) movsx(Reg32(to), al);
    else if (is_signed) movsx(Reg32(to), ax);
    else if (to != Code::RAX) mov(Reg32(to), eax);
    jmp(back, T_NEAR);
  });
}

void BlockEmitter::store(Ref r) {
  const Node& n = block_->nodes[r];
  const uint32_t bytes = n.what;
  vacate_all();
  Hole slow, misaligned;
  const Place value = place(n.b);
  address_to(ground_.direct ? ecx : eax, n.a, ground_.direct ? ground_.base : 0);
  auto into = Reg64(data) + rcx;
  if (ground_.direct) {
    mov(eax, ecx);
    shr(eax, 12);
    cmp(byte[Reg64(base) + rax + VMSIM_STATE(writable)], 0);
    je(somewhere());
    slow = hole();
    if (bytes != 1) {
      test(cl, static_cast<int>(bytes - 1));
      jnz(somewhere());
      misaligned = hole();
    }
  } else {
    slow = find_in_cache(offsetof(TranslationContext, write), bytes);
    into = rax + rcx;
  }
  const auto put = [&](const auto& what) {
    if (bytes == 4) mov(dword[into], what);
    else if (bytes == 2) mov(word[into], what);
    else mov(byte[into], what);
  };
  if (value.kind == Place::constant) {
    put(bytes == 4 ? value.k : bytes == 2 ? value.k & 0xFFFF : value.k & 0xFF);
  } else {
    Reg32 from = edx;
    if (value.kind == Place::reg) from = Reg32(static_cast<int>(value.k));
    else move(from, value);
    if (bytes == 4) mov(dword[into], from);
    else if (bytes == 2) mov(word[into], from.cvt16());
    else mov(byte[into], from.cvt8());
  }
  later_.push_back([this, slow, misaligned, back = getCurr(), value, bytes, at = n.at] {
    fill(slow);
    if (misaligned.at != 0) fill(misaligned);
    if (ground_.direct) lea(eax, ptr[rcx + static_cast<int>(ground_.base)]);
    move(ecx, value);
    mov(rdx, access_info(block_->guests[at].pc, block_->count - at, bytes));
    call(cache_ + runtime_.slow_store_);
    jmp(back, T_NEAR);
  });
  done_with(n.a);
  done_with(n.b);
}

}  // namespace vmsim::jit::x64
