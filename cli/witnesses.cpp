#ifdef VMSIM_HAVE_Z3
#include "cli/witnesses.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "check/demonstrate.hpp"
#include "cli/commands.hpp"

namespace vmsim::cli {

using namespace check;

int show_witnesses(const Isa& isa, const Report& found, const Options& options, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return report(Error{"cannot make the directory: " + error.message(), folder, "name one that can be written to"});
  const std::vector<Demonstration> all = demonstrate(isa, found, options);
  for (const Demonstration& d : all) {
    if (d.runs.empty()) {
      fmt::print("{}: {}: no guest: {}\n\n", d.encoding, d.question, d.why_none);
      continue;
    }
    const std::string path = folder + "/" + d.file;
    if (const auto written = write_file(path, {reinterpret_cast<const uint8_t*>(d.source.data()), d.source.size()}); !written) return report(written.error());
    const TechniqueRun& trap = *d.under("trap");
    fmt::print("{}: {}\n", path, d.question);
    fmt::print("bare:\n{}", d.bare);
    if (trap.agrees) fmt::print("trap: the same\n");
    else {
      fmt::print("trap:\n{}", trap.console);
      fmt::print("they part at step {}: {}\n  bare  {}\n  trap  {}\n", trap.step, trap.what, trap.bare, trap.here);
      for (const std::string& field : trap.fields) fmt::print("    {}\n", field);
    }
    for (const char* technique : {"hybrid", "emulate"}) fmt::print("{}: {}\n", technique, d.under(technique)->agrees ? "as bare" : "differs too");
    fmt::print("\n");
  }
  if (all.empty()) fmt::print("{}: nothing fails, so there is nothing to show\n", found.variant);
  else {
    const auto rescue = rescues(all);
    fmt::print("{}: {} guests; as on the bare machine under {}\n", found.variant, all.size(),
               rescue.empty() ? "no technique" : fmt::format("{}", fmt::join(rescue, ", ")));
  }
  const auto wrong = contradictions(all);
  for (const std::string& line : wrong) fmt::print(stderr, "vmsim: bug in the checker: {}\n", line);
  return wrong.empty() && found.bugs.empty() ? 0 : internal;
}

}  // namespace vmsim::cli
#endif
