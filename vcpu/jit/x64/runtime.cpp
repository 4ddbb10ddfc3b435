// The runtime of translated code: how it is entered and left, how it calls for a slow access, and how exits are joined to blocks.
#include <cstring>

#include "vcpu/jit/x64/emitter.hpp"
#include "vcpu/jit/x64/registers.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim::jit::x64 {
namespace {

class Runtime : public Xbyak::CodeGenerator {
 public:
  Runtime(uint8_t* at, uint32_t room, bool resident) : CodeGenerator(room, at), resident_(resident) {}

  void residents(bool store) {
    if (!resident_) return;
    for (size_t i = 0; i < resident_hosts.size(); ++i) {
      const Reg32 host(resident_hosts[i]);
      const auto cell = dword[Reg64(base) + (4 * resident_guests[i] - static_cast<int>(base_offset))];
      if (store) mov(cell, host);
      else mov(host, cell);
    }
  }
  void enter() {
    for (const auto r : {Code::RBX, Code::RBP, Code::R12, Code::R13, Code::R14, Code::R15}) push(Reg64(r));
    sub(rsp, 8);
    lea(Reg64(base), ptr[rdi + static_cast<int>(base_offset)]);
    mov(rax, rsi);
    mov(Reg64(data), ptr[Reg64(base) + VMSIM_STATE(data)]);
    residents(false);
    jmp(rax);
  }
  void leave() {
    add(rsp, 8);
    for (const auto r : {Code::R15, Code::R14, Code::R13, Code::R12, Code::RBP, Code::RBX}) pop(Reg64(r));
    ret();
  }
  /// In: eax the address, rdx the info, ecx what to store. Out: eax what was loaded. Residents are kept, temporaries lost.
  void slow(const void* function, Xbyak::Label& gone) {
    residents(true);
    lea(rdi, ptr[Reg64(base) - static_cast<int>(base_offset)]);
    mov(esi, eax);
    mov(rax, reinterpret_cast<size_t>(function));
    sub(rsp, 8);
    call(rax);
    add(rsp, 8);
    test(rax, rax);
    js(gone, T_NEAR);
    residents(false);
    ret();
  }
  /// As slow, for one whose own translation may well be there: its group's was not, perhaps because that reaches over the end of a page.
  void looked_up_load(uint32_t bytes, const void* slow_load) {
    push(rdx);
    find(offsetof(TranslationContext, read), bytes);
    pop(rdx);
    jne(slow_load);
    mov(rcx, ptr[Reg64(data) + rcx + addend_of(offsetof(TranslationContext, read))]);
    if (bytes == 4) mov(eax, dword[rax + rcx]);
    else if (bytes == 2) movzx(eax, word[rax + rcx]);
    else movzx(eax, byte[rax + rcx]);
    ret();
  }
  void looked_up_store(uint32_t bytes, const void* slow_store) {
    Xbyak::Label found;
    push(rdx);
    push(rcx);
    find(offsetof(TranslationContext, write), bytes);
    mov(rdx, ptr[Reg64(data) + rcx + addend_of(offsetof(TranslationContext, write))]);
    pop(rcx);
    je(found);
    pop(rdx);
    jmp(slow_store);
    L(found);
    if (bytes == 4) mov(dword[rax + rdx], ecx);
    else if (bytes == 2) mov(word[rax + rdx], cx);
    else mov(byte[rax + rdx], cl);
    pop(rdx);
    ret();
  }

 private:
  static int addend_of(size_t entries) { return static_cast<int>(entries + offsetof(TranslationContext::Entry, addend)); }
  /// The cached translation's entry for the access at eax, at data + rcx; equal where it holds. edx is lost.
  void find(size_t entries, uint32_t bytes) {
    mov(ecx, eax);
    shr(ecx, 12 - 4);
    and_(ecx, static_cast<uint32_t>(TranslationContext::data_entries - 1) << 4);
    lea(edx, ptr[rax + static_cast<int>(bytes - 1)]);
    and_(edx, ~(page_size - 1));
    cmp(edx, dword[Reg64(data) + rcx + static_cast<int>(entries + offsetof(TranslationContext::Entry, tag))]);
  }

  bool resident_;
};

}  // namespace

uint32_t Emitter::write_runtime(uint8_t* cache, const uint8_t* executable, uint32_t room, SlowLoad load, SlowStore store) {
  Runtime code(cache, room, features_.resident);
  const auto here = [&] { return static_cast<uint32_t>(code.getSize()); };
  const uint32_t entry = here();
  code.enter();
  Xbyak::Label save, gone;
  for (size_t reason = 0; reason < exits_.size(); ++reason) {
    exits_[reason] = here();
    code.mov(code.eax, static_cast<uint32_t>(reason));
    code.jmp(save, Xbyak::CodeGenerator::T_NEAR);
  }
  code.L(save);
  code.residents(true);
  code.leave();
  slow_load_ = here();
  code.slow(reinterpret_cast<const void*>(load), gone);
  slow_store_ = here();
  code.slow(reinterpret_cast<const void*>(store), gone);
  for (const uint32_t bytes : {1u, 2u, 4u}) {
    looked_up_loads_[bytes / 2] = here();
    code.looked_up_load(bytes, cache + slow_load_);
    looked_up_stores_[bytes / 2] = here();
    code.looked_up_store(bytes, cache + slow_store_);
  }
  code.L(gone);  // the registers are saved, and the return address is of no use
  code.add(code.rsp, 8);
  code.mov(code.eax, static_cast<uint32_t>(Reason::step));
  code.leave();
  enter_ = reinterpret_cast<Enter>(reinterpret_cast<uintptr_t>(executable) + entry);
  return here();
}

namespace {
void put(uint8_t* at, uint32_t value) { std::memcpy(at, &value, sizeof value); }
}  // namespace

void Emitter::join(uint8_t* cache, Link& link, const Translated& to) {
  put(cache + link.jump, to.code - (link.jump + 4));
  if (link.check != 0) put(cache + link.check, to.page);
}

void Emitter::part(uint8_t* cache, Link& link) { put(cache + link.jump, link.stub - (link.jump + 4)); }

}  // namespace vmsim::jit::x64
