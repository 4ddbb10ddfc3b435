// A whole machine out of any bytes: registers, control registers within their rules, page tables, and code whose instructions are mostly legal. What
// the bytes do not say is zero. Two runs from the same bytes begin with the same state.
#pragma once

#include <array>
#include <cstring>

#include "fuzz/bytes.hpp"
#include "isa/page_walk.hpp"
#include "support/assembled.hpp"

namespace vmsim::fuzz {

struct WholeMachine {
  static constexpr uint32_t pages = 16, ram_size = pages * page_size;
  static constexpr uint32_t handler = 13, root = 14, leaves = 15;  // pages with a part of their own

  Hart hart;
  std::array<uint8_t, ram_size> ram{};

  explicit WholeMachine(Bytes& bytes) {
    const uint8_t flags = bytes.byte();
    const bool paging = (flags & 1) != 0;
    hart.mode = (flags & 2) != 0 ? Mode::user : Mode::kernel;
    for (size_t i = 1; i < hart.x.size(); ++i) hart.x[i] = value(bytes);
    for (const CsrRule& rule : toy32_csrs())
      if (rule.source == CsrSource::stored && bytes.byte() % 4 != 0) hart[rule.storage] = value(bytes) & rule.write_mask();
    // Mostly a handler that goes on after what trapped, so that a run is more than its first trap.
    if (bytes.byte() % 16 != 0) hart[Csr::stvec] = ram_base + handler * page_size;
    hart[Csr::stimecmp] = bytes.byte() / 8;
    hart[Csr::stimecmph] = 0;
    hart[Csr::satp] = paging ? satp::mode | uint32_t{flags} >> 2 << satp::asid_shift | (ram_base / page_size + root) : 0;
    if (paging) tables(bytes, (flags & 4) != 0);
    hart.pc = ram_base + bytes.byte() % 64 * 4;
    std::memcpy(ram.data() + handler * page_size, handler_code().data(), handler_code().size());
    for (uint32_t at = 0; !bytes.empty() && at < handler * page_size; at += 4) put(at, instruction(bytes));
  }

  void load_into(Computer& computer) const {
    computer.memory().write(Physical{ram_base}, ram);
    computer.hart() = hart;
  }

 private:
  void put(uint32_t at, uint32_t word) { std::memcpy(ram.data() + at, &word, sizeof word); }

  /// Goes on after the instruction that trapped, in the first page; after a failed fetch in the other mode. It uses registers that `instruction` does not.
  static const std::vector<uint8_t>& handler_code() {
    static const std::vector<uint8_t> code = test::assembled(R"(
        csrr t5, scause
        bltz t5, interrupt
        csrr t6, sepc
        addi t6, t6, 4
        li t4, 0x804003fc      # at either of the two places where memory is seen
        and t6, t6, t4
        csrw sepc, t6
        addi t5, t5, -12
        bnez t5, 1f
        li t5, 0x100
        csrr t6, sstatus
        xor t6, t6, t5
        csrw sstatus, t6
    1:  sret
    interrupt:
        csrci sip, 2
        rdtime t6
        addi t6, t6, 2
        csrw stimecmp, t6
        sret
    )")
                                                 .segments.at(0)
                                                 .bytes;
    return code;
  }

  static uint32_t value(Bytes& bytes) {
    static constexpr std::array<uint32_t, 8> corners{~0u,         0x8000'0000, 0x7FFF'FFFF, 0x1000'0000, ram_base + ram_size - 2,
                                                     0x0010'0000, 0x0C00'0000, 0x1000'1000};
    const uint8_t code = bytes.byte();
    switch (code & 3) {
      case 0: return code >> 2;
      case 1: return ram_base + uint32_t{code} / 4 * 1024;
      case 2: return corners[code / 4 % corners.size()];
      default: return bytes.word();
    }
  }

  /// Memory is seen at its own addresses and, through the same entries, at 4 MiB.
  void tables(Bytes& bytes, bool user) {
    const uint32_t table = (ram_base / page_size + leaves) << 10 | pte::valid;
    put(root * page_size + 4 * (ram_base >> 22), table);
    put(root * page_size + 4, table);
    put(root * page_size + 4 * (0x1000'0000 >> 22), 0x1000'0000 >> 12 << 10 | 0xC7);
    for (uint32_t page = 0; page < pages; ++page) {
      const uint8_t change = bytes.byte();
      const uint32_t target = change % 4 == 3 && page != handler ? change / 16 : page;
      const bool for_user = page != handler && (user || change % 8 == 4);
      const uint32_t bits = change % 4 == 2 && page != handler ? bytes.byte() : 0xCF | (for_user ? uint32_t{pte::user} : 0);
      put(leaves * page_size + 4 * page, (ram_base / page_size + target) << 10 | bits);
    }
  }

  static uint32_t instruction(Bytes& bytes) {
    const Isa& isa = Isa::toy32();
    const uint8_t which = bytes.byte();
    if (which == 0xFF) return bytes.word();
    const auto op = static_cast<Op>(which % isa.rows().size());
    const uint8_t registers = bytes.byte(), more = bytes.byte();
    Operands<uint32_t> o{.rd = static_cast<Reg>(registers & 15), .rs1 = static_cast<Reg>(registers >> 4), .rs2 = static_cast<Reg>(more & 15)};
    const auto near = static_cast<uint32_t>(static_cast<int8_t>(bytes.byte()));
    const auto csrs = isa.csrs();
    o.csr = csrs[more % csrs.size()].number;
    switch (isa.row(op).format) {
      case Format::Branch:
      case Format::Jump: o.imm = near * 4; break;
      case Format::Upper: o.imm = near << 12; break;
      case Format::Shift: o.imm = near & 31; break;
      case Format::CsrImm: o.imm = near & 31; break;
      default: o.imm = near; break;
    }
    return isa.encode(op, o);
  }
};

}  // namespace vmsim::fuzz
