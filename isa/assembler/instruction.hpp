// One instruction statement to words: rows by their formats, one-word pseudo-instructions from the alias table, and the few
// pseudo-instructions that take two words.
#pragma once

#include <cstdint>

#include "isa/assembler/statement.hpp"
#include "isa/isa.hpp"

namespace vmsim::assembler {

struct Encoded {
  std::vector<uint32_t> words;
  std::optional<uint32_t> pcrel_hi;  // what the first word's %pcrel_hi was of, minus the word's address
};

/// `mnemonic` has been taken from the statement; its operands follow. Where the pass is not the last, values may still be wrong,
/// but the number of words depends only on them.
Encoded encode_instruction(const Isa& isa, const Token& mnemonic, Statement& statement);

}  // namespace vmsim::assembler
