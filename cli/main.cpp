#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <new>

#include "cli/commands.hpp"

namespace vmsim::cli {

Result<std::vector<uint8_t>> read_file(const std::string& path, uint64_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail("is a directory", path, "name a file");
  const auto too_large = [&] { return fail(fmt::format("is larger than {} bytes", limit), path, "no guest is that large"); };
  if (const auto size = std::filesystem::file_size(path, error); !error && size > limit) return too_large();
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(fmt::format("cannot be opened: {}", std::strerror(errno)), path, "check the path");
  std::vector<uint8_t> bytes;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    bytes.insert(bytes.end(), buffer, buffer + in.gcount());
    if (bytes.size() > limit) return too_large();
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

const CLI::Validator& whole_number() {
  static const CLI::Validator validator(
      [](std::string& text) {
        const bool hex = text.starts_with("0x");
        const char *begin = text.data() + (hex ? 2 : 0), *end = text.data() + text.size();
        uint64_t value = 0;
        const auto [stopped, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
        return error == std::errc() && stopped == end ? std::string() : fmt::format("'{}' is not a whole number below 2^64", text);
      },
      "NUMBER");
  return validator;
}

Result<uint32_t> read_address(const std::string& text, const char* option) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end != 0 || value > ~0u) return fail("not an address: " + vmsim::quoted(text), option, "a number, as in 0x80200000");
  return static_cast<uint32_t>(value);
}

int report(const Error& error, ExitCode code) {
  fmt::print(stderr, "vmsim: {}\n", printable(error.text()));
  return code;
}

namespace {

/// What the parser does not understand, as one line. The hint names the command whose help says how it is written.
int report_usage(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::string command = app.get_name();
  const CLI::App* innermost = &app;
  while (!innermost->get_subcommands().empty()) {
    innermost = innermost->get_subcommands().front();
    command += " " + innermost->get_name();
  }
  std::string what = error.what();
  // The parser first misses a subcommand, even where one is written that it does not know.
  const std::string_view last = argc > 1 ? argv[argc - 1] : "";
  if (what == "A subcommand is required" && !last.empty() && last != innermost->get_name())
    what = fmt::format("there is no command '{}'", command == app.get_name() ? argv[1] : last);
  return report({what, {}, command + " --help"}, usage);
}

}  // namespace

}  // namespace vmsim::cli

int main(int argc, char** argv) {
  using namespace vmsim::cli;
  CLI::App app{
      "vmsim: an educational trap-and-emulate virtualizer for the toy32 machine.\n"
      "Example: vmsim run guests/asm/hello.s --trace"};
  app.name("vmsim");
  app.set_version_flag("--version", "vmsim " VMSIM_VERSION);
  app.require_subcommand(1);
  int code = 0;
  add_run(app, code);
  add_verify(app, code);
  add_host(app, code);
  add_isa(app, code);
  add_check(app, code);
  add_asm(app, code);
  add_disasm(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? app.exit(error) : report_usage(app, error, argc, argv);
  } catch (const std::bad_alloc&) {
    return report({"the host has not enough memory", {}, "give the guest less --memory"});
  } catch (const std::exception& error) {
    fmt::print(stderr, "vmsim: internal error: {} (hint: this is a bug in vmsim; please keep the command and the guest)\n", error.what());
    return internal;
  }
  return code;
}
