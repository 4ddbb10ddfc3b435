// From GNU assembly text to bytes at their final addresses. Everything is known at once, so there is nothing to link: sections follow
// one another from a base, and the source is gone over until every label stays where it is.
#pragma once

#include <string_view>

#include "isa/elf.hpp"
#include "isa/isa.hpp"

namespace vmsim {

struct AssembleOptions {
  uint32_t base = 0x8020'0000;     // address of the first section
  uint32_t max_size = 256u << 20;  // bytes in all
};

struct Assembly {
  std::vector<ElfSection> sections;  // in the order of their addresses; empty ones are left out
  std::vector<ElfSymbol> symbols;
  uint32_t entry = 0;  // `_start`, or the start of .text
};

/// Assembles `source`; `file` is for errors, which come as file:line:column.
Result<Assembly> assemble(const Isa& isa, std::string_view source, const std::string& file, const AssembleOptions& options = {});

Image to_image(const Assembly& assembly);
/// The sections' bytes from the lowest address on, with zeros between them.
std::vector<uint8_t> to_flat(const Assembly& assembly);

}  // namespace vmsim
