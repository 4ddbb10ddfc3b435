// How instructions are written: operand syntax per format, register names, and the pseudo-instructions that stand for one
// instruction with some operands fixed. Assembler and disassembler read the same tables, so they cannot disagree.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "isa/isa.hpp"

namespace vmsim {

/// Operands are written in the order of a template's letters, with commas between:
///   d s t  registers rd, rs1, rs2          i  immediate          h  shift amount         u  upper 20 bits
///   o      immediate(rs1)                  a  (rs1)              p  target, pc-relative  E  control register
///   z      5-bit immediate of a CSR        P Q  fence sets
std::string_view operand_template(Format format);

/// 32 characters of 0, 1 and -, as parse_pattern reads them.
std::string pattern_text(const Pattern& pattern);

/// "ra" or "x1".
std::string_view register_name(Reg r, bool abi);
/// Either name, or "fp".
std::optional<Reg> register_number(std::string_view name);

/// A pseudo-instruction: `base` with these operand values fixed. Earlier entries are preferred when disassembling.
struct Alias {
  enum class Field : uint8_t { none, rd, rs1, rs2, imm, csr };
  struct Fixed {
    Field field = Field::none;
    uint32_t value = 0;
  };
  std::string_view name;
  std::string_view base;
  std::string_view operands;  // a template
  std::array<Fixed, 3> fixed{};
  bool input_only = false;  // accepted, never printed
};
std::span<const Alias> aliases();

}  // namespace vmsim
