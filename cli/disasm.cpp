// vmsim disasm: the words of an image, as objdump prints them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/commands.hpp"
#include "isa/disassemble.hpp"
#include "machine/loader.hpp"
#include "vcpu/engine.hpp"
#ifdef VMSIM_HAS_JIT
#include "vcpu/jit/explain.hpp"
#endif

namespace vmsim::cli {
namespace {

struct DisasmOptions {
  std::string image, isa = "toy32";
  bool no_aliases = false, numeric = false;
  std::string translated;  // empty: no; an address; or all
};

constexpr const char* all = "all";

#ifdef VMSIM_HAS_JIT
/// What the jit makes of a segment, block by block, as in kernel mode without paging; or of the block that begins at `only`.
void explain_segment(const Isa& isa, const Segment& segment, std::optional<uint32_t> only) {
  const uint32_t first = segment.address & ~(page_size - 1);
  const auto size = static_cast<uint32_t>((segment.address - first + segment.bytes.size() + page_size - 1) / page_size * page_size);
  Memory memory(Physical{first}, size);
  memory.write(Physical{segment.address}, segment.bytes);
  std::set<uint32_t> shown;
  for (size_t at = 0; at + 4 <= segment.bytes.size(); at += 4) {
    const uint32_t pc = segment.address + static_cast<uint32_t>(at);
    if ((pc & 3) != 0 || shown.contains(pc) || pc != only.value_or(pc)) continue;
    const auto block = jit::explain(isa, memory, Physical{pc & ~(page_size - 1)}, pc, Mode::kernel, {}, {true, first, size});
    fmt::print("{}\n", block.text);
    shown.insert(block.guests.begin(), block.guests.end());
  }
}
#else
void explain_segment(const Isa&, const Segment&, std::optional<uint32_t>) {}
#endif

int show_translations(const Isa& isa, const Image& image, const std::string& which) {
  if (!has_jit()) return report({"this build has no jit for its host", "--translated", "leave it out"});
  std::optional<uint32_t> only;
  if (which != all) {
    const auto at = read_address(which, "--translated");
    if (!at) return report(at.error());
    const auto holds = [&](const Segment& s) { return *at >= s.address && *at - s.address + 4 <= s.bytes.size() && *at % 4 == 0; };
    if (std::ranges::none_of(image.segments, holds))
      return report({fmt::format("no instruction at {:#x}", *at), "--translated", "see what vmsim disasm lists"});
    only = *at;
  }
  for (const Segment& segment : image.segments) explain_segment(isa, segment, only);
  return 0;
}

int disassemble_file(const DisasmOptions& options) {
  const auto bytes = read_file(options.image);
  if (!bytes) return report(bytes.error());
  const auto variant = load_variant(options.isa);
  if (!variant) return report(variant.error());
  const Isa& isa = *variant->isa;
  const auto image = load_image(isa, *bytes, options.image);
  if (!image) return report(image.error());
  if (!options.translated.empty()) return show_translations(isa, *image, options.translated);
  UpperParts upper;
  for (const Segment& segment : image->segments) {
    for (size_t at = 0; at + 4 <= segment.bytes.size(); at += 4) {
      const uint32_t pc = segment.address + static_cast<uint32_t>(at);
      uint32_t word = 0;
      std::memcpy(&word, segment.bytes.data() + at, sizeof word);
      if (const auto place = image->symbols.at(pc); place && place->offset == 0) fmt::print("\n{:08x} <{}>:\n", pc, place->name);
      fmt::print("{:8x}:\t{:08x}          \t{}\n", pc, word,
                 disassemble(isa, word, pc, {.aliases = !options.no_aliases, .abi_names = !options.numeric, .symbols = &image->symbols, .upper = &upper}));
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
  command->add_flag(fmt::format("--translated{{{}}}", all), options->translated,
                    "what the jit makes of it: guest code, IR after each pass, host code; =ADDRESS: of the block there");
  add_isa_option(*command, options->isa);
  command->callback([options, &code] { code = disassemble_file(*options); });
}

}  // namespace vmsim::cli
