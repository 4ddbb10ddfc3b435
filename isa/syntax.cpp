#include "isa/syntax.hpp"

#include <algorithm>

namespace vmsim {
namespace {

constexpr std::string_view abi_names[32] = {"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                            "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
constexpr std::string_view numeric_names[32] = {"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10", "x11", "x12", "x13", "x14", "x15",
                                                "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "x31"};

constexpr auto rd = Alias::Field::rd, rs1 = Alias::Field::rs1, rs2 = Alias::Field::rs2, imm = Alias::Field::imm, csr = Alias::Field::csr;
constexpr uint32_t minus_one = 0xFFFF'FFFF, every_access = 0x0FF;

constexpr Alias table[] = {
    {"nop", "addi", "", {{{rd, 0}, {rs1, 0}, {imm, 0}}}},
    {"li", "addi", "d,i", {{{rs1, 0}}}},
    {"mv", "addi", "d,s", {{{imm, 0}}}},
    {"add", "addi", "d,s,i", {}},
    {"zext.b", "andi", "d,s", {{{imm, 255}}}},
    {"and", "andi", "d,s,i", {}},
    {"or", "ori", "d,s,i", {}},
    {"not", "xori", "d,s", {{{imm, minus_one}}}},
    {"xor", "xori", "d,s,i", {}},
    {"sll", "slli", "d,s,h", {}},
    {"srl", "srli", "d,s,h", {}},
    {"sra", "srai", "d,s,h", {}},
    {"slt", "slti", "d,s,i", {}, true},
    {"seqz", "sltiu", "d,s", {{{imm, 1}}}},
    {"sltu", "sltiu", "d,s,i", {}, true},
    {"neg", "sub", "d,t", {{{rs1, 0}}}},
    {"snez", "sltu", "d,t", {{{rs1, 0}}}},
    {"sltz", "slt", "d,s", {{{rs2, 0}}}},
    {"sgtz", "slt", "d,t", {{{rs1, 0}}}},
    {"sgt", "slt", "d,t,s", {}, true},
    {"sgtu", "sltu", "d,t,s", {}, true},
    {"j", "jal", "p", {{{rd, 0}}}},
    {"jal", "jal", "p", {{{rd, 1}}}},
    {"ret", "jalr", "", {{{rd, 0}, {rs1, 1}, {imm, 0}}}},
    {"jr", "jalr", "s", {{{rd, 0}, {imm, 0}}}},
    {"jr", "jalr", "o", {{{rd, 0}}}},
    {"jalr", "jalr", "s", {{{rd, 1}, {imm, 0}}}},
    {"jalr", "jalr", "o", {{{rd, 1}}}},
    {"jalr", "jalr", "d,s", {{{imm, 0}}}},
    {"jalr", "jalr", "d,s,i", {}, true},
    {"beqz", "beq", "s,p", {{{rs2, 0}}}},
    {"bnez", "bne", "s,p", {{{rs2, 0}}}},
    {"blez", "bge", "t,p", {{{rs1, 0}}}},
    {"bgez", "bge", "s,p", {{{rs2, 0}}}},
    {"bltz", "blt", "s,p", {{{rs2, 0}}}},
    {"bgtz", "blt", "t,p", {{{rs1, 0}}}},
    {"bgt", "blt", "t,s,p", {}, true},
    {"ble", "bge", "t,s,p", {}, true},
    {"bgtu", "bltu", "t,s,p", {}, true},
    {"bleu", "bgeu", "t,s,p", {}, true},
    {"unimp", "csrrw", "", {{{rd, 0}, {csr, 0xC00}, {rs1, 0}}}},
    {"rdcycle", "csrrs", "d", {{{csr, 0xC00}, {rs1, 0}}}},
    {"rdtime", "csrrs", "d", {{{csr, 0xC01}, {rs1, 0}}}},
    {"rdinstret", "csrrs", "d", {{{csr, 0xC02}, {rs1, 0}}}},
    {"rdcycleh", "csrrs", "d", {{{csr, 0xC80}, {rs1, 0}}}},
    {"rdtimeh", "csrrs", "d", {{{csr, 0xC81}, {rs1, 0}}}},
    {"rdinstreth", "csrrs", "d", {{{csr, 0xC82}, {rs1, 0}}}},
    {"csrr", "csrrs", "d,E", {{{rs1, 0}}}},
    {"csrw", "csrrw", "E,s", {{{rd, 0}}}},
    {"csrs", "csrrs", "E,s", {{{rd, 0}}}},
    {"csrc", "csrrc", "E,s", {{{rd, 0}}}},
    {"csrwi", "csrrwi", "E,z", {{{rd, 0}}}, true},
    {"csrsi", "csrrsi", "E,z", {{{rd, 0}}}, true},
    {"csrci", "csrrci", "E,z", {{{rd, 0}}}, true},
    {"csrw", "csrrwi", "E,z", {{{rd, 0}}}},
    {"csrs", "csrrsi", "E,z", {{{rd, 0}}}},
    {"csrc", "csrrci", "E,z", {{{rd, 0}}}},
    {"csrrw", "csrrwi", "d,E,z", {}},
    {"csrrs", "csrrsi", "d,E,z", {}},
    {"csrrc", "csrrci", "d,E,z", {}},
    {"pause", "fence", "", {{{rd, 0}, {rs1, 0}, {imm, 0x010}}}},
    {"fence", "fence", "", {{{rd, 0}, {rs1, 0}, {imm, every_access}}}},
    {"sfence.vma", "sfence.vma", "", {{{rs1, 0}, {rs2, 0}}}},
    {"sfence.vma", "sfence.vma", "s", {{{rs2, 0}}}},
};

}  // namespace

std::string_view operand_template(Format format) {
  switch (format) {
    case Format::R: return "d,s,t";
    case Format::I: return "d,s,i";
    case Format::Shift: return "d,s,h";
    case Format::Load: return "d,o";
    case Format::Store: return "t,o";
    case Format::Branch: return "s,t,p";
    case Format::Upper: return "d,u";
    case Format::Jump: return "d,p";
    case Format::JumpReg: return "d,o";
    case Format::Csr: return "d,E,s";
    case Format::CsrImm: return "d,E,z";
    case Format::Atomic: return "d,t,a";
    case Format::Reserve: return "d,a";
    case Format::Fence: return "P,Q";
    case Format::Flush: return "s,t";
    case Format::FenceI:
    case Format::None: return "";
  }
  return "";
}

std::string pattern_text(const Pattern& p) {
  std::string text;
  for (int bit = 31; bit >= 0; --bit) text += (p.mask >> bit & 1) == 0 ? '-' : (p.match >> bit & 1) != 0 ? '1' : '0';
  return text;
}

std::string_view register_name(Reg r, bool abi) { return (abi ? abi_names : numeric_names)[r & 31]; }

std::optional<Reg> register_number(std::string_view name) {
  if (name == "fp") return Reg{8};
  for (const auto& names : {abi_names, numeric_names}) {
    const auto* end = names + 32;
    const auto* it = std::find(names, end, name);
    if (it != end) return static_cast<Reg>(it - names);
  }
  return std::nullopt;
}

std::span<const Alias> aliases() { return table; }

}  // namespace vmsim
