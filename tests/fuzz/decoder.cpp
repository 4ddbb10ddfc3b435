// Any words: what decodes encodes back to itself, and what is disassembled, in either form, assembles to the same word again.
#include <cstring>

#include "isa/assembler/assemble.hpp"
#include "isa/disassemble.hpp"

using namespace vmsim;

namespace {

/// Fields that the architecture ignores have no syntax: such a word comes back as the same instruction without them.
uint32_t without_ignored_fields(const Instruction& i, Format format) {
  if (format == Format::FenceI) return i.word & ~operand_mask(format);
  if (format == Format::Fence) return i.word & ~0xF00F'8F80u;
  return i.word;
}

void check(uint32_t word, uint32_t pc) {
  const Isa& isa = Isa::toy32();
  const Instruction i = isa.decode(word);
  std::string text[2] = {disassemble(isa, word, pc, {.separator = ' '}), disassemble(isa, word, pc, {.aliases = false, .abi_names = false, .separator = ' '})};
  uint32_t expected = word;
  if (i.legal()) {
    const RowInfo& row = isa.row(i.op);
    const auto operands = decode_operands<uint32_t>(row.format, word);
    if (isa.encode(i.op, operands) != word) __builtin_trap();
    if (row.format == Format::Fence && ((word >> 20 & 15) == 0 || (word >> 24 & 15) == 0)) return;  // an empty set is printed as "unknown"
    expected = without_ignored_fields(i, row.format);
  }
  for (std::string& line : text) {
    const auto assembly = assemble(isa, line, "again.s", {.base = pc});
    if (!assembly) __builtin_trap();
    const auto bytes = to_flat(*assembly);
    uint32_t again = 0;
    if (bytes.size() != sizeof again) __builtin_trap();
    std::memcpy(&again, bytes.data(), sizeof again);
    if (again != expected) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (size_t at = 0; at + 4 <= size && at < 64; at += 4) {
    uint32_t word = 0;
    std::memcpy(&word, data + at, sizeof word);
    check(word, 0x8020'0000 + static_cast<uint32_t>(at));
  }
  return 0;
}
