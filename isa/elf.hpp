// ELF32 for RISC-V, read and written: just enough of it, every offset and size checked before use (System V ABI, chapter 4;
// RISC-V psABI).
#pragma once

#include <span>

#include "isa/error.hpp"
#include "isa/image.hpp"

namespace vmsim {

/// True where the bytes begin as any ELF file does.
bool is_elf(std::span<const uint8_t> file);

/// An executable's loadable segments (at their physical addresses), entry and symbols. `name` is for errors.
Result<Image> read_elf(std::span<const uint8_t> file, const std::string& name);

/// One section of an ELF file to write.
struct ElfSection {
  std::string name;
  uint32_t address = 0;
  std::vector<uint8_t> bytes;
  uint32_t zero_fill = 0;  // with no bytes: a section without contents
  bool writable = false, executable = false;
};
struct ElfSymbol {
  std::string name;
  uint32_t value = 0;
  int section = -1;  // index into the sections; -1 is absolute
  bool global = false;
};

/// An executable that binutils reads.
std::vector<uint8_t> write_elf(std::span<const ElfSection> sections, std::span<const ElfSymbol> symbols, uint32_t entry);

}  // namespace vmsim
