// From words to text, as GNU objdump prints them, from pattern and format alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "isa/image.hpp"
#include "isa/isa.hpp"

namespace vmsim {

/// What `lui` and `auipc` left in registers, for a listing, word after word: there objdump says which address the next instruction forms that adds
/// to it ("# 80201000 <table>").
using UpperParts = std::array<std::optional<uint32_t>, 32>;

struct DisassembleOptions {
  bool aliases = true;    // "ret" for "jalr zero,0(ra)"
  bool abi_names = true;  // "a0" for "x10"
  const SymbolTable* symbols = nullptr;
  char separator = '\t';        // between the name and its operands
  UpperParts* upper = nullptr;  // of a listing
};

/// One instruction, at `pc`: name, separator, operands. A word that no row matches comes out as ".word 0x...".
std::string disassemble(const Isa& isa, uint32_t word, uint32_t pc, const DisassembleOptions& options = {});

}  // namespace vmsim
