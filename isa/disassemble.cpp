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

  /// The address that the instruction forms, where objdump says it: a register's upper part counts once; thread pointer and zero are bases by themselves.
  [[nodiscard]] std::string formed(const RowInfo& row, std::string_view letters) const {
    UpperParts& upper = *options_.upper;
    if (row.format == Format::Upper) upper[o_.rd] = o_.imm + (row.name == "auipc" ? pc_ : 0);
    const bool adds = row.format == Format::Load || row.format == Format::Store || (row.format == Format::JumpReg && !letters.empty()) ||
                      (row.name == "addi" && o_.rs1 != 0 && letters.find('i') != letters.npos);
    if (!adds) return {};
    uint32_t address = o_.imm;
    if (upper[o_.rs1]) {
      address += o_.rs1 != 0 ? *upper[o_.rs1] : 0;
      upper[o_.rs1].reset();
    } else if (const auto gp = global_pointer(); o_.rs1 == 3 && gp) {
      address += *gp;
    } else if (o_.rs1 != 0 && o_.rs1 != 4) {
      return {};
    }
    return " # " + target(address);
  }

 private:
  [[nodiscard]] std::optional<uint32_t> global_pointer() const {
    return options_.symbols != nullptr ? options_.symbols->find("__global_pointer$") : std::nullopt;
  }
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
  /// With the nearest symbol below, however far; above, where there is none below.
  [[nodiscard]] std::string target(uint32_t address) const {
    if (options_.symbols == nullptr || options_.symbols->by_value().empty()) return fmt::format("{:#x}", address);
    const auto& symbols = options_.symbols->by_value();
    const auto above = symbols.upper_bound(address);
    const auto& [value, name] = above == symbols.begin() ? *above : *std::prev(above);
    const std::string offset = address == value ? "" : address > value ? fmt::format("+{:#x}", address - value) : fmt::format("-{:#x}", value - address);
    return fmt::format("{:x} <{}{}>", address, name, offset);
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
  std::string text = printer.operands(letters);
  if (options.upper != nullptr) text += printer.formed(row, letters);
  return text.empty() ? name : name + options.separator + text;
}

}  // namespace vmsim
