// The proof engine: every question of every class as one satisfiability query; every model replayed on the concrete machine.
#include "check/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "check/proof/concrete.hpp"
#include "check/proof/questions.hpp"
#include "check/proof/staging.hpp"
#include "check/proof/symbolic.hpp"

namespace vmsim::check {
namespace {

using Symbolic = Questions<SymbolicDomain>;
using Concrete = Questions<ConcreteDomain>;

double seconds_since(std::chrono::steady_clock::time_point start) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

/// `start` is the mode in which it reached its memory.
WitnessState plain(const Isa& isa, Mode start, const State<ConcreteDomain>& s, ConcreteDomain::World& world) {
  WitnessState w{.mode = static_cast<Mode>(s.hart.mode & 1),
                 .x = s.hart.x.values,
                 .pc = s.hart.pc,
                 .csr = s.hart.csr,
                 .external_interrupt = s.hart.external_interrupt,
                 .reserved = s.hart.reserved,
                 .reservation = s.hart.reservation};
  for (size_t c = 0; c < 3; ++c) w.counters[c] = uint64_t{s.hart.counters[c][1]} << 32 | s.hart.counters[c][0];
  const uint32_t direct = isa.mmu().direct_from;
  auto bytes = [&](const ConcreteDomain::Bytes& from, std::vector<MemoryByte>& to, auto&& counts) {
    std::vector<uint32_t> addresses = world.touched[from.name];
    std::ranges::sort(addresses);
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    for (const uint32_t at : addresses)
      if (counts(at)) to.push_back({at, from.byte(at)});
  };
  auto is_direct = [&](uint32_t at) { return direct != 0 && start == Mode::kernel && at >= direct; };
  bytes(s.window, w.memory, [&](uint32_t at) { return !is_direct(at); });
  bytes(s.direct, w.memory, is_direct);
  bytes(s.physical, w.physical, [](uint32_t) { return true; });
  return w;
}

std::string difference_of_controls(const WitnessState& a, const WitnessState& b, const char* between) {
  if (a.mode != b.mode) return fmt::format("mode: {}{}{}", a.mode == Mode::kernel ? "kernel" : "user", between, b.mode == Mode::kernel ? "kernel" : "user");
  for (int i = 0; i < csr_count; ++i)
    if (const auto r = static_cast<Csr>(i); a[r] != b[r]) return fmt::format("{}: {:08x}{}{:08x}", name(r), a[r], between, b[r]);
  return "";
}

std::string difference_of_views(const WitnessState& a, const WitnessState& b, const char* between) {
  for (size_t i = 1; i < 32; ++i)
    if (a.x[i] != b.x[i]) return fmt::format("x{}: {:08x}{}{:08x}", i, a.x[i], between, b.x[i]);
  if (a.pc != b.pc) return fmt::format("pc: {:08x}{}{:08x}", a.pc, between, b.pc);
  if (a.reserved != b.reserved || a.reservation != b.reservation) return "the reservation";
  for (size_t i = 0; i < a.memory.size() && i < b.memory.size(); ++i)
    if (a.memory[i] != b.memory[i]) return fmt::format("byte {:08x}: {:02x}{}{:02x}", a.memory[i].address, a.memory[i].value, between, b.memory[i].value);
  return "";
}

/// What a witness shows, in one line. `direct` is what the instruction made of its state on the real hart, where the question is about that.
std::string describe(const Witness& w, const std::optional<WitnessResult>& direct) {
  if (w.results.size() == 1) {
    const WitnessResult& bare = w.results[0];
    if (bare.trapped) return fmt::format("traps: {}", cause::name(bare.cause));
    WitnessState before = w.states[0];
    if (bare.after.pc == before.pc + 4) before.pc += 4;  // that it went on is no difference
    if (direct && !direct->trapped) {
      if (const std::string view = difference_of_views(bare.after, direct->after, ", directly "); !view.empty()) return view;
      const std::string control = difference_of_controls(before, bare.after, " → ");
      return control.empty() ? "the same, but the real hart is not where the monitor put it" : control + ", directly not";
    }
    const std::string control = difference_of_controls(before, bare.after, " → ");
    return control.empty() ? difference_of_views(before, bare.after, " → ") : control;
  }
  if (w.results.size() != 2) return "";
  const auto &a = w.results[0], &b = w.results[1];
  if (a.trapped != b.trapped) return fmt::format("{} traps: {}", a.trapped ? "the first" : "the second", cause::name(a.trapped ? a.cause : b.cause));
  const std::string view = difference_of_views(a.after, b.after, " or ");
  return view.empty() ? difference_of_controls(a.after, b.after, " or ") : view;
}

class Prover {
 public:
  Prover(const Isa& isa, const Options& options, Report& report) : isa_(isa), reversible_(without_losses(isa)), options_(options), report_(report) {}
  [[nodiscard]] const Isa& reversible() const { return reversible_; }

  /// Whether some state satisfies `formula`: yes with a model, no, or unknown.
  Answer satisfiable(const Truth& formula, std::optional<z3::model>* model, std::string* why) {
    ++report_.queries;
    const z3::expr simple = formula.e.simplify();
    if (simple.is_false()) {
      ++report_.by_simplification;
      return Answer::no;
    }
    z3::solver solver(context(), "QF_AUFBV");
    z3::params p(context());
    p.set("rlimit", options_.query_effort);
    if (options_.query_milliseconds != 0) p.set("timeout", options_.query_milliseconds);
    solver.set(p);
    solver.add(simple);
    switch (solver.check()) {
      case z3::unsat: return Answer::no;
      case z3::sat: {
        std::optional<z3::model> real = arithmetically_real(solver, simple);
        if (!real) {
          if (why != nullptr) *why = "its models rest on results of multiplication or division that are not the real ones";
          return Answer::unknown;
        }
        if (model != nullptr) *model = std::move(real);
        return Answer::yes;
      }
      default:
        if (why != nullptr) *why = solver.reason_unknown();
        return Answer::unknown;
    }
  }

  ClassVerdict decide(const EncodingClass& c) {
    const auto start = std::chrono::steady_clock::now();
    ClassVerdict v{.encoding = c};
    forget_terms();
    for (size_t i = 0; i < query_count; ++i)
      if (const auto q = static_cast<Query>(i); options_.queries.empty() || std::ranges::find(options_.queries, q) != options_.queries.end()) {
        const auto asked = std::chrono::steady_clock::now();
        v[q] = ask(c, q, v.witnesses);
        v[q].seconds = seconds_since(asked);
      }
    if (v.theorem1() == Answer::no || v.theorem3() == Answer::no || (v.time_sensitive() == Answer::yes && !v.is(Query::user_traps)))
      v.settings = configuration(c);
    v.seconds = seconds_since(start);
    return v;
  }

  /// A witness of what `query` answered that a guest can build; nothing where none was found.
  std::optional<Witness> staged(const EncodingClass& c, Query query, uint32_t real_offset) {
    forget_terms();
    SymbolicDomain::World world;
    Symbolic questions(world, isa_, reversible_);
    questions.keeps_runs = true;
    const auto formula = questions.ask(c, query);
    Staging staging(isa_, c, world);
    for (const Demands demands : {Demands{}, {.both_arrive = false}, {.seen_afterwards = false, .both_arrive = false}}) {
      std::optional<z3::model> model;
      if (satisfiable(formula.shown & staging.fits(questions, demands, real_offset), &model, nullptr) != Answer::yes) continue;
      if (Witness w = replay(c, query, world, *model); w.replayed) return w;
    }
    return std::nullopt;
  }

  /// A claim that nothing satisfies `formula`, outside the classes.
  Theorem never(const std::function<Truth()>& formula, const std::string& holds, const std::string& fails) {
    std::string why;
    switch (satisfiable(formula(), nullptr, &why)) {
      case Answer::no: return {Answer::yes, holds};
      case Answer::unknown: return {Answer::unknown, holds + ": " + why};
      default: return {Answer::no, fails};
    }
  }

 private:
  /// The solver's model, or another with operands of multiplication and division for which the results are the real ones.
  static std::optional<z3::model> arithmetically_real(z3::solver& solver, const z3::expr& formula) {
    const z3::model first = solver.get_model();
    const std::vector<Opaque> terms = opaque_terms(formula);
    auto real = [&](const Opaque& o) { return number(first, o.term) == o.result(number(first, o.a), number(first, o.b)); };
    if (std::ranges::all_of(terms, real)) return first;
    // Its own operands, then some whose results are nothing special.
    constexpr std::pair<uint32_t, uint32_t> operands[] = {{0, 0}, {0x9234'5679, 0x8765'4323}, {0x7123'4567, 0x0000'1235}, {0xFFFF'FFF9, 0x0000'0003}};
    for (const auto& [a, b] : operands) {
      solver.push();
      for (const Opaque& o : terms) solver.add(a == 0 ? o.at(number(first, o.a), number(first, o.b)) : o.at(a, b));
      std::optional<z3::model> found;
      if (solver.check() == z3::sat) found = solver.get_model();
      solver.pop();
      if (found) return found;
    }
    return std::nullopt;
  }

  static uint32_t number(const z3::model& m, const z3::expr& e) {
    uint64_t n = 0;
    const z3::expr value = m.eval(e, true);
    return value.is_numeral_u64(n) ? static_cast<uint32_t>(n) : 0;
  }

  Finding ask(const EncodingClass& c, Query query, std::vector<Witness>& witnesses) {
    SymbolicDomain::World world;
    Symbolic questions(world, isa_, reversible_);
    const auto formula = questions.ask(c, query);
    Finding f;
    std::optional<z3::model> model;
    const Answer shown = satisfiable(formula.shown, &model, &f.reason);
    if (shown == Answer::unknown) return f;
    f.answer = (shown == Answer::yes) == is_existential(query) ? Answer::yes : Answer::no;
    f.antecedent = shown == Answer::yes ? Answer::yes : satisfiable(formula.supposed, nullptr, nullptr);
    if (shown == Answer::no) {
      for (const Trials& t : {random_trials(isa_, c, query, options_.trials, options_.seed), exhaustive_trials(isa_, c, query, 5 * options_.trials)})
        if (t.shown != 0)
          report_.bugs.push_back(fmt::format("{}: {}: the proof says no state shows it, {} of {} trials do", c.name, name(query), t.shown, t.tried));
      return f;
    }
    Witness w = replay(c, query, world, *model);
    if (!w.replayed) {
      report_.bugs.push_back(fmt::format("{}: {}: the proof's witness does not replay", c.name, name(query)));
      f.answer = Answer::unknown;
      f.reason = "its witness does not replay";
    }
    f.witness = static_cast<int>(witnesses.size());
    witnesses.push_back(std::move(w));
    return f;
  }

  Witness replay(const EncodingClass& c, Query query, const SymbolicDomain::World& world, const z3::model& model) {
    z3::context& z = context();
    const z3::expr registers = z.constant("registers", z.array_sort(z.bv_sort(5), z.bv_sort(32)));
    ConcreteDomain::Given given;
    for (const auto& [name, e] : world.words) given.words[name] = number(model, e);
    given.reg = [&](uint32_t i) { return number(model, z3::select(registers, z.bv_val(i, 5))); };
    given.byte = [&](Name name, uint32_t at) { return static_cast<uint8_t>(number(model, z3::select(SymbolicDomain::World::memory(name), z.bv_val(at, 32)))); };
    given.function = [&](Function f, uint32_t a, uint32_t b) { return number(model, SymbolicDomain::World::function(f)(z.bv_val(a, 32), z.bv_val(b, 32))); };
    ConcreteDomain::World concrete(given);
    Concrete questions(concrete, isa_, reversible_);
    questions.keeps_runs = true;
    Witness w{.query = query, .word = (given.words[{Name::Kind::word}] & ~c.mask) | c.match};
    w.replayed = questions.ask(c, query).shown.on;
    std::optional<WitnessResult> direct;
    for (const auto& run : questions.runs) {
      if (run.direct) {
        direct = {run.outcome.trapped.on, run.outcome.cause.bits, run.outcome.tval.bits, plain(isa_, run.mode, run.after, concrete)};
        direct->after.reservation -= direct->after.reserved ? given.words[{Name::Kind::slice}] : 0;  // back to where the guest believes it
        continue;
      }
      WitnessState before = plain(isa_, run.mode, run.before, concrete);
      for (const auto& [address, value] : before.memory) {
        if ((given.function(Function::no_load, address, 0) & 1) != 0) before.unreadable.push_back(address);
        if ((given.function(Function::no_store, address, 0) & 1) != 0) before.unwritable.push_back(address);
      }
      w.states.push_back(std::move(before));
      w.results.push_back({run.outcome.trapped.on, run.outcome.cause.bits, run.outcome.tval.bits, plain(isa_, run.mode, run.after, concrete)});
    }
    w.difference = describe(w, direct);
    return w;
  }

  /// Single fields that, kept at zero or at ones, make user mode always trap.
  std::vector<Setting> configuration(const EncodingClass& c) {
    SymbolicDomain::World world;
    Symbolic questions(world, isa_, reversible_);
    const Truth untrapped = questions.ask(c, Query::user_traps).shown;
    for (const CsrRule& rule : isa_.csrs()) {
      if (rule.source == CsrSource::counter || is_relocation(rule.storage)) continue;
      const auto it = world.words.find({Name::Kind::csr, static_cast<uint8_t>(rule.storage)});
      if (it == world.words.end()) continue;
      for (const CsrField& field : rule.fields()) {
        if (!field.writable) continue;
        for (const uint32_t value : {0u, field.mask()}) {
          const Truth kept((it->second & context().bv_val(field.mask(), 32)) == context().bv_val(value, 32));
          if (satisfiable(untrapped & kept, nullptr, nullptr) == Answer::no) return {{rule.storage, field.mask(), value}};
        }
      }
    }
    return {};
  }

  const Isa& isa_;
  const Isa reversible_;
  const Options& options_;
  Report& report_;
};

/// A setting holds only where no instruction that user mode runs untrapped can change control registers.
void withdraw_settings(Report& report) {
  const bool user_controls = std::ranges::any_of(report.classes, [](const ClassVerdict& v) {
    if (!v.is(Query::control_user) || v.is(Query::user_traps)) return false;
    const int i = v[Query::control_user].witness;
    if (i < 0 || v.witnesses[static_cast<size_t>(i)].results.empty()) return true;
    const Witness& w = v.witnesses[static_cast<size_t>(i)];
    for (int r = 0; r < csr_count; ++r)
      if (!is_relocation(static_cast<Csr>(r)) && w.states[0].csr[static_cast<size_t>(r)] != w.results[0].after.csr[static_cast<size_t>(r)]) return true;
    return w.states[0].mode != w.results[0].after.mode;
  });
  if (user_controls)
    for (ClassVerdict& v : report.classes) v.withdrawn = std::exchange(v.settings, {});
}

/// Memory and traps are those of the instruction set decided earlier: what rests on them alone need not be asked again.
bool same_ground(const Isa& isa, const Options& o) {
  if (o.earlier == nullptr) return false;
  const auto ground = [](const Isa& i) {
    return std::tuple(i.mmu().bounds, i.mmu().direct_from, i.mmu().direct_to, i.trap().clears_reservation, i.trap().loses);
  };
  return ground(isa) == ground(*o.earlier_isa);
}

void check_sequences(const Isa& isa, Prover& prover, const Options& options, Report& report) {
  const bool reuse = same_ground(isa, options) && options.earlier->product.holds == Answer::yes;
  std::vector<const EncodingClass*> kinds;
  for (const ClassVerdict& v : report.classes) {
    if (v.encoding.op == illegal_op) continue;
    const std::string& n = v.encoding.instruction;
    const bool chosen = n == "lr.w" || n == "sc.w" || n == "lw" || n == "sw" || n == "amoadd.w" || n == "addi" || isa.row(v.encoding.op).does != nullptr;
    if (chosen && v.commutes() != Answer::no && !v.is(Query::user_traps)) kinds.push_back(&v.encoding);
  }
  report.product = {Answer::yes, "no sequence of two or three instructions shows the traps between them"};
  auto check = [&](const std::vector<const EncodingClass*>& sequence) {
    const bool built_in = std::ranges::all_of(sequence, [&](const EncodingClass* c) { return isa.row(c->op).does == nullptr; });
    if (reuse && built_in) return;
    for (const Mode mode : {Mode::kernel, Mode::user}) {
      forget_terms();
      SymbolicDomain::World world;
      Symbolic questions(world, isa, prover.reversible());
      const auto never = [&](const Truth& f) { return prover.satisfiable(f, nullptr, nullptr) == Answer::no; };
      const Theorem t = prover.never([&] { return questions.sequence_differs(sequence, mode, never); }, "", "");
      if (t.holds == Answer::yes) continue;
      std::string text;
      for (const EncodingClass* c : sequence) text += (text.empty() ? "" : "; trap; ") + c->name;
      if (t.holds == Answer::unknown && report.product.holds == Answer::yes) report.product = {Answer::unknown, "undecided: " + text};
      if (t.holds == Answer::no && report.product.holds != Answer::no) {
        report.product = {Answer::no, "differs from the bare machine: " + text};
        for (const EncodingClass* c : sequence) report.product_witness.push_back(c->name);
      }
    }
  };
  // Every instruction twice, and whatever stands around or between the two that share the reservation.
  auto is_atomic = [](const EncodingClass* c) { return c->instruction == "lr.w" || c->instruction == "sc.w"; };
  for (const EncodingClass* a : kinds)
    for (const EncodingClass* b : kinds)
      if (a == b || (is_atomic(a) && is_atomic(b))) check({a, b});
  for (const EncodingClass* first : kinds)
    for (const EncodingClass* middle : kinds)
      for (const EncodingClass* last : kinds)
        if (first->instruction == "lr.w" && last->instruction == "sc.w") check({first, middle, last});
}

void check_the_rest(const Isa& isa, Prover& prover, const Options& options, Report& report) {
  if (same_ground(isa, options)) {
    report.reversible = options.earlier->reversible;
    report.translation = options.earlier->translation;
    return;
  }
  report.reversible = {Answer::yes, "a trap restores what the guest sees"};
  report.translation = {Answer::yes, "equal translation keys give equal translations"};
  Theorem injection{Answer::yes, ""};
  auto keep = [](Theorem& t, const Theorem& part) {
    if (t.holds != Answer::no && part.holds != Answer::yes) t = part;
  };
  for (const Mode mode : {Mode::kernel, Mode::user}) {
    forget_terms();
    SymbolicDomain::World world;
    Symbolic questions(world, isa, prover.reversible());
    keep(report.reversible, prover.never([&] { return questions.irreversible(mode); }, "a trap restores what the guest sees",
                                         isa.trap().loses != 0           ? fmt::format("a trap loses x{}", isa.trap().loses)
                                         : isa.trap().clears_reservation ? "a trap clears the reservation"
                                                                         : "a trap does not restore what the guest sees"));
    keep(injection, prover.never([&] { return questions.injection_differs(mode); }, "", "an injected interrupt is not the bare machine's"));
    for (const Mode other : {Mode::kernel, Mode::user})
      for (const Access access : {Access::fetch, Access::load, Access::store})
        keep(report.translation,
             prover.never([&] { return questions.key_is_too_coarse(mode, other, access); }, "equal translation keys give equal translations",
                          "two virtual states share a shadow root and translate differently"));
  }
  if (report.translation.holds == Answer::yes) report.translation = injection.holds == Answer::yes ? report.translation : injection;
}

}  // namespace

std::optional<Witness> staged(const Isa& isa, const EncodingClass& c, Query query, uint32_t real_offset, const Options& options) {
  Report report;
  return Prover(isa, options, report).staged(c, query, real_offset);
}

Report decide(const Isa& isa, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  Report report{.variant = isa.name(), .hash = hash(isa)};
  const std::vector<EncodingClass> classes = encoding_classes(isa);
  report.classes.resize(classes.size());
  std::vector<size_t> open;
  for (size_t i = 0; i < classes.size(); ++i) {
    if (options.earlier != nullptr)
      if (const auto same = std::ranges::find_if(options.earlier->classes,
                                                 [&](const ClassVerdict& v) { return same_meaning(*options.earlier_isa, isa, v.encoding, classes[i]); });
          same != options.earlier->classes.end()) {
        report.classes[i] = *same;
        report.classes[i].encoding = classes[i];
        if (same->settings.empty()) report.classes[i].settings = std::exchange(report.classes[i].withdrawn, {});
        report.classes[i].reused = true;
        continue;
      }
    open.push_back(i);
  }
  // Z3's terms belong to a thread; so do the parts of the report that they end in.
  std::mutex lock;
  std::atomic<size_t> next{0};
  auto work = [&] {
    Report part;
    Prover prover(isa, options, part);
    for (size_t at = next++; at < open.size(); at = next++) {
      if (options.progress) {
        const std::lock_guard guard(lock);
        options.progress(at, open.size(), classes[open[at]].name);
      }
      report.classes[open[at]] = prover.decide(classes[open[at]]);
    }
    const std::lock_guard guard(lock);
    report.queries += part.queries;
    report.by_simplification += part.by_simplification;
    report.bugs.insert(report.bugs.end(), part.bugs.begin(), part.bugs.end());
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads; ++i) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  std::ranges::sort(report.bugs);
  Prover prover(isa, options, report);
  withdraw_settings(report);
  if (options.progress) options.progress(classes.size(), classes.size(), "traps, interrupts, translation, sequences");
  check_the_rest(isa, prover, options, report);
  check_sequences(isa, prover, options, report);
  conclude(isa, report);
  report.seconds = seconds_since(start);
  return report;
}

}  // namespace vmsim::check
