// The forms of instructions that nearly all translated code consists of, written straight into the buffer: going through Xbyak for each of
// them took a third of the time of a translation. Whatever is not here is Xbyak's, in the same buffer.
#pragma once

#include <cstring>

#include "vcpu/jit/x64/registers.hpp"

namespace vmsim::jit::x64 {

/// base + (index << scale) + displacement.
struct Mem {
  int base = 0, displacement = 0, index = -1, scale = 0;
};

/// What the host's flags say after a comparison, by its code in instructions; the lowest bit negates it.
enum Holds : uint8_t { below = 2, not_below, equal, not_equal, above = 7, negative, less = 12, not_less };
constexpr Holds opposite(Holds holds) { return static_cast<Holds>(holds ^ 1); }

/// Operations of two operands, by their code in instructions.
enum class Alu : uint8_t { add = 0, or_ = 1, and_ = 4, sub = 5, xor_ = 6, cmp = 7 };
enum class Shift : uint8_t { left = 4, right = 5, arithmetic = 7 };

/// A jump whose 32-bit displacement, which lies at `at` in the block, is not known yet.
struct Hole {
  uint32_t at = 0;
};

class Encoder : public Xbyak::CodeGenerator {
 protected:
  using CodeGenerator::CodeGenerator;
  using CodeGenerator::lea;
  using CodeGenerator::mov;
  using CodeGenerator::movsx;
  using CodeGenerator::movzx;

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(size_); }

  void mov(const Reg32& to, const Reg32& from) { registers(0x8B, to.getIdx(), from.getIdx()); }
  void mov(const Reg32& to, uint32_t k) {
    uint8_t* p = room();
    if (to.getIdx() > 7) *p++ = 0x41;
    *p++ = static_cast<uint8_t>(0xB8 | (to.getIdx() & 7));
    done(p, k);
  }
  void mov(const Reg32& to, const Mem& from) { done(memory({}, 0x8B, to.getIdx(), from)); }
  void mov(const Mem& to, const Reg32& from) { done(memory({}, 0x89, from.getIdx(), to)); }
  void mov(const Mem& to, uint32_t k) { done(memory({}, 0xC7, 0, to), k); }
  void mov(const Reg64& to, const Mem& from) { done(memory({.wide = true}, 0x8B, to.getIdx(), from)); }
  void mov(const Mem& to, const Reg64& from) { done(memory({.wide = true}, 0x89, from.getIdx(), to)); }
  void mov(const Reg64& to, uint64_t k) {
    uint8_t* p = room();
    *p++ = static_cast<uint8_t>(0x48 | to.getIdx() >> 3);
    *p++ = static_cast<uint8_t>(0xB8 | (to.getIdx() & 7));
    std::memcpy(p, &k, sizeof k);
    done(p + sizeof k);
  }
  void lea(const Reg32& to, const Mem& from) { done(memory({}, 0x8D, to.getIdx(), from)); }

  void alu(Alu op, const Reg32& to, const Reg32& from) { registers(static_cast<uint8_t>(static_cast<int>(op) << 3 | 3), to.getIdx(), from.getIdx()); }
  void alu(Alu op, const Reg32& to, const Mem& from) { done(memory({}, static_cast<uint8_t>(static_cast<int>(op) << 3 | 3), to.getIdx(), from)); }
  void alu(Alu op, const Mem& to, const Reg32& from) { done(memory({}, static_cast<uint8_t>(static_cast<int>(op) << 3 | 1), from.getIdx(), to)); }
  void alu(Alu op, const Reg32& to, uint32_t k) {
    const bool small = fits(k);
    registers(small ? 0x83 : 0x81, static_cast<int>(op), to.getIdx());
    immediate(k, small);
  }
  void alu(Alu op, const Mem& to, uint32_t k) { alu(op, to, k, false); }
  void alu_wide(Alu op, const Mem& to, uint32_t k) { alu(op, to, k, true); }
  void test(const Reg32& a, const Reg32& b) { registers(0x85, b.getIdx(), a.getIdx()); }
  void test(const Reg64& a, const Reg64& b) { registers(0x85, b.getIdx(), a.getIdx(), true); }
  void shift(Shift op, const Reg32& to, uint8_t by) {
    registers(0xC1, static_cast<int>(op), to.getIdx());
    top_[size_++] = by;
  }

  /// Moves of `bytes` from and to memory; what is narrow is extended on its way in.
  void load(const Reg32& to, const Mem& from, uint32_t bytes, bool is_signed) {
    if (bytes == 4) return mov(to, from);
    done(memory({.second = true}, static_cast<uint8_t>((is_signed ? 0xBE : 0xB6) + (bytes == 2)), to.getIdx(), from));
  }
  void store(const Mem& to, const Reg32& from, uint32_t bytes) {
    done(memory({.half = bytes == 2, .byte = bytes == 1}, bytes == 1 ? 0x88 : 0x89, from.getIdx(), to));
  }
  void store(const Mem& to, uint32_t k, uint32_t bytes) {
    uint8_t* p = memory({.half = bytes == 2}, bytes == 1 ? 0xC6 : 0xC7, 0, to);
    std::memcpy(p, &k, bytes);
    done(p + bytes);
  }

  /// Jumps that go on here or nowhere yet.
  Hole jump() {
    uint8_t* p = room();
    *p++ = 0xE9;
    return done(p, 0), Hole{size() - 4};
  }
  Hole jump(Holds holds) {
    uint8_t* p = room();
    *p++ = 0x0F;
    *p++ = static_cast<uint8_t>(0x80 | holds);
    return done(p, 0), Hole{size() - 4};
  }
  Hole call_later() {
    uint8_t* p = room();
    *p++ = 0xE8;
    return done(p, 0), Hole{size() - 4};
  }
  /// The jump goes to `to`, counted from the start of the block, or to here.
  void fill(Hole jump, uint32_t to) {
    const uint32_t displacement = to - (jump.at + 4);
    std::memcpy(top_ + jump.at, &displacement, sizeof displacement);
  }
  void fill(Hole jump) { fill(jump, size()); }

 private:
  struct Form {
    bool wide = false, half = false, byte = false, second = false;  // 64, 16, 8 bits; an opcode after 0x0F
  };
  static bool fits(uint32_t k) { return k + 128 < 256; }

  /// Where the next instruction goes: there is room for any.
  uint8_t* room() {
    if (size_ + 16 > maxSize_) throw Xbyak::Error(Xbyak::ERR_CODE_IS_TOO_BIG);
    return top_ + size_;
  }
  void done(const uint8_t* end) { size_ = static_cast<size_t>(end - top_); }
  void done(uint8_t* end, uint32_t k) {
    std::memcpy(end, &k, sizeof k);
    done(end + sizeof k);
  }
  void immediate(uint32_t k, bool small) {
    if (small) top_[size_++] = static_cast<uint8_t>(k);
    else done(top_ + size_, k);
  }
  void alu(Alu op, const Mem& to, uint32_t k, bool wide) {
    const bool small = fits(k);
    done(memory({.wide = wide}, small ? 0x83 : 0x81, static_cast<int>(op), to));
    immediate(k, small);
  }
  void registers(uint8_t opcode, int reg, int other, bool wide = false) {
    uint8_t* p = room();
    const int rex = reg >> 3 << 2 | other >> 3 | (wide ? 8 : 0);
    if (rex != 0) *p++ = static_cast<uint8_t>(0x40 | rex);
    *p++ = opcode;
    *p++ = static_cast<uint8_t>(0xC0 | (reg & 7) << 3 | (other & 7));
    done(p);
  }
  uint8_t* memory(Form form, uint8_t opcode, int reg, const Mem& at) {
    uint8_t* p = room();
    const bool indexed = at.index >= 0;
    if (form.half) *p++ = 0x66;
    const int rex = reg >> 3 << 2 | (indexed ? at.index >> 3 << 1 : 0) | at.base >> 3 | (form.wide ? 8 : 0);
    if (rex != 0 || (form.byte && reg > 3)) *p++ = static_cast<uint8_t>(0x40 | rex);
    if (form.second) *p++ = 0x0F;
    *p++ = opcode;
    // A base whose low bits are 4 can only be named by a second byte, one whose low bits are 5 only with a displacement.
    const bool two = indexed || (at.base & 7) == 4, none = at.displacement == 0 && (at.base & 7) != 5, small = fits(static_cast<uint32_t>(at.displacement));
    *p++ = static_cast<uint8_t>((none ? 0 : small ? 0x40 : 0x80) | (reg & 7) << 3 | (two ? 4 : at.base & 7));
    if (two) *p++ = static_cast<uint8_t>(at.scale << 6 | (indexed ? at.index & 7 : 4) << 3 | (at.base & 7));
    if (none) return p;
    if (small) return *p++ = static_cast<uint8_t>(at.displacement), p;
    std::memcpy(p, &at.displacement, sizeof at.displacement);
    return p + sizeof at.displacement;
  }
};

}  // namespace vmsim::jit::x64
