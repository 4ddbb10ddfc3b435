// The file that says which guests share a machine, and how: docs/host.md. Every complaint names the line.
#pragma once

#include "cli/guest.hpp"
#include "monitor/host.hpp"

namespace vmsim::cli {

/// A guest, or a template of guests that the control domain may create.
struct GuestEntry {
  std::string name, technique = "trap", console = "stdio";  // console: stdio, none, terminal, or a file
  GuestOptions options;
  Share share;
  Hours hours;
  uint64_t max_steps = ~uint64_t{0}, max_console = 16 << 20;
  bool control = false;  // it is the control domain
  std::string place;     // in the file
};

struct HostFile {
  uint32_t memory = 256;  // MiB, of all guests together
  uint64_t quantum = 10'000, steps = 0;
  uint32_t creations = 1000;  // by the control domain, in all
  bool share = true;          // guests made from one image share its pages until they write to them
  EngineKind engine = EngineKind::interpreter;
  std::vector<GuestEntry> guests, templates;
};

/// Paths in it become relative to where the file lies.
Result<HostFile> read_host_file(const std::string& path);

}  // namespace vmsim::cli
