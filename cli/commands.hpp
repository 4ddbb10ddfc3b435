// One function per subcommand; each adds itself to the parser and runs when chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "isa/error.hpp"
#include "isa/variant.hpp"

namespace vmsim::cli {

/// Stable exit codes; any other code is the guest's own.
enum ExitCode : int {
  usage = 64,
  bad_input = 65,
  internal = 70,
  limit = 124,        // steps, wall time, bytes of console, disk or trace
  guest_fault = 125,  // idle for ever
};

/// Each sets `code` when its subcommand runs.
void add_run(CLI::App& app, int& code);
void add_verify(CLI::App& app, int& code);
void add_host(CLI::App& app, int& code);
void add_isa(CLI::App& app, int& code);
void add_check(CLI::App& app, int& code);
void add_asm(CLI::App& app, int& code);
void add_disasm(CLI::App& app, int& code);

/// A whole file, at most `limit` bytes.
Result<std::vector<uint8_t>> read_file(const std::string& path, uint64_t limit = 1ull << 30);
Result<void> write_file(const std::string& path, std::span<const uint8_t> bytes);
/// Where the catalogue of variants lies: beside the installed program, which may have been moved, or else in the source tree.
std::vector<std::filesystem::path> variant_folders();
/// A variant by file name, or by its name in the catalogue; "toy32" is toy32.
Result<Variant> load_variant(const std::string& name);
/// Accepts decimal and hexadecimal numbers from 0 on, and nothing else.
const CLI::Validator& whole_number();
/// A guest's address, as given to `option`.
Result<uint32_t> read_address(const std::string& text, const char* option);
void add_isa_option(CLI::App& command, std::string& name);
/// Prints the error as one line on stderr and gives the code.
int report(const Error& error, ExitCode code = bad_input);

}  // namespace vmsim::cli
