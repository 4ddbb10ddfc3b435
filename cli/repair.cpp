// vmsim check --repair: a smallest set of changes that makes the variant virtualizable, and the proof that it does.
#ifdef VMSIM_HAVE_Z3
#include "check/repair.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/repair.hpp"

namespace vmsim::cli {

int repair(const Isa& isa, const check::Report& found, const check::Options& options, bool json, const std::string& write_to) {
  const check::Repair r = check::repair(isa, found, options);
  if (r.found == check::Answer::yes && !write_to.empty()) {
    const std::string text = write_variant(*r.isa);
    if (const auto written = write_file(write_to, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}); !written) return report(written.error());
  }
  if (json) {
    nlohmann::json j{
        {"variant", isa.name()}, {"found", check::name(r.found)}, {"because", r.because}, {"decided", r.tried}, {"changes", nlohmann::json::array()}};
    for (const check::Change& c : r.changes) j["changes"].push_back({{"what", check::text(*r.isa, c)}, {"toml", check::toml(*r.isa, c)}});
    if (r.found == check::Answer::yes)
      for (const auto& [key, t] :
           {std::pair("theorem1", &r.report.theorem1), {"theorem2", &r.report.theorem2}, {"theorem3", &r.report.theorem3}, {"safe", &r.report.safe}})
        j["repaired"][key] = {{"holds", check::name(t->holds)}, {"because", t->because}};
    fmt::print("{}\n", j.dump(1));
    return 0;
  }
  if (r.found != check::Answer::yes) {
    fmt::print("{}: no repair found: {}\n", isa.name(), r.because);
    return 0;
  }
  if (r.changes.empty()) {
    fmt::print("{}: {}\n", isa.name(), r.because);
    return 0;
  }
  fmt::print("# {} becomes virtualizable by {} change{}. Each table replaces that of the same name, or is added.\n", isa.name(), r.changes.size(),
             r.changes.size() == 1 ? "" : "s");
  for (const check::Change& c : r.changes) fmt::print("\n# {}\n{}", check::text(*r.isa, c), check::toml(*r.isa, c));
  fmt::print("\n# proved: {}\n", r.because);
  for (const auto& [key, t] : {std::pair("theorem 1", &r.report.theorem1), {"theorem 2", &r.report.theorem2}, {"theorem 3", &r.report.theorem3}})
    fmt::print("# {}: {}, {}\n", key, check::name(t->holds), t->because);
  return 0;
}

}  // namespace vmsim::cli
#endif
