#include "machine/loader.hpp"

#include <fmt/format.h>

#include <cstring>

#include "isa/assembler/assemble.hpp"
#include "isa/elf.hpp"

namespace vmsim {
namespace {

constexpr uint32_t flat_address = 0x8020'0000;
// A Linux Image (Documentation/riscv/boot-image-header.rst): magic at 0x38, text offset from the start of memory at 8.
constexpr uint32_t linux_memory = 0x8000'0000, magic_at = 0x38, offset_at = 8, header_size = 0x40, linux_magic = 0x05435352;

uint32_t word_at(std::span<const uint8_t> file, size_t at) {
  uint32_t word = 0;
  std::memcpy(&word, file.data() + at, sizeof word);
  return word;
}

Image at_one_place(std::span<const uint8_t> file, uint32_t address, const char* kind) {
  return {.segments = {{address, {file.begin(), file.end()}, 0}}, .entry = address, .kind = kind};
}

}  // namespace

Result<Image> load_image(const Isa& isa, std::span<const uint8_t> file, const std::string& name) {
  if (file.empty()) return fail("the file is empty", name, "an image is an ELF file, a flat binary or assembly source (.s)");
  if (is_elf(file)) return read_elf(file, name);
  if (name.ends_with(".s") || name.ends_with(".S")) {
    const auto assembly = assemble(isa, {reinterpret_cast<const char*>(file.data()), file.size()}, name);
    if (!assembly) return tl::unexpected(assembly.error());
    return to_image(*assembly);
  }
  if (file.size() >= header_size && word_at(file, magic_at) == linux_magic) return at_one_place(file, linux_memory + word_at(file, offset_at), "Linux Image");
  return at_one_place(file, flat_address, "flat binary");
}

Result<void> place(const Image& image, Memory& memory, const ImagePages* pages) {
  for (const Segment& segment : image.segments) {
    const uint64_t end = uint64_t{memory.base().at} + memory.size();
    if (segment.address < memory.base().at || segment.address + segment.size() > end)
      return fail(fmt::format("{} bytes at {:08x} do not fit the guest's memory, {:08x} to {:08x}", segment.size(), segment.address, memory.base().at, end - 1),
                  image.kind, "give the guest more --memory, or link it at 0x80200000");
  }
  bool shared = pages != nullptr && pages->held();
  if (shared)
    for (const auto& [at, run] : pages->runs()) shared = shared && memory.show(Physical{at}, *run);
  if (!shared)
    for (const Segment& segment : image.segments) memory.write(Physical{segment.address}, segment.bytes);
  return {};
}

}  // namespace vmsim
