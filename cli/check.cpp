// vmsim check: what each instruction is, which of Popek and Goldberg's theorems hold, and why.
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>

#include "check/decide.hpp"
#include "cli/commands.hpp"
#include "cli/repair.hpp"

namespace vmsim::cli {
namespace {

using namespace check;

struct CheckOptions {
  std::string variant = "toy32", explain, verdicts, repaired;
  bool json = false, all = false, repair = false;
  unsigned effort = Options{}.query_effort, timeout = 60'000;
  uint64_t trials = 200, seed = 1;
};

using Named = std::pair<const char*, const Theorem*>;

std::vector<Named> theorems(const Report& r) {
  return {{"theorem1", &r.theorem1}, {"theorem2", &r.theorem2},   {"theorem3", &r.theorem3},   {"safe", &r.safe},       {"literal1", &r.literal1},
          {"literal3", &r.literal3}, {"reversible", &r.reversible}, {"emulation", &r.emulation}, {"product", &r.product}, {"translation", &r.translation}};
}

nlohmann::json json_of(const WitnessState& s) {
  nlohmann::json csrs, memory = nlohmann::json::array();
  for (int i = 0; i < csr_count; ++i) csrs[std::string(name(static_cast<Csr>(i)))] = s.csr[static_cast<size_t>(i)];
  for (const MemoryByte& b : s.memory) memory.push_back({{"address", b.address}, {"value", b.value}});
  return {{"mode", s.mode == Mode::kernel ? "kernel" : "user"}, {"x", s.x}, {"pc", s.pc}, {"csr", csrs}, {"reserved", s.reserved}, {"reservation", s.reservation}, {"memory", memory}};
}

nlohmann::json json_of(const Report& r) {
  nlohmann::json j{{"variant", r.variant}, {"hash", fmt::format("{:016x}", r.hash)}, {"queries", r.queries}, {"seconds", r.seconds}, {"bugs", r.bugs}};
  for (const auto& [key, t] : theorems(r)) j[key] = {{"holds", name(t->holds)}, {"because", t->because}};
  j["product"]["witness"] = r.product_witness;
  for (const ClassVerdict& v : r.classes) {
    nlohmann::json one{{"name", v.encoding.name}, {"instruction", v.encoding.instruction}, {"classes", v.classes()}, {"seconds", v.seconds}};
    one["verdict"] = {{"theorem1", name(v.theorem1())}, {"theorem3", name(v.theorem3())}, {"commutes", name(v.commutes())}, {"emulated", name(v.emulated())}};
    for (size_t i = 0; i < query_count; ++i) one["findings"][name(static_cast<Query>(i))] = {{"answer", name(v.findings[i].answer)}, {"antecedent", name(v.findings[i].antecedent)}};
    if (const Witness* w = v.witness()) {
      one["witness"] = {{"shows", name(w->query)}, {"word", w->word}, {"difference", w->difference}, {"replayed", w->replayed}};
      for (const WitnessState& s : w->states) one["witness"]["states"].push_back(json_of(s));
    }
    j["instructions"].push_back(std::move(one));
  }
  return j;
}

std::string text(const WitnessState& s) {
  std::string line = fmt::format("{} mode, pc {:08x}", s.mode == Mode::kernel ? "kernel" : "user", s.pc);
  for (size_t i = 1; i < 32; ++i)
    if (s.x[i] != 0) line += fmt::format(", x{} {:08x}", i, s.x[i]);
  for (int i = 0; i < csr_count; ++i)
    if (const auto r = static_cast<Csr>(i); s[r] != 0) line += fmt::format(", {} {:08x}", name(r), s[r]);
  for (const MemoryByte& b : s.memory) line += fmt::format(", [{:08x}] {:02x}", b.address, b.value);
  return line;
}

int explain(const Report& r, const std::string& instruction) {
  bool found = false;
  for (const ClassVerdict& v : r.classes) {
    if (v.encoding.instruction != instruction && v.encoding.name != instruction) continue;
    found = true;
    fmt::print("{} is {}.\n", v.encoding.name, fmt::join(v.classes(), ", "));
    for (size_t i = 0; i < query_count; ++i) {
      const Finding& f = v.findings[i];
      fmt::print("  {}: {}{}{}\n", name(static_cast<Query>(i)), name(f.answer), f.antecedent == Answer::no ? " (nothing satisfies what it supposes)" : "",
                 f.reason.empty() ? "" : ", " + f.reason);
      if (f.witness < 0 || !is_existential(static_cast<Query>(i))) continue;
      const Witness& w = v.witnesses[static_cast<size_t>(f.witness)];
      fmt::print("    word {:08x}; {}\n", w.word, w.difference);
      for (const WitnessState& s : w.states) fmt::print("    from {}\n", text(s));
    }
  }
  if (!found) return report(Error{"there is no such instruction", instruction, "the names are those that vmsim isa show prints"});
  return 0;
}

void table(const Report& r, bool all) {
  fmt::print("{:24}{:52}{:12}{:12}{}\n", "instruction", "class", "theorem 1", "directly", "witness");
  std::map<std::string, int> configured;  // encodings by class, one line for each
  for (const ClassVerdict& v : r.classes) {
    const bool plain = v.theorem1() == Answer::yes && v.commutes() != Answer::no && v.emulated() == Answer::yes;
    if (plain && !all) continue;
    if (!all && v.theorem1() == Answer::configured && configured[fmt::format("{}", fmt::join(v.classes(), ", "))]++ > 0) continue;
    const Witness* w = v.witness();
    const std::string commutes = v.is(Query::user_traps) ? "traps" : v.commutes() == Answer::no ? "differs" : v.commutes() == Answer::unknown ? "unknown" : "the same";
    fmt::print("{:24}{:52}{:12}{:12}{}\n", v.encoding.name, fmt::format("{}", fmt::join(v.classes(), ", ")), name(v.theorem1()), commutes,
               w == nullptr ? "" : fmt::format("{:08x}: {}", w->word, w->difference));
  }
  for (const auto& [classes, count] : configured)
    if (count > 1) fmt::print("and {} more encodings that are {} (--all)\n", count - 1, classes);
  fmt::print("\n");
  for (const auto& [key, t] : theorems(r)) fmt::print("{:12}{:11}{}\n", key, name(t->holds), t->because);
  fmt::print("\n{} is {}. {} classes, {} questions ({} by simplification), {:.1f} s\n", r.variant,
             r.safe.holds == Answer::yes          ? "virtualizable"
             : r.safe.holds == Answer::configured ? "virtualizable, configured as said"
             : r.safe.holds == Answer::no         ? "not virtualizable by trap and emulate"
                                                  : "undecided",
             r.classes.size(), r.queries, r.by_simplification, r.seconds);
  for (const std::string& bug : r.bugs) fmt::print(stderr, "vmsim: bug in the checker: {}\n", bug);
}

int run(const CheckOptions& o) {
#ifdef VMSIM_HAVE_Z3
  const auto variant = load_variant(o.variant);
  if (!variant) return report(variant.error());
  Options options{.query_effort = o.effort, .query_milliseconds = o.timeout, .trials = o.trials, .seed = o.seed};
  const bool live = isatty(2) != 0;
  options.progress = [&](size_t done, size_t all, const std::string& what) {
    if (live) fmt::print(stderr, "\r{:4}/{} {:40}", done, all, what);
    else if (done % 50 == 0) fmt::print(stderr, "{}/{} {}\n", done, all, what);
  };
  const Report r = decide(*variant->isa, options);
  if (live) fmt::print(stderr, "\r{:60}\r", "");
  if (!o.verdicts.empty()) {
    const std::string bytes = json_of(r).dump(1) + "\n";
    if (const auto written = write_file(o.verdicts, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}); !written) return report(written.error());
  }
  if (!o.explain.empty()) return explain(r, o.explain);
  if (o.repair || !o.repaired.empty()) {
    options.progress = {};
    return repair(*variant->isa, r, options, o.json, o.repaired);
  }
  if (o.json) fmt::print("{}\n", json_of(r).dump(1));
  else table(r, o.all);
  return r.bugs.empty() ? 0 : internal;
#else
  return report(Error{"this vmsim was built without Z3, which check needs", o.variant, "install libz3-dev and build again"});
#endif
}

}  // namespace

void add_check(CLI::App& app, int& code) {
  auto o = std::make_shared<CheckOptions>();
  CLI::App* c = app.add_subcommand("check", "Proves what each instruction is, and whether the instruction set can be virtualized.\nExample: vmsim check x86-popf");
  c->add_option("variant", o->variant, "toy32, a variant's name or its file")->capture_default_str();
  c->add_flag("--json", o->json, "everything, for a program");
  c->add_flag("--all", o->all, "innocuous and privileged instructions too");
  c->add_option("--explain", o->explain, "everything about one instruction");
  c->add_flag("--repair", o->repair, "a smallest set of changes that makes the variant virtualizable, proved");
  c->add_option("--repaired", o->repaired, "write the repaired variant to this file");
  c->add_option("--verdicts", o->verdicts, "write the verdicts to this file");
  c->add_option("--effort", o->effort, "Z3's resource units for one question; then it is unknown")->capture_default_str();
  c->add_option("--timeout", o->timeout, "milliseconds for one question, whatever its effort; 0 is no limit")->capture_default_str();
  c->add_option("--trials", o->trials, "random states per question")->capture_default_str();
  c->add_option("--seed", o->seed, "of the random states")->capture_default_str();
  c->callback([o, &code] { code = run(*o); });
}

}  // namespace vmsim::cli
