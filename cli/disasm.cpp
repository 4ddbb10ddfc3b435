// vmsim disasm: the words of an image, as objdump prints them.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "isa/disassemble.hpp"
#include "machine/loader.hpp"

namespace vmsim::cli {
namespace {

struct DisasmOptions {
  std::string image;
  bool no_aliases = false, numeric = false;
};

int disassemble_file(const DisasmOptions& options) {
  const auto bytes = read_file(options.image);
  if (!bytes) return report(bytes.error());
  const Isa& isa = Isa::toy32();
  const auto image = load_image(isa, *bytes, options.image);
  if (!image) return report(image.error());
  for (const Segment& segment : image->segments) {
    for (size_t at = 0; at + 4 <= segment.bytes.size(); at += 4) {
      const uint32_t pc = segment.address + static_cast<uint32_t>(at);
      uint32_t word = 0;
      std::memcpy(&word, segment.bytes.data() + at, sizeof word);
      if (const auto place = image->symbols.at(pc); place && place->offset == 0) fmt::print("\n{:08x} <{}>:\n", pc, place->name);
      fmt::print("{:8x}:\t{:08x}          \t{}\n", pc, word,
                 disassemble(isa, word, pc, {.aliases = !options.no_aliases, .abi_names = !options.numeric, .symbols = &image->symbols}));
    }
  }
  return 0;
}

}  // namespace

void add_disasm(CLI::App& app, int& code) {
  auto options = std::make_shared<DisasmOptions>();
  CLI::App* command = app.add_subcommand("disasm", "Disassemble an image.\nExample: vmsim disasm guest.elf --no-aliases --numeric");
  command->add_option("image", options->image, "ELF32, flat binary or assembly source")->required();
  command->add_flag("--no-aliases", options->no_aliases, "addi zero,zero,0 and not nop");
  command->add_flag("--numeric", options->numeric, "x10 and not a0");
  command->callback([options, &code] { code = disassemble_file(*options); });
}

}  // namespace vmsim::cli
