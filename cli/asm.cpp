// vmsim asm: assembly source to a flat binary or an ELF file.
#include "cli/commands.hpp"
#include "isa/assembler/assemble.hpp"

namespace vmsim::cli {
namespace {

struct AsmOptions {
  std::string source, out, format = "elf", isa = "toy32";
  uint32_t base = 0x8020'0000;
};

int assemble_file(const AsmOptions& options) {
  const auto variant = load_variant(options.isa);
  if (!variant) return report(variant.error());
  const auto text = read_file(options.source, 64u << 20);
  if (!text) return report(text.error());
  const auto assembly = assemble(*variant->isa, {reinterpret_cast<const char*>(text->data()), text->size()}, options.source, {.base = options.base});
  if (!assembly) return report(assembly.error());
  const auto bytes = options.format == "flat" ? to_flat(*assembly) : write_elf(assembly->sections, assembly->symbols, assembly->entry);
  const auto written = write_file(options.out, bytes);
  return written ? 0 : report(written.error());
}

}  // namespace

void add_asm(CLI::App& app, int& code) {
  auto options = std::make_shared<AsmOptions>();
  CLI::App* command = app.add_subcommand("asm", "Assemble GNU syntax.\nExample: vmsim asm hello.s -o hello.elf");
  command->add_option("source", options->source, "assembly source")->required();
  command->add_option("-o,--output", options->out, "file to write")->required();
  command->add_option("--format", options->format, "elf or flat")->check(CLI::IsMember({"elf", "flat"}))->capture_default_str();
  command->add_option("--base", options->base, "address of the first section")->check(whole_number())->default_str("0x80200000");
  add_isa_option(*command, options->isa);
  command->callback([options, &code] { code = assemble_file(*options); });
}

}  // namespace vmsim::cli
