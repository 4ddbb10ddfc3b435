// Finding and loading variants, for every command that takes --isa.
#include <filesystem>

#include "cli/commands.hpp"
#include "host/file.hpp"

namespace vmsim::cli {

std::vector<std::filesystem::path> variant_folders() { return {host::program_folder() / VMSIM_INSTALLED_VARIANTS, VMSIM_VARIANTS}; }

Result<Variant> load_variant(const std::string& name) {
  if (name == "toy32") return toy32_variant();
  std::string path = name;
  std::error_code error;
  for (const auto& folder : variant_folders()) {
    if (std::filesystem::exists(path, error)) break;
    path = folder / (name + ".toml");
  }
  if (!std::filesystem::exists(path, error)) return fail("there is no such variant", name, "name a file, or one of those that vmsim isa list prints");
  const auto bytes = read_file(path, largest_variant);
  if (!bytes) return fail(bytes.error().what, path, "a variant is a TOML file (docs/adding-a-variant.md)");
  return parse_variant({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path);
}

void add_isa_option(CLI::App& command, std::string& name) {
  command.add_option("--isa", name, "the instruction set: toy32, a variant's name or its file")->capture_default_str();
}

}  // namespace vmsim::cli
