// vmsim check: what each instruction is, which of Popek and Goldberg's theorems hold, and why.
#include <fmt/format.h>
#include <unistd.h>

#include "check/report.hpp"
#include "check/verdict_file.hpp"
#include "cli/commands.hpp"
#include "cli/repair.hpp"
#include "cli/verdicts.hpp"
#include "cli/witnesses.hpp"

namespace vmsim::cli {
namespace {

using namespace check;

struct CheckOptions {
  std::string variant = "toy32", explain, repaired, witness, format = "table";
  VerdictStore verdicts;
  bool json = false, all = false, repair = false;
  unsigned effort = Options{}.query_effort, timeout = 60'000;
  uint64_t trials = 200, seed = 1;
};

#ifdef VMSIM_HAVE_Z3
/// A line that changes on a terminal; elsewhere one line for every fifty classes.
std::function<void(size_t, size_t, const std::string&)> progress() {
  return [live = isatty(2) != 0](size_t done, size_t all, const std::string& what) {
    if (live) fmt::print(stderr, "\r{:4} of {} classes  {:50}{}", done, all, what, done == all ? "\r\x1b[K" : "");
    else if (done % 50 == 0 || done == all) fmt::print(stderr, "{} of {} classes: {}\n", done, all, what);
  };
}

/// What is kept, or else is decided now; of toy32's verdicts those that hold for a variant too are taken over.
Result<Report> report_on(const Isa& isa, const CheckOptions& o, Options& options) {
  auto kept = o.verdicts.find(isa);
  if (!kept) return tl::unexpected(kept.error());
  if (*kept) return std::move(**kept);
  std::optional<Report> base;
  if (hash(isa) != hash(Isa::toy32())) base = VerdictStore{.off = o.verdicts.off}.find(Isa::toy32()).value_or(std::nullopt);
  if (base) options.earlier = &*base, options.earlier_isa = &Isa::toy32();
  Report r = decide(isa, options);
  options.earlier = nullptr;
  if (const auto written = o.verdicts.keep(isa, r); !written) return tl::unexpected(written.error());
  return r;
}

int run(const CheckOptions& o) {
  const auto variant = load_variant(o.variant);
  if (!variant) return report(variant.error());
  const Isa& isa = *variant->isa;
  Options options{.query_effort = o.effort, .query_milliseconds = o.timeout, .trials = o.trials, .seed = o.seed, .progress = progress()};
  auto found = report_on(isa, o, options);
  if (!found) return report(found.error());
  Report& r = *found;
  r.variant = variant->name, r.models = variant->models;
  options.progress = {};
  for (const std::string& bug : r.bugs) fmt::print(stderr, "vmsim: bug in the checker: {}\n", bug);

  if (!o.witness.empty()) return show_witnesses(isa, r, options, o.witness);
  if (!o.explain.empty()) {
    const std::string text = explanation(isa, r, o.explain);
    if (text.empty()) return report(Error{"there is no such instruction", o.explain, "the names are those that vmsim isa show prints"});
    fmt::print("{}", text);
  } else if (o.repair || !o.repaired.empty()) {
    return repair(isa, r, options, o.json, o.repaired);
  } else if (o.json || o.format == "json") {
    fmt::print("{}", to_json(r));
  } else if (o.format == "table") {
    fmt::print("{}", table(isa, r, o.all));
  } else {
    const auto shown = demonstrate(isa, r, options);
    fmt::print("{}", o.format == "html" ? html_page(isa, r, shown) : markdown_page(isa, r, shown));
  }
  return r.bugs.empty() ? 0 : internal;
}
#else
int run(const CheckOptions& o) { return report(Error{"this vmsim was built without Z3, which check needs", o.variant, "install libz3-dev and build again"}); }
#endif

}  // namespace

void add_check(CLI::App& app, int& code) {
  auto o = std::make_shared<CheckOptions>();
  CLI::App* c =
      app.add_subcommand("check", "Proves what each instruction is, and whether the instruction set can be virtualized.\nExample: vmsim check x86-popf");
  c->add_option("variant", o->variant, "toy32, a variant's name or its file")->capture_default_str();
  c->add_option("--format", o->format, "table, markdown, html (one page with everything) or json")
      ->check(CLI::IsMember({"table", "markdown", "html", "json"}))
      ->capture_default_str();
  c->add_flag("--json", o->json, "everything, for a program");
  c->add_flag("--all", o->all, "innocuous and privileged instructions too");
  c->add_option("--explain", o->explain, "everything about one instruction, in sentences");
  c->add_option("--witness", o->witness, "write a guest for each failure to this directory, and run it bare and under each technique");
  c->add_flag("--repair", o->repair, "a smallest set of changes that makes the variant virtualizable, proved");
  c->add_option("--repaired", o->repaired, "write the repaired variant to this file");
  c->add_option("--verdicts", o->verdicts.file, "keep the verdicts in this file, not among the user's cached ones");
  c->add_flag("--fresh", o->verdicts.off, "decide everything anew, and keep nothing");
  c->add_option("--effort", o->effort, "Z3's resource units for one question; then it is unknown")->capture_default_str();
  c->add_option("--timeout", o->timeout, "milliseconds for one question, whatever its effort; 0 is no limit")->capture_default_str();
  c->add_option("--trials", o->trials, "random states per question")->capture_default_str();
  c->add_option("--seed", o->seed, "of the random states")->capture_default_str();
  c->callback([o, &code] { code = run(*o); });
}

}  // namespace vmsim::cli
