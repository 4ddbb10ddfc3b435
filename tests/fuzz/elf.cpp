// Any bytes as an ELF file: an image whose segments can be placed or an error in one line, never a crash or a huge allocation.
#include "isa/elf.hpp"
#include "machine/loader.hpp"

using namespace vmsim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> file(data, size);
  Memory memory(Physical{0x8000'0000}, 4u << 20);
  const auto check = [&](const Result<Image>& image) {
    if (!image) {
      if (image.error().what.empty() || image.error().text().find('\n') != std::string::npos) __builtin_trap();
      return;
    }
    if (const auto placed = place(*image, memory); !placed && placed.error().what.empty()) __builtin_trap();
  };
  check(read_elf(file, "fuzz.elf"));
  check(load_image(Isa::toy32(), file, "fuzz.bin"));
  return 0;
}
