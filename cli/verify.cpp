// vmsim verify: a guest on the bare machine and under a technique, in lock-step.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/guest.hpp"
#include "cli/outcome.hpp"
#include "isa/disassemble.hpp"
#include "monitor/verify.hpp"
#include "vcpu/fence_races.hpp"

namespace vmsim::cli {
namespace {

/// Exit codes of its own.
constexpr int differs = 1, fence_racy = 2;

struct Verification {
  GuestOptions guest;
  std::string technique = "trap", against = "bare";
  uint64_t max_steps = 0;
  bool hashes = false, json = false;
};

using Json = nlohmann::ordered_json;

/// Runs the guest once more on a machine that caches nothing, up to `steps`, looking for a fence race.
std::optional<FenceRaces::Race> find_race(const Isa& isa, const Verification& options, const GuestFiles& files, uint64_t steps) {
  auto disks = open_disks(options.guest, true);
  if (!disks) return std::nullopt;
  FenceRaces races;
  const auto started = start_guest(isa, options.guest, files, "bare", {}, std::move(*disks), {{.translation_cache = false, .races = &races}});
  if (!started) return std::nullopt;
  started->computer().run(steps, nullptr);
  return races.first();
}

const char* mode_name(Mode mode) { return mode == Mode::user ? "user" : "kernel"; }
std::string word_text(const Isa& isa, const Record& r) { return r.word != 0 ? disassemble(isa, r.word, r.pc, {.separator = ' '}) : "(no fetch)"; }
const char* event_name(const Record& r) { return r.event == Event::none ? "" : r.event == Event::firmware ? "firmware call" : cause::name(r.cause); }

/// The command that shows one side of the difference.
std::string see_it(const Verification& options, const std::string& technique, uint64_t step) {
  return fmt::format("vmsim run {} --technique {} --memory {} --trace=all --trace-from {} --trace-until {} --max-instructions {}", options.guest.image,
                     technique, options.guest.memory, step < 20 ? 0 : step - 20, step + 5, step + 5);
}

void show(const Isa& isa, const Verification& options, const SymbolTable& symbols, const Difference& d) {
  fmt::print("{}: {} and {} part at step {}: {}\n", options.guest.image, options.against, options.technique, d.step, d.what);
  for (const auto& [title, side] : {std::pair(options.against, &d.first), {options.technique, &d.second}}) {
    if (!side->record) {
      fmt::print("  {:8} pc {:08x}, {} mode\n", title, side->hart.pc, mode_name(side->hart.mode));
      continue;
    }
    const Record& r = *side->record;
    const auto place = symbols.at(r.pc);
    fmt::print("  {:8} {:08x}{}  {}  {} mode{}{}\n", title, r.pc, place ? fmt::format(" <{}+{:#x}>", place->name, place->offset) : "", word_text(isa, r),
               mode_name(r.mode), r.event == Event::none ? "" : ", ", event_name(r));
  }
  if (!d.fields.empty()) fmt::print("  what differs: {} {}\n", options.against, options.technique);
  for (const std::string& field : d.fields) fmt::print("    {}\n", field);
  for (const std::string& technique : {options.against, options.technique}) fmt::print("  see it: {}\n", see_it(options, technique, d.step));
}

/// One side of a difference, with the command that shows it.
Json to_json(const Isa& isa, const Verification& options, const std::string& technique, const Side& side, uint64_t step) {
  Json j{{"technique", technique}, {"pc", side.hart.pc}, {"mode", mode_name(side.hart.mode)}};
  if (side.record) {
    const Record& r = *side.record;
    j.update({{"pc", r.pc}, {"mode", mode_name(r.mode)}, {"word", r.word}, {"text", word_text(isa, r)}, {"event", event_name(r)}, {"next_pc", r.next_pc}});
  }
  j["see_it"] = see_it(options, technique, step);
  return j;
}

const char* name(Stopped why) {
  switch (why) {
    case Stopped::powered_off: return "powered off";
    case Stopped::idle_forever: return "waits for an interrupt that can never come";
    case Stopped::over_limit: return "wrote more than a limit allows";
    case Stopped::waits:
    case Stopped::budget: break;
  }
  return "ran into the limit of steps";
}

/// Says what came of it, to a person or a program, and gives the exit code.
int tell_verdict(const Isa& isa, const Verification& options, const SymbolTable& symbols, const Verdict& verdict, size_t console_bytes,
                 const std::optional<FenceRaces::Race>& race) {
  const int code = !verdict.difference ? 0 : race ? fence_racy : differs;
  if (options.json) {
    Json j{{"outcome", code == 0 ? "they agree"
                       : race    ? "fence-racy"
                                 : "they differ"},
           {"exit_code", code},
           {"against", options.against},
           {"technique", options.technique},
           {"steps", verdict.steps},
           {"traps", verdict.traps},
           {"interrupts", verdict.interrupts}};
    if (code == 0) j.update({{"console_bytes", console_bytes}, {"guest", name(verdict.why)}});
    if (const auto& d = verdict.difference)
      j["difference"] = {{"step", d->step},
                         {"what", d->what},
                         {"first", to_json(isa, options, options.against, d->first, d->step)},
                         {"second", to_json(isa, options, options.technique, d->second, d->step)},
                         {"fields", d->fields}};
    if (race) j["race"] = {{"step", race->step}, {"pc", race->pc}, {"address", race->address}, {"before", race->before}, {"now", race->now}};
    fmt::print("{}\n", j.dump(-1, ' ', false, Json::error_handler_t::replace));
    return code;
  }
  if (code == 0) {
    fmt::print("{}: {} and {} agree: {} steps, {} traps, {} interrupts, {} console bytes{}\n", options.guest.image, options.against, options.technique,
               verdict.steps, verdict.traps, verdict.interrupts, console_bytes,
               verdict.why == Stopped::powered_off ? "" : fmt::format("; the guest then {}", name(verdict.why)));
    return code;
  }
  if (race)
    fmt::print(
        "{}: fence-racy: at step {}, pc {:08x}, address {:08x} is used after its page-table entry changed from {:08x} to {:08x} with no sfence.vma between.\n"
        "  Hardware may use the old entry or the new one, so this run has no single right answer (hint: add the sfence.vma).\n",
        options.guest.image, race->step, race->pc, race->address, race->before, race->now);
  show(isa, options, symbols, *verdict.difference);
  return code;
}

int verify_guest(const Verification& options) {
  const auto variant = load_variant(options.guest.isa);
  if (!variant) return tell(variant.error(), options.json);
  const Isa& isa = *variant->isa;
  const auto files = read_guest(isa, options.guest);
  if (!files) return tell(files.error(), options.json);
  // A paravirtual kernel is held against itself on a bare machine whose firmware answers the same calls.
  GuestOptions guest = options.guest;
  guest.paravirt |= options.technique == "paravirt" || options.against == "paravirt";
  std::string consoles[2];
  Result<Started> sides[2];
  for (int i = 0; i < 2; ++i) {
    auto disks = open_disks(options.guest, true);
    if (!disks) return tell(disks.error(), options.json);
    std::string& console = consoles[i];
    sides[i] = start_guest(isa, guest, *files, i == 0 ? options.against : options.technique,
                           {.output = [&console](uint8_t byte) { console += static_cast<char>(byte); }}, std::move(*disks));
    if (!sides[i]) return tell(sides[i].error(), options.json);
  }
  VerifyOptions how;
  if (options.max_steps != 0) how.max_steps = options.max_steps;
  if (options.hashes) how.digest = [](uint64_t step, uint64_t hash) { fmt::print("{} {:016x}\n", step, hash); };
  const Verdict verdict = verify({sides[0]->computer(), consoles[0]}, {sides[1]->computer(), consoles[1]}, how);
  const auto race = verdict.difference ? find_race(isa, options, *files, verdict.difference->step + 1) : std::nullopt;
  return tell_verdict(isa, options, files->image.symbols, verdict, consoles[0].size(), race);
}

}  // namespace

void add_verify(CLI::App& app, int& code) {
  auto o = std::make_shared<Verification>();
  CLI::App* c = app.add_subcommand("verify",
                                   "Run a guest on the bare machine and under a technique in lock-step, and show the first difference.\n"
                                   "Example: vmsim verify guests/asm/hello.s --technique trap\n"
                                   "Exit codes: 0 they agree, 1 they differ, 2 they differ and the guest is fence-racy, 64 usage, 65 bad input.");
  add_guest_options(*c, o->guest);
  c->add_option("--technique", o->technique, "what to hold against it")
      ->check(CLI::IsMember({"trap", "emulate", "hybrid", "paravirt", "bare"}))
      ->capture_default_str();
  c->add_option("--against", o->against, "what is right")->check(CLI::IsMember({"bare", "trap", "emulate", "hybrid", "paravirt"}))->capture_default_str();
  c->add_option("--max-instructions", o->max_steps, "stop after this many steps (0: no limit)")->check(whole_number())->capture_default_str();
  c->add_flag("--hashes", o->hashes, "print a hash of the records at every million steps");
  c->add_flag("--json", o->json, "the verdict as JSON");
  c->callback([o, &code] { code = verify_guest(*o); });
}

}  // namespace vmsim::cli
