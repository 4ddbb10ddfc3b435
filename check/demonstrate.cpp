#include "check/demonstrate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/guest.hpp"
#include "check/stage.hpp"
#include "isa/assembler/assemble.hpp"
#include "isa/disassemble.hpp"
#include "monitor/verify.hpp"
#include "monitor/virtual_machine.hpp"

namespace vmsim::check {
namespace {

constexpr std::array<Technique, 3> techniques{Technique::trap, Technique::hybrid, Technique::emulate};
constexpr uint64_t most_steps = 100'000, most_output = 1 << 16;

/// A computer for the guest, bare or under a technique, and its console.
struct Side {
  std::string console;
  std::unique_ptr<Machine> machine;
  std::unique_ptr<VirtualMachine> guest;

  Side(const Isa& isa, std::optional<Technique> technique) {
    const BoardOptions board{.console = {.output = [this](uint8_t byte) { console += static_cast<char>(byte); }, .max_output = most_output}};
    machine = std::make_unique<Machine>(isa, technique ? stage::ram + VirtualMachine::overhead : stage::ram, technique ? BoardOptions{} : board);
    if (!technique) return;
    if (auto made = VirtualMachine::make(*machine, stage::ram, board, *technique)) guest = std::move(*made);
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  [[nodiscard]] Computer& computer() { return guest ? static_cast<Computer&>(*guest) : *machine; }
};

uint32_t real_offset(const Isa& isa) {
  const Side side(isa, Technique::trap);
  return side.guest ? side.guest->slice().real.at - side.guest->slice().guest.at : 0;
}

std::string text(const Isa& isa, const std::optional<Record>& r) {
  if (!r) return "has ended";
  std::string line = fmt::format("{:08x} {}", r->pc, r->word != 0 ? disassemble(isa, r->word, r->pc, {.separator = ' '}) : "");
  if (r->event != Event::none) line += fmt::format(", {}", r->event == Event::firmware ? "firmware call" : cause::name(r->cause));
  return line + (r->mode == Mode::kernel ? ", kernel mode" : ", user mode");
}

void run(const Isa& isa, const Image& image, Demonstration& d) {
  for (const Technique technique : techniques) {
    Side bare(isa, std::nullopt), other(isa, technique);
    for (Side* side : {&bare, &other}) (void)side->computer().boot(image, {});
    const Verdict verdict = verify({bare.computer(), bare.console}, {other.computer(), other.console}, {.max_steps = most_steps});
    TechniqueRun r{.technique = std::string(technique_names[static_cast<size_t>(technique)]), .agrees = !verdict.difference};
    if (verdict.difference) {
      const Difference& where = *verdict.difference;
      r.step = where.step, r.what = where.what, r.fields = where.fields;
      r.bare = text(isa, where.first.record), r.here = text(isa, where.second.record);
      // The lock-step ended at the difference; what each goes on to print is what the guest saw.
      for (Side* side : {&bare, &other}) side->computer().run(most_steps, nullptr);
    }
    r.console = other.console;
    d.bare = bare.console;
    d.runs.push_back(std::move(r));
  }
}

/// "csrrs sstatus (reads)" to "csrrs-sstatus-reads".
std::string file_name(const std::string& encoding) {
  std::string name;
  for (const char c : encoding) {
    if (c == '(' || c == ')') continue;
    name += c == ' ' ? '-' : c;
  }
  return name;
}

bool changes_only_translation(const Witness& w) {
  const WitnessState &before = w.states[0], &after = w.results[0].after;
  return !w.results[0].trapped && before.x == after.x && before.csr == after.csr && after.pc == before.pc + 4 && before.mode == after.mode &&
         before.reserved == after.reserved && before.memory == after.memory && before.physical == after.physical;
}

class Demonstrator {
 public:
  Demonstrator(const Isa& isa, const Report& report, const Options& options) : isa_(isa), report_(report), options_(options), offset_(real_offset(isa)) {}

  std::vector<Demonstration> all() {
    for (const ClassVerdict& v : report_.classes) show(v);
    if (report_.reversible.holds == Answer::no) show_trap();
    return std::move(all_);
  }

 private:
  void show(const ClassVerdict& v) {
    bool unsafe = false;
    for (const Query q : {Query::commutes_kernel, Query::commutes_user, Query::emulated_kernel, Query::emulated_user}) {
      if (v[q].answer != Answer::no) continue;
      unsafe = true;
      add(v, Demonstration::Shows::unsafe, {q});
    }
    if (unsafe || v.theorem1() != Answer::no) return;
    std::vector<Query> sensitive;
    for (size_t i = 0; i < query_count; ++i)
      if (const auto q = static_cast<Query>(i); is_existential(q) && q < Query::time_kernel && q != Query::literal_control && v.is(q)) sensitive.push_back(q);
    add(v, Demonstration::Shows::sensitive, sensitive);
  }

  /// The first of `questions` for which a guest can be built.
  void add(const ClassVerdict& v, Demonstration::Shows shows, const std::vector<Query>& questions) {
    Demonstration d{.shows = shows, .encoding = v.encoding.name, .question = name(questions[0])};
    for (const Query q : questions) {
      const auto w = staged(isa_, v.encoding, q, offset_, options_);
      if (!w) continue;
      d.question = name(q);
      finish(d, *w, changes_only_translation(*w) && w->states.size() == 1);
      return;
    }
    d.why_none = "no state that a guest can build shows it, or the search for one ran out of effort";
    all_.push_back(std::move(d));
  }

  /// That a trap loses something: in the kernel an instruction that the monitor emulates, in user mode one for which it fills in a page.
  void show_trap() {
    for (const Mode mode : {Mode::kernel, Mode::user}) {
      Demonstration d{.shows = Demonstration::Shows::irreversible, .encoding = "a trap", .question = report_.reversible.because};
      Witness w{.word = mode == Mode::kernel ? isa_.encode(isa_.find("csrrs"), {.rd = 5, .csr = 0x140}) : isa_.encode(isa_.find("lw"), {.rd = 5, .rs1 = 6})};
      WitnessState s{.mode = mode, .pc = stage::seen(isa_, stage::subject), .reserved = true, .reservation = stage::reserved};
      for (uint32_t r = 1; r < 32; ++r) s.x[r] = 0x0101'0101 * r;
      s.x[6] = stage::seen(isa_, stage::untouched);
      auto set = [&](Csr r, uint32_t value) { s.csr[static_cast<size_t>(r)] = value; };
      set(Csr::stvec, stage::seen(isa_, stage::vectors));
      if (mode == Mode::user) set(Csr::sstatus, sstatus::spie);
      if (isa_.mmu().bounds) set(Csr::base, stage::base), set(Csr::bound, stage::most_bound);
      w.states.push_back(s);
      finish(d, w, false);
    }
  }

  void finish(Demonstration& d, const Witness& w, bool watches_translation) {
    d.mode = w.states[0].mode;
    d.instruction = disassemble(isa_, w.word, w.states[0].pc, {.separator = ' '});
    d.file = fmt::format("{}-{}.s", file_name(d.encoding), d.mode == Mode::kernel ? "kernel" : "user");
    for (int n = 2; std::ranges::find(all_, d.file, &Demonstration::file) != all_.end(); ++n)
      d.file = fmt::format("{}-{}-{}.s", file_name(d.encoding), d.mode == Mode::kernel ? "kernel" : "user", n);
    const GuestSource source{.title = d.instruction, .remarks = remarks(d), .word = w.word, .states = w.states, .watches_translation = watches_translation};
    d.source = write_guest(isa_, source);
    const auto assembly = assemble(isa_, d.source, d.file);
    const auto at = [&](const char* label) {
      const auto it = std::ranges::find(assembly->symbols, label, &ElfSymbol::name);
      return it == assembly->symbols.end() ? 0 : it->value;
    };
    if (!assembly) d.why_none = "vmsim cannot assemble it: " + assembly.error().text();
    else if (at("subject") != stage::subject || at("registers") != stage::registers) d.why_none = "its states take more room than the stage has";
    else run(isa_, to_image(*assembly), d);
    if (!d.why_none.empty()) d.file.clear();
    all_.push_back(std::move(d));
  }

  [[nodiscard]] std::vector<std::string> remarks(const Demonstration& d) const {
    const std::string shown = d.shows == Demonstration::Shows::unsafe      ? "executed directly it is not what it is on the bare machine"
                              : d.shows == Demonstration::Shows::sensitive ? "sensitive, and it does not trap; executed directly it does the same all the same"
                                                                           : "a trap that the guest should not notice";
    return {fmt::format("{}: {}.", isa_.name(), d.encoding), fmt::format("{}: {}.", d.question, shown),
            "A witness found by vmsim check. Compare:", fmt::format("  vmsim run {} --isa {} --technique bare", d.file, isa_.name()),
            fmt::format("  vmsim run {} --isa {} --technique trap", d.file, isa_.name())};
  }

  const Isa& isa_;
  const Report& report_;
  const Options& options_;
  uint32_t offset_;
  std::vector<Demonstration> all_;
};

}  // namespace

const TechniqueRun* Demonstration::under(const std::string& technique) const {
  const auto it = std::ranges::find(runs, technique, &TechniqueRun::technique);
  return it == runs.end() ? nullptr : &*it;
}

std::vector<Demonstration> demonstrate(const Isa& isa, const Report& report, const Options& options) { return Demonstrator(isa, report, options).all(); }

std::vector<std::string> rescues(const std::vector<Demonstration>& all) {
  std::vector<std::string> found;
  for (const Technique t : techniques) {
    const std::string technique(technique_names[static_cast<size_t>(t)]);
    bool any = false, every = true;
    for (const Demonstration& d : all)
      if (const TechniqueRun* r = d.under(technique)) any = true, every &= r->agrees;
    if (any && every) found.push_back(technique);
  }
  return found;
}

std::vector<std::string> contradictions(const std::vector<Demonstration>& all) {
  std::vector<std::string> found;
  for (const Demonstration& d : all) {
    if (d.runs.empty()) continue;
    const bool sensitive = d.shows == Demonstration::Shows::sensitive;
    auto expect = [&](const char* technique, bool agrees) {
      if (d.under(technique)->agrees != agrees)
        found.push_back(fmt::format("{}: under {} the guest {} from the bare machine", d.file, technique, agrees ? "differs" : "does not differ"));
    };
    expect("trap", sensitive);
    if (sensitive || d.shows == Demonstration::Shows::unsafe) expect("hybrid", sensitive || d.mode == Mode::kernel);
    expect("emulate", true);
  }
  return found;
}

}  // namespace vmsim::check
