// Instruction formats: which operand sits in which bits, read by decoder and encoder alike, so that they cannot
// disagree (unprivileged specification, sections 2.2 and 2.3).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace vmsim {

using Reg = uint8_t;

/// A format says where the operands are and, for the assembler and the disassembler, how they are written.
enum class Format : uint8_t {
  R,        // add rd, rs1, rs2
  I,        // addi rd, rs1, imm
  Shift,    // slli rd, rs1, shamt
  Load,     // lw rd, imm(rs1)
  Store,    // sw rs2, imm(rs1)
  Branch,   // beq rs1, rs2, target
  Upper,    // lui rd, imm20
  Jump,     // jal rd, target
  JumpReg,  // jalr rd, imm(rs1)
  Csr,      // csrrw rd, csr, rs1
  CsrImm,   // csrrwi rd, csr, uimm
  Atomic,   // amoadd.w.aqrl rd, rs2, (rs1)
  Reserve,  // lr.w.aq rd, (rs1)
  Fence,    // fence pred, succ
  FenceI,   // fence.i
  Flush,    // sfence.vma rs1, rs2
  None,     // ecall
};
inline constexpr int format_count = 17;

/// `width` bits at `word_low` in the encoding are bits `value_low` and up of the operand.
struct Piece {
  uint8_t word_low, width, value_low;
};

/// An immediate: up to four pieces; `bits` is its width with the low zeros included. `is_signed` says how it extends.
struct Immediate {
  std::array<Piece, 4> pieces{};
  uint8_t count = 0;
  uint8_t bits = 0;
  bool is_signed = false;
};

struct Layout {
  bool rd = false, rs1 = false, rs2 = false;
  Immediate imm{};
  bool csr = false;  // the 12-bit CSR number in bits 31..20
};

constexpr Layout layout(Format format) {
  constexpr Immediate none{};
  constexpr Immediate i{{{{20, 12, 0}}}, 1, 12, true};
  constexpr Immediate s{{{{7, 5, 0}, {25, 7, 5}}}, 2, 12, true};
  constexpr Immediate b{{{{8, 4, 1}, {25, 6, 5}, {7, 1, 11}, {31, 1, 12}}}, 4, 13, true};
  constexpr Immediate u{{{{12, 20, 12}}}, 1, 32, false};
  constexpr Immediate j{{{{21, 10, 1}, {20, 1, 11}, {12, 8, 12}, {31, 1, 20}}}, 4, 21, true};
  constexpr Immediate shamt{{{{20, 5, 0}}}, 1, 5, false};
  constexpr Immediate uimm{{{{15, 5, 0}}}, 1, 5, false};
  constexpr Immediate aqrl{{{{25, 2, 0}}}, 1, 2, false};
  constexpr Immediate fence{{{{20, 12, 0}}}, 1, 12, false};
  switch (format) {
    case Format::R: return {true, true, true, none};
    case Format::I:
    case Format::Load:
    case Format::JumpReg: return {true, true, false, i};
    case Format::Shift: return {true, true, false, shamt};
    case Format::Store: return {false, true, true, s};
    case Format::Branch: return {false, true, true, b};
    case Format::Upper: return {true, false, false, u};
    case Format::Jump: return {true, false, false, j};
    case Format::Csr: return {true, true, false, none, true};
    case Format::CsrImm: return {true, false, false, uimm, true};
    case Format::Atomic: return {true, true, true, aqrl};
    case Format::Reserve: return {true, true, false, aqrl};
    // Ignored fields of the two fences are operands too, so that encoding gives back what was decoded.
    case Format::Fence:
    case Format::FenceI: return {true, true, false, fence};
    case Format::Flush: return {false, true, true, none};
    case Format::None: return {};
  }
  return {};
}

/// The encoding bits that a format's operands occupy; a row's pattern must leave exactly these open.
constexpr uint32_t operand_mask(Format format) {
  const Layout l = layout(format);
  uint32_t mask = 0;
  if (l.rd) mask |= 0x1Fu << 7;
  if (l.rs1) mask |= 0x1Fu << 15;
  if (l.rs2) mask |= 0x1Fu << 20;
  if (l.csr) mask |= 0xFFFu << 20;
  for (int i = 0; i < l.imm.count; ++i) mask |= static_cast<uint32_t>((uint64_t{1} << l.imm.pieces[i].width) - 1) << l.imm.pieces[i].word_low;
  return mask;
}

/// What a row sees of its encoding. `V` is the machine's value type for the immediate.
template <class V>
struct Operands {
  Reg rd = 0, rs1 = 0, rs2 = 0;
  uint16_t csr = 0;
  bool zero_source = false;  // bits 19..15 are 0: x0, or a zero immediate; such a csrrs, csrrc only reads
  V imm{};
};

constexpr uint32_t decode_immediate(const Immediate& imm, uint32_t word) {
  uint32_t value = 0;
  for (int i = 0; i < imm.count; ++i) {
    const Piece p = imm.pieces[i];
    value |= (word >> p.word_low & static_cast<uint32_t>((uint64_t{1} << p.width) - 1)) << p.value_low;
  }
  if (imm.is_signed) value = static_cast<uint32_t>(static_cast<int32_t>(value << (32 - imm.bits)) >> (32 - imm.bits));
  return value;
}

/// True where `value` is representable; `encode_immediate` drops what is not.
constexpr bool immediate_fits(const Immediate& imm, int64_t value) {
  uint32_t kept = 0;
  for (int i = 0; i < imm.count; ++i) kept |= static_cast<uint32_t>((uint64_t{1} << imm.pieces[i].width) - 1) << imm.pieces[i].value_low;
  if (imm.is_signed) {
    const int64_t limit = int64_t{1} << (imm.bits - 1);
    if (value < -limit || value >= limit) return false;
  } else if (value < 0 || value >> imm.bits != 0) {
    return false;
  }
  const uint32_t all = imm.bits == 32 ? ~0u : (1u << imm.bits) - 1;
  return (static_cast<uint32_t>(value) & all & ~kept) == 0;
}

constexpr uint32_t encode_immediate(const Immediate& imm, uint32_t value) {
  uint32_t word = 0;
  for (int i = 0; i < imm.count; ++i) {
    const Piece p = imm.pieces[i];
    word |= (value >> p.value_low & static_cast<uint32_t>((uint64_t{1} << p.width) - 1)) << p.word_low;
  }
  return word;
}

template <class V = uint32_t>
constexpr Operands<V> decode_operands(Format format, uint32_t word) {
  const Layout l = layout(format);
  Operands<V> o;
  if (l.rd) o.rd = word >> 7 & 31;
  if (l.rs1) o.rs1 = word >> 15 & 31;
  if (l.rs2) o.rs2 = word >> 20 & 31;
  if (l.csr) o.csr = static_cast<uint16_t>(word >> 20);
  o.zero_source = (word >> 15 & 31) == 0;
  o.imm = V{decode_immediate(l.imm, word)};
  return o;
}

constexpr uint32_t encode_operands(Format format, const Operands<uint32_t>& o) {
  const Layout l = layout(format);
  uint32_t word = encode_immediate(l.imm, o.imm);
  if (l.rd) word |= uint32_t{o.rd} << 7;
  if (l.rs1) word |= uint32_t{o.rs1} << 15;
  if (l.rs2) word |= uint32_t{o.rs2} << 20;
  if (l.csr) word |= uint32_t{o.csr} << 20;
  return word;
}

}  // namespace vmsim
