#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>

#include "cli/commands.hpp"

namespace vmsim::cli {

Result<std::vector<uint8_t>> read_file(const std::string& path, uint64_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail("is a directory", path, "name a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(fmt::format("cannot be opened: {}", std::strerror(errno)), path, "check the path");
  std::vector<uint8_t> bytes;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    bytes.insert(bytes.end(), buffer, buffer + in.gcount());
    if (bytes.size() > limit) return fail(fmt::format("is larger than {} bytes", limit), path, "no guest is that large");
  }
  return bytes;
}

Result<void> write_file(const std::string& path, std::span<const uint8_t> bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) return fail(fmt::format("cannot be written: {}", std::strerror(errno)), path, "check the path and the room on the disk");
  return {};
}

int report(const Error& error) {
  fmt::print(stderr, "vmsim: {}\n", error.text());
  return bad_input;
}

}  // namespace vmsim::cli

int main(int argc, char** argv) {
  using namespace vmsim::cli;
  CLI::App app{"vmsim: an educational trap-and-emulate virtualizer for the toy32 machine.\n"
               "Example: vmsim run guests/asm/hello.s --trace"};
  app.name("vmsim");
  app.require_subcommand(1);
  int code = 0;
  add_run(app, code);
  add_asm(app, code);
  add_disasm(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "vmsim: internal error: {} (hint: this is a bug in vmsim; please keep the command and the guest)\n", error.what());
    return internal;
  }
  return code;
}
