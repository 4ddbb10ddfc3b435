// Any text as assembly source: a program or an error in one line with its place. What assembles can be written as ELF and read back.
#include <string_view>

#include "isa/assembler/assemble.hpp"

using namespace vmsim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto assembly = assemble(Isa::toy32(), {reinterpret_cast<const char*>(data), size}, "fuzz.s", {.max_size = 1u << 20});
  if (!assembly) {
    const Error& error = assembly.error();
    if (error.what.empty() || !error.where.starts_with("fuzz.s") || error.text().find('\n') != std::string::npos) __builtin_trap();
    return 0;
  }
  if (to_flat(*assembly).size() > 1u << 24) __builtin_trap();
  const Image image = to_image(*assembly);
  const auto again = read_elf(write_elf(assembly->sections, assembly->symbols, assembly->entry), "again.elf");
  if (image.segments.empty()) return 0;
  if (!again || again->entry != image.entry || again->segments.size() != image.segments.size()) __builtin_trap();
  for (size_t i = 0; i < image.segments.size(); ++i) {
    const Segment &ours = image.segments[i], &read = again->segments[i];
    if (ours.address != read.address || ours.bytes != read.bytes || ours.zero_fill != read.zero_fill) __builtin_trap();
  }
  return 0;
}
