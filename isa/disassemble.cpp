#include "isa/disassemble.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "isa/syntax.hpp"

namespace vmsim {
namespace {

uint32_t field_of(const Operands<uint32_t>& o, Alias::Field field) {
  switch (field) {
    case Alias::Field::rd: return o.rd;
    case Alias::Field::rs1: return o.rs1;
    case Alias::Field::rs2: return o.rs2;
    case Alias::Field::imm: return o.imm;
    case Alias::Field::csr: return o.csr;
    case Alias::Field::none: break;
  }
  return 0;
}

bool matches(const Alias& alias, const Operands<uint32_t>& o) {
  return std::ranges::all_of(alias.fixed, [&](const Alias::Fixed& f) { return f.field == Alias::Field::none || field_of(o, f.field) == f.value; });
}

/// A fence's predecessor or successor set.
std::string fence_set(uint32_t bits) {
  std::string text;
  for (int i = 0; i < 4; ++i)
    if ((bits >> (3 - i) & 1) != 0) text += "iorw"[i];
  return text.empty() ? "unknown" : text;
}

class Printer {
 public:
  Printer(const Isa& isa, const Operands<uint32_t>& o, uint32_t pc, const DisassembleOptions& options) : isa_(isa), o_(o), pc_(pc), options_(options) {}

  std::string operands(std::string_view letters) const {
    std::string text;
    for (char letter : letters) text += letter == ',' ? "," : operand(letter);
    return text;
  }

 private:
  [[nodiscard]] std::string reg(Reg r) const { return std::string(register_name(r, options_.abi_names)); }
  [[nodiscard]] std::string operand(char letter) const {
    switch (letter) {
      case 'd': return reg(o_.rd);
      case 's': return reg(o_.rs1);
      case 't': return reg(o_.rs2);
      case 'i': return fmt::format("{}", static_cast<int32_t>(o_.imm));
      case 'h': return fmt::format("{:#x}", o_.imm);
      case 'u': return fmt::format("{:#x}", o_.imm >> 12);
      case 'z': return fmt::format("{}", o_.imm);
      case 'o': return fmt::format("{}({})", static_cast<int32_t>(o_.imm), reg(o_.rs1));
      case 'a': return "(" + reg(o_.rs1) + ")";
      case 'p': return target(pc_ + o_.imm);
      case 'E': {
        const CsrRule* rule = isa_.csr(o_.csr);
        return rule != nullptr ? std::string(rule->name) : fmt::format("{:#x}", o_.csr);
      }
      case 'P': return fence_set(o_.imm >> 4 & 15);
      case 'Q': return fence_set(o_.imm & 15);
      default: return "?";
    }
  }
  [[nodiscard]] std::string target(uint32_t address) const {
    const auto place = options_.symbols != nullptr ? options_.symbols->at(address) : std::nullopt;
    if (!place) return fmt::format("{:#x}", address);
    const std::string offset = place->offset == 0 ? "" : fmt::format("+{:#x}", place->offset);
    return fmt::format("{:x} <{}{}>", address, place->name, offset);
  }

  const Isa& isa_;
  const Operands<uint32_t>& o_;
  uint32_t pc_;
  const DisassembleOptions& options_;
};

}  // namespace

std::string disassemble(const Isa& isa, uint32_t word, uint32_t pc, const DisassembleOptions& options) {
  const Instruction i = isa.decode(word);
  if (!i.legal()) return fmt::format(".word{}{:#010x}", options.separator, word);
  const RowInfo& row = isa.row(i.op);
  const auto operands = decode_operands<uint32_t>(row.format, word);
  const Printer printer(isa, operands, pc, options);
  std::string name(row.name);
  std::string_view letters = operand_template(row.format);
  if (options.aliases) {
    for (const Alias& alias : aliases()) {
      if (alias.base != row.name || alias.input_only || !matches(alias, operands)) continue;
      name = alias.name;
      letters = alias.operands;
      break;
    }
  }
  if (row.format == Format::Atomic || row.format == Format::Reserve)
    name += operands.imm == 3 ? ".aqrl" : operands.imm == 2 ? ".aq" : operands.imm == 1 ? ".rl" : "";
  const std::string text = printer.operands(letters);
  return text.empty() ? name : name + options.separator + text;
}

}  // namespace vmsim
