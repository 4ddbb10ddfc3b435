// One function per subcommand; each adds itself to the parser and runs when chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "isa/error.hpp"

namespace vmsim::cli {

/// Stable exit codes; any other code is the guest's own.
enum ExitCode : int {
  usage = 64,
  bad_input = 65,
  internal = 70,
  limit = 124,        // steps, console bytes
  guest_fault = 125,  // idle for ever
};

/// Each sets `code` when its subcommand runs.
void add_run(CLI::App& app, int& code);
void add_asm(CLI::App& app, int& code);
void add_disasm(CLI::App& app, int& code);

/// A whole file, at most `limit` bytes.
Result<std::vector<uint8_t>> read_file(const std::string& path, uint64_t limit = 1ull << 30);
Result<void> write_file(const std::string& path, std::span<const uint8_t> bytes);
/// Prints the error as one line on stderr and gives the code for bad input.
int report(const Error& error);

}  // namespace vmsim::cli
