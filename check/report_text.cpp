// The table, and one instruction explained in sentences.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/report.hpp"
#include "isa/disassemble.hpp"

namespace vmsim::check {
namespace {

/// What each question asks, as docs/popek-goldberg.md writes it, and in words.
struct Wording {
  const char* formula;
  const char* asks;
};
constexpr std::array<Wording, query_count> wordings{{
    {"PRIV: for all s without a memory trap, T(user s) ≠ none and T(kernel s) = none", "Does it trap in user mode, always, and never in kernel mode?"},
    {"UTRAP: for all s, mode = user and no memory trap → T(s) ≠ none", "Does it always trap in user mode?"},
    {"for all s, mode = kernel and no memory trap → T(s) ≠ none", "Does it always trap in kernel mode?"},
    {"CS(kernel): exists s, mode = kernel, T(s) = none, (m', R', H') ≠ (m, R, H)",
     "Does it change the mode, the relocation or a control register in kernel mode?"},
    {"CS(user): exists s, mode = user, T(s) = none, (m', R', H') ≠ (m, R, H)",
     "Does it change the mode, the relocation or a control register in user mode, without a trap?"},
    {"CS as printed: exists s, T(s) = none, (m', R') ≠ (m, R)", "Does it change what the paper calls control, the mode or the relocation?"},
    {"BS(location, kernel): V equal, R differs, T = none in both, V(i(s1)) ≠ V(i(s2))", "Does its result in kernel mode depend on where memory lies?"},
    {"BS(location, user): V equal, R differs, T = none in both, V(i(s1)) ≠ V(i(s2))", "Does its result in user mode depend on where memory lies?"},
    {"BS(mode): V equal, m differs, T = none in both, V(i(s1)) ≠ V(i(s2))", "Does its result depend on the mode?"},
    {"BS(hidden, kernel): V equal, H differs, T = none in both, V(i(s1)) ≠ V(i(s2))", "Does its result in kernel mode depend on control registers?"},
    {"BS(hidden, user): V equal, H differs, T = none in both, V(i(s1)) ≠ V(i(s2))", "Does its result in user mode depend on control registers?"},
    {"TS(location, kernel): V equal, R differs, T(s1) = none, T(s2) ≠ none", "Does it depend on where memory lies whether it traps in kernel mode?"},
    {"TS(location, user): V equal, R differs, T(s1) = none, T(s2) ≠ none", "Does it depend on where memory lies whether it traps in user mode?"},
    {"TS(mode): V equal, T(kernel s) = none, T(user s) ≠ none", "Is there a state in which it traps in user mode and not in kernel mode?"},
    {"TS(mode): V equal, T(user s) = none, T(kernel s) ≠ none", "Is there a state in which it traps in kernel mode and not in user mode?"},
    {"TS(hidden, kernel): V equal, H differs, T(s1) = none, T(s2) ≠ none", "Does it depend on control registers whether it traps in kernel mode?"},
    {"TS(hidden, user): V equal, H differs, T(s1) = none, T(s2) ≠ none", "Does it depend on control registers whether it traps in user mode?"},
    {"TIME(kernel): all equal but time, V(i(s1)) ≠ V(i(s2))", "Does its result in kernel mode tell the time?"},
    {"TIME(user): all equal but time, V(i(s1)) ≠ V(i(s2))", "Does its result in user mode tell the time?"},
    {"TOC(kernel): T(f(s)) ≠ none, or T(s) = none and i(f(s)) = f(i(s))", "Run directly for a virtual kernel, does it trap or do what the bare machine does?"},
    {"TOC(user): T(f(s)) ≠ none, or T(s) = none and i(f(s)) = f(i(s))", "Run directly for a virtual user, does it trap or do what the bare machine does?"},
    {"TOC, whatever the real control registers hold", "Does that hold whatever the real control registers hold?"},
    {"EMU(kernel): where it traps, f(i(s)) = emulate(i, f(s))",
     "Where it traps, does the monitor's answer do what the bare machine does, for a virtual kernel?"},
    {"EMU(user): where it traps, f(i(s)) = emulate(i, f(s))", "Where it traps, does the monitor's answer do what the bare machine does, for a virtual user?"},
}};

const char* name(Mode mode) { return mode == Mode::kernel ? "kernel" : "user"; }

/// Registers and control registers in which two states differ, by name.
std::vector<std::string> controls_that_differ(const WitnessState& a, const WitnessState& b) {
  std::vector<std::string> names;
  if (a.mode != b.mode) names.emplace_back("the mode");
  for (int i = 0; i < csr_count; ++i)
    if (const auto r = static_cast<Csr>(i); a[r] != b[r]) names.emplace_back(vmsim::name(r));
  return names;
}

std::string list(const std::vector<std::string>& names, const char* none) {
  if (names.empty() || names.size() > 3) return none;
  std::string text = names[0];
  for (size_t i = 1; i < names.size(); ++i) text += (i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

const Witness* witness_of(const ClassVerdict& v, Query q) {
  const int i = v[q].witness;
  return i >= 0 && static_cast<size_t>(i) < v.witnesses.size() ? &v.witnesses[static_cast<size_t>(i)] : nullptr;
}

/// What is not zero in a state; with `other`, what is not as there.
std::string text(const WitnessState& s, const WitnessState* other = nullptr) {
  std::vector<std::string> parts;
  if (other == nullptr) parts.push_back(fmt::format("{} mode, pc {:08x}", name(s.mode), s.pc));
  else if (s.mode != other->mode) parts.push_back(fmt::format("{} mode", name(s.mode)));
  for (size_t i = 1; i < 32; ++i)
    if (other == nullptr ? s.x[i] != 0 : s.x[i] != other->x[i]) parts.push_back(fmt::format("x{} = {:08x}", i, s.x[i]));
  for (int i = 0; i < csr_count; ++i)
    if (const auto r = static_cast<Csr>(i); other == nullptr ? s[r] != 0 : s[r] != (*other)[r])
      parts.push_back(fmt::format("{} = {:08x}", vmsim::name(r), s[r]));
  if (other == nullptr ? s.reserved : s.reserved != other->reserved)
    parts.push_back(s.reserved ? fmt::format("a reservation on {:08x}", s.reservation) : "no reservation");
  for (const MemoryByte& b : s.memory)
    if (other == nullptr || std::ranges::find(other->memory, b) == other->memory.end())
      parts.push_back(fmt::format("byte {:08x} = {:02x}", b.address, b.value));
  for (const MemoryByte& b : s.physical)
    if (other == nullptr || std::ranges::find(other->physical, b) == other->physical.end())
      parts.push_back(fmt::format("physical byte {:08x} = {:02x}", b.address, b.value));
  return parts.empty() ? "the same" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string outcome(const Witness& w, size_t i) {
  const WitnessResult& r = w.results[i];
  if (r.trapped) return fmt::format("it traps: {}, stval {:08x}", cause::name(r.cause), r.tval);
  WitnessState before = w.states[i];
  WitnessState after = r.after;
  if (after.pc == before.pc + 4) after.pc = before.pc;
  std::string changed = text(after, &before);
  if (after.pc != before.pc) changed = (changed == "the same" ? "" : changed + ", ") + fmt::format("pc = {:08x}", r.after.pc);
  return changed == "the same" ? "it changes nothing" : "afterwards " + changed;
}

std::string lines_of(const Isa& isa, const Witness& w) {
  std::string out = fmt::format("      {:08x}  {}\n", w.word, disassemble(isa, w.word, w.states.empty() ? 0 : w.states[0].pc, {.separator = ' '}));
  for (size_t i = 0; i < w.states.size(); ++i) {
    out += fmt::format("      {} {}\n",
                       w.states.size() == 1 ? "From"
                       : i == 0             ? "From a state with"
                                            : "and from one that is the same but for",
                       i == 0 ? text(w.states[0]) : text(w.states[i], &w.states[0]));
    out += fmt::format("        {}.\n", outcome(w, i));
  }
  return out;
}

std::string sentence(Answer a, Query q) {
  switch (a) {
    case Answer::yes: return is_existential(q) ? "Yes:" : "Yes, proved.";
    case Answer::no: return is_existential(q) ? "No: no state shows it." : "No:";
    default: return "Unknown:";
  }
}

/// One class's part of an explanation.
std::string explain_class(const Isa& isa, const ClassVerdict& v) {
  std::string out = fmt::format("{} is {}.\n", v.encoding.name, fmt::join(v.classes(), ", "));
  if (v.encoding.op != illegal_op && isa.row(v.encoding.op).does != nullptr) {
    const std::string& does = isa.row(v.encoding.op).does->text;
    out += "  What it does:\n";
    for (size_t at = 0, end = 0; at < does.size(); at = end + 1) {
      end = std::min(does.find('\n', at), does.size());
      if (end > at) out += fmt::format("    {}\n", does.substr(at, end - at));
    }
  }
  for (size_t i = 0; i < query_count; ++i) {
    const auto q = static_cast<Query>(i);
    const Finding& f = v[q];
    out += fmt::format("  {}\n    {}\n    {}{}{}\n", wordings[i].asks, wordings[i].formula, sentence(f.answer, q), f.reason.empty() ? "" : " " + f.reason + ".",
                       f.antecedent == Answer::no ? " (Nothing satisfies what the question supposes.)" : "");
    if (const Witness* w = witness_of(v, q)) out += lines_of(isa, *w);
  }
  const Answer one = v.theorem1(), three = v.theorem3();
  out += fmt::format("  So: {}.\n", why(isa, v));
  out += fmt::format("  Theorem 1 {}; Theorem 3 {}. Direct execution {}.\n\n",
                     one == Answer::yes          ? "has nothing against it"
                     : one == Answer::configured ? fmt::format("needs {}", text(isa, v.settings))
                     : one == Answer::no         ? "fails on it, for it is sensitive and does not always trap in user mode"
                                                 : "is undecided",
                     three == Answer::yes          ? "neither has"
                     : three == Answer::configured ? fmt::format("needs {}", text(isa, v.settings))
                     : three == Answer::no         ? "fails on it too, for it is so in user mode"
                                                   : "is undecided",
                     v.commutes() == Answer::no        ? "is not safe"
                     : v.commutes() == Answer::unknown ? "is undecided"
                                                       : "is safe");
  return out;
}

/// Lines are no longer than this where words allow.
constexpr size_t widest = 140;

std::vector<std::string> wrapped(const std::string& text, size_t width) {
  std::vector<std::string> lines(1);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    at = end + 1;
  }
  return lines;
}

struct TableRow {
  std::string instruction, classes, theorem, directly, why, witness;
};

/// Columns under their headings; a cell that is too wide goes on in the next line.
std::string lines_of(const std::vector<TableRow>& rows) {
  size_t first = 11;
  for (const TableRow& row : rows) first = std::max(first, row.instruction.size());
  constexpr size_t second = 30, before_why = 26;
  const size_t last = widest - std::min(widest - 40, first + second + before_why);
  auto line = [&](const std::string& a, const std::string& b, const std::string& c, const std::string& d, const std::string& e) {
    std::string text = fmt::format("{:{}}  {:{}}  {:10}  {:8}  {}", a, first, b, second, c, d, e);
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  std::string out = line("instruction", "class", "theorem 1", "directly", "why, and a witness");
  for (const TableRow& row : rows) {
    const std::vector<std::string> classes = wrapped(row.classes, second);
    std::vector<std::string> why = wrapped(row.why, last);
    if (!row.witness.empty())
      for (const std::string& part : wrapped(row.witness, last - 2)) why.push_back("  " + part);
    for (size_t i = 0; i < std::max(classes.size(), why.size()); ++i)
      out += line(i == 0 ? row.instruction : "", i < classes.size() ? classes[i] : "", i == 0 ? row.theorem : "", i == 0 ? row.directly : "",
                  i < why.size() ? why[i] : "");
  }
  return out;
}

const char* directly(const ClassVerdict& v) {
  if (v.is(Query::user_traps)) return "traps";
  if (v.commutes() == Answer::no) return "differs";
  return v.commutes() == Answer::unknown ? "unknown" : "the same";
}

}  // namespace

std::string why(const Isa& isa, const ClassVerdict& v) {
  std::vector<std::string> reasons;
  const bool traps = v.is(Query::user_traps);
  if (v.always_traps()) return "it traps in both modes, which decides nothing";
  if (v.is(Query::privileged)) return "it traps in user mode and not in kernel mode";
  if (traps) return "it traps in user mode, and in kernel mode sometimes";
  for (const Query q : {Query::control_kernel, Query::control_user})
    if (const Witness* w = v.is(q) ? witness_of(v, q) : nullptr) {
      const auto changed = w->results[0].trapped ? std::vector<std::string>{} : controls_that_differ(w->states[0], w->results[0].after);
      reasons.push_back(fmt::format("changes {} in {} mode{}", list(changed, changed.empty() ? "what was translated" : "control registers"),
                                    q == Query::control_user ? "user" : "kernel",
                                    q == Query::control_user ? " without a trap" : ", and in user mode does not trap"));
    }
  if (v.is(Query::location_kernel) || v.is(Query::location_user))
    reasons.push_back(fmt::format("tells where memory lies{}", v.is(Query::location_user) ? "" : ", in kernel mode"));
  if (v.is(Query::mode)) reasons.emplace_back("tells the mode");
  for (const Query q : {Query::hidden_user, Query::hidden_kernel})
    if (const Witness* w = v.is(q) ? witness_of(v, q) : nullptr) {
      reasons.push_back(fmt::format("tells {}{}", list(controls_that_differ(w->states[0], w->states[1]), "control registers"),
                                    q == Query::hidden_kernel ? ", in kernel mode" : ""));
      break;
    }
  if (v.is(Query::trap_mode_kernel) || v.is(Query::trap_mode_user)) reasons.emplace_back("traps in one mode where it does not in the other");
  else if (v.is(Query::trap_hidden_user) || v.is(Query::trap_hidden_kernel)) reasons.emplace_back("traps or not by what control registers hold");
  else if (v.is(Query::trap_location_kernel) || v.is(Query::trap_location_user)) reasons.emplace_back("traps or not by where memory lies");
  if (v.time_sensitive() == Answer::yes) reasons.emplace_back("tells the time");
  if (!v.settings.empty()) reasons.push_back(fmt::format("always traps where {}", text(isa, v.settings)));
  if (reasons.empty()) return v.sensitive() == Answer::unknown ? "not everything was decided" : "nothing that it does shows or changes what a monitor hides";
  return fmt::format("{}", fmt::join(reasons, "; "));
}

std::string conclusion(const Isa& isa, const Report& r) {
  switch (r.safe.holds) {
    case Answer::yes: return "virtualizable";
    case Answer::configured:
      return fmt::format("virtualizable, under {}", r.configuration.empty() ? "the control registers that the monitor sets" : text(isa, r.configuration));
    case Answer::no: return "not virtualizable by trap and emulate";
    default: return "undecided";
  }
}

std::string table(const Isa& isa, const Report& r, bool all) {
  std::vector<TableRow> rows;
  std::map<std::string, int> alike;  // configured encodings by their classes: one line stands for them
  for (const ClassVerdict& v : r.classes) {
    const bool plain = v.theorem1() == Answer::yes && v.commutes() != Answer::no && v.emulated() == Answer::yes;
    if (plain && !all) continue;
    const std::string classes = fmt::format("{}", fmt::join(v.classes(), ", "));
    if (!all && v.theorem1() != Answer::yes && v.commutes() != Answer::no && v.encoding.csr && alike[classes]++ > 0) continue;
    const Witness* w = v.witness();
    const std::string witness = w == nullptr ? "" : fmt::format("{}: {}", disassemble(isa, w->word, 0, {.separator = ' '}), w->difference);
    rows.push_back({v.encoding.name, classes, name(v.theorem1()), directly(v), why(isa, v), witness});
  }
  std::string out;
  if (!r.models.empty()) out += fmt::format("{}: {}\n\n", r.variant, r.models);
  if (!rows.empty()) out += lines_of(rows);
  for (const auto& [classes, count] : alike)
    if (count > 1) out += fmt::format("and {} more encodings that are {} (--all)\n", count - 1, classes);
  if (!rows.empty()) out += '\n';
  const std::tuple<const char*, const Theorem*> claims[] = {
      {"Theorem 1", &r.theorem1},    {"Theorem 2", &r.theorem2},    {"Theorem 3", &r.theorem3},  {"safe", &r.safe},         {"1 as printed", &r.literal1},
      {"3 as printed", &r.literal3}, {"reversible", &r.reversible}, {"emulation", &r.emulation}, {"sequences", &r.product}, {"translation", &r.translation}};
  for (const auto& [key, t] : claims) {
    const auto because = wrapped(t->because, widest - 26);
    for (size_t i = 0; i < because.size(); ++i) out += fmt::format("{:14}{:12}{}\n", i == 0 ? key : "", i == 0 ? name(t->holds) : "", because[i]);
  }
  return out + fmt::format("\n{} is {}.\n{} classes, {} questions ({} by simplification), {:.1f} s\n", r.variant, conclusion(isa, r), r.classes.size(),
                           r.queries, r.by_simplification, r.seconds);
}

std::string explanation(const Isa& isa, const Report& r, const std::string& instruction) {
  std::string out;
  for (const ClassVerdict& v : r.classes)
    if (v.encoding.instruction == instruction || v.encoding.name == instruction) out += explain_class(isa, v);
  return out;
}

}  // namespace vmsim::check
