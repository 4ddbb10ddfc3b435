// The search for a repair. What fails is a list of obligations; each change is decided by itself to see which of them it discharges; sets that discharge all
// are then decided whole, the smallest first.
#include "check/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "isa/variant.hpp"

namespace vmsim::check {
namespace {

/// Gated by the first of the enables that user mode's counters have.
constexpr const char* gate_text = "if mode == user and scounteren.CY == 0 { trap illegal }\n";
constexpr uint64_t most_attempts = 64;

using Obligations = std::set<std::string>;

bool fails(Answer a) { return a == Answer::no || a == Answer::unknown; }
bool is_safe(const Report& r) { return !fails(r.safe.holds); }

Obligations obligations(const Isa& isa, const Report& report) {
  Obligations all;
  for (const ClassVerdict& v : report.classes)
    if (fails(v.commutes()) || fails(v.emulated())) all.insert(v.encoding.name);
  if (isa.trap().clears_reservation) all.insert("a trap keeps the reservation");
  if (isa.trap().loses != 0) all.insert(fmt::format("a trap keeps x{}", isa.trap().loses));
  if (fails(report.translation.holds)) all.insert("equal translation keys give equal translations");
  if (!all.empty()) return all;  // what follows may be their doing; the repaired instruction set is decided whole
  if (fails(report.product.holds)) all.insert("sequences");
  if (fails(report.reversible.holds)) all.insert("a trap restores what the guest sees");
  return all;
}

/// Changes of one thing, the plainest first.
using Candidates = std::vector<Change>;

struct Thing {
  Candidates candidates;
  Obligations fails;  // its own
};

Candidates of_row(const Isa& isa, Op op) {
  const RowInfo& row = isa.row(op);
  Candidates all;
  if (row.user != UserRule::trap) all.push_back({Change::Kind::trap, row.name});
  if (row.user == UserRule::execute && row.does != nullptr) all.push_back({Change::Kind::gate, row.name});
  return all;
}

Candidates of_csr(const CsrRule& rule) {
  const std::string name(rule.name);
  Candidates all;
  if (rule.user != UserRule::trap) all.push_back({Change::Kind::trap, name, true});
  if (rule.source == CsrSource::counter && !rule.gated) all.push_back({Change::Kind::gate, name, true});
  if (rule.source == CsrSource::counter || rule.user == UserRule::trap || rule.user == UserRule::ignore) return all;
  for (const CsrField& field : rule.fields())
    if (rule.user == UserRule::execute || ((rule.user_reads | rule.user_writes) & field.mask()) != 0)
      all.push_back({Change::Kind::hide, name, true, field.mask()});
  return all;
}

/// What may be changed, by thing: what fails, and what stands in a sequence that does.
std::vector<Thing> things(const Isa& isa, const Report& report) {
  std::vector<Thing> all;
  auto add = [&](const Candidates& c, const std::string& failure) {
    if (c.empty()) return;
    auto thing = std::ranges::find(all, c, &Thing::candidates);
    if (thing == all.end()) thing = all.insert(all.end(), {c, {}});
    thing->fails.insert(failure);
  };
  if (isa.trap().clears_reservation) add({{Change::Kind::keep_reservation, ""}}, "");
  if (isa.trap().loses != 0) add({{Change::Kind::save_register, fmt::format("x{}", isa.trap().loses)}}, "");
  for (const ClassVerdict& v : report.classes) {
    const bool in_sequence = std::ranges::find(report.product_witness, v.encoding.name) != report.product_witness.end();
    if (v.encoding.op == illegal_op || !(fails(v.commutes()) || fails(v.emulated()) || in_sequence)) continue;
    const CsrRule* rule = v.encoding.csr && !v.encoding.any_other_csr ? isa.csr(*v.encoding.csr) : nullptr;
    add(rule != nullptr ? of_csr(*rule) : of_row(isa, v.encoding.op), v.encoding.name);
  }
  return all;
}

/// A change, and what it takes away by itself.
struct Judged {
  Change change;
  Obligations discharged;
};

class Search {
 public:
  Search(const Isa& isa, const Report& report, const Options& options) : isa_(isa), report_(report), options_(options), open_(obligations(isa, report)) {
    options_.earlier_isa = &isa;
    options_.earlier = &report;
  }

  Repair run() {
    for (const Thing& thing : things(isa_, report_)) judge(thing);
    Obligations covered;
    for (const Judged& j : judged_) covered.insert(j.discharged.begin(), j.discharged.end());
    for (const std::string& o : open_)
      if (!covered.contains(o)) return fail(Answer::no, "none of the changes considered takes away: " + o);
    for (size_t size = 1; size <= judged_.size() && result_.tried < most_attempts + judged_.size(); ++size) {
      std::vector<size_t> chosen;
      if (extend(chosen, open_, size)) return std::move(result_);
    }
    return fail(Answer::unknown, fmt::format("no set of changes among {} decided", result_.tried));
  }

 private:
  Repair fail(Answer answer, std::string because) {
    result_.found = answer;
    result_.because = std::move(because);
    return std::move(result_);
  }

  Report decide_changed(const Isa& isa) {
    ++result_.tried;
    return decide(isa, options_);
  }

  /// Until a change of the thing does all that one could: no other change of it makes a smaller set.
  void judge(const Thing& thing) {
    for (const Change& change : thing.candidates) {
      const auto isa = changed(isa_, {change});
      const Obligations left = obligations(*isa, decide_changed(*isa));
      Judged j{change, {}};
      std::ranges::set_difference(open_, left, std::inserter(j.discharged, j.discharged.end()));
      if (j.discharged.empty()) continue;
      judged_.push_back(std::move(j));
      if (std::ranges::none_of(thing.fails, [&](const std::string& o) { return left.contains(o); })) return;
    }
  }

  /// Obligations no two of which one change discharges need a change each.
  size_t at_least(const Obligations& open) const {
    std::set<size_t> used;
    size_t count = 0;
    for (const std::string& o : open) {
      std::set<size_t> by;
      for (size_t i = 0; i < judged_.size(); ++i)
        if (judged_[i].discharged.contains(o)) by.insert(i);
      if (std::ranges::any_of(by, [&](size_t i) { return used.contains(i); })) continue;
      used.insert(by.begin(), by.end());
      ++count;
    }
    return count;
  }

  /// Completes `chosen` to a set of exactly `left` more changes that discharges `open`, and proves it.
  bool extend(std::vector<size_t>& chosen, const Obligations& open, size_t left) {
    if (open.empty()) return left == 0 && prove(chosen);
    if (at_least(open) > left) return false;
    for (size_t i = 0; i < judged_.size(); ++i) {
      if (!judged_[i].discharged.contains(*open.begin())) continue;
      Obligations rest;
      std::ranges::set_difference(open, judged_[i].discharged, std::inserter(rest, rest.end()));
      chosen.push_back(i);
      if (extend(chosen, rest, left - 1)) return true;
      chosen.pop_back();
    }
    return false;
  }

  bool prove(const std::vector<size_t>& chosen) {
    std::vector<Change> changes;
    for (const size_t i : chosen) changes.push_back(judged_[i].change);
    auto isa = changed(isa_, changes);
    Report report = decide_changed(*isa);
    if (!is_safe(report)) return false;
    result_.found = Answer::yes;
    result_.because = report.safe.because;
    result_.changes = std::move(changes);
    result_.isa = std::move(isa);
    result_.report = std::move(report);
    return true;
  }

  const Isa& isa_;
  const Report& report_;
  Options options_;
  const Obligations open_;
  std::vector<Judged> judged_;
  Repair result_;
};

}  // namespace

std::string text(const Isa& isa, const Change& change) {
  switch (change.kind) {
    case Change::Kind::trap: return change.name + " traps in user mode";
    case Change::Kind::gate:
      return change.is_csr ? change.name + " is read in user mode where scounteren lets it" : change.name + " traps in user mode where scounteren.CY is 0";
    case Change::Kind::hide: {
      std::string fields;
      for (const CsrField& field : isa.csr(change.name)->fields())
        if ((field.mask() & change.mask) != 0) fields += (fields.empty() ? "" : ", ") + std::string(field.name);
      return fmt::format("{} of {} is hidden from user mode", fields, change.name);
    }
    case Change::Kind::keep_reservation: return "a trap keeps the reservation";
    case Change::Kind::save_register: return fmt::format("a trap saves {}", change.name);
  }
  return {};
}

std::unique_ptr<const Isa> changed(const Isa& isa, const std::vector<Change>& changes) {
  IsaParts parts{.name = isa.name(), .rows = isa.rows(), .csrs = {isa.csrs().begin(), isa.csrs().end()}, .mmu = isa.mmu(), .trap = isa.trap()};
  for (const Change& c : changes) {
    const auto row = std::ranges::find_if(parts.rows, [&](const RowInfo& r) { return r.name == c.name && !r.off; });
    const auto rule = std::ranges::find(parts.csrs, c.name, &CsrRule::name);
    switch (c.kind) {
      case Change::Kind::trap:
        if (c.is_csr) rule->user = UserRule::trap, rule->user_reads = rule->user_writes = 0;
        else row->user = UserRule::trap;
        break;
      case Change::Kind::gate:
        if (c.is_csr) rule->gated = true;
        else row->does = std::make_shared<const semantics::Program>(semantics::parse(gate_text + row->does->text, parts.csrs, c.name).value());
        break;
      case Change::Kind::hide:
        if (rule->user == UserRule::execute) rule->user_reads = rule->user_writes = rule->write_mask();
        rule->user = UserRule::filter;
        rule->user_reads &= ~c.mask;
        rule->user_writes &= ~c.mask;
        break;
      case Change::Kind::keep_reservation: parts.trap.clears_reservation = false; break;
      case Change::Kind::save_register: parts.trap.loses = 0; break;
    }
  }
  return std::make_unique<const Isa>(std::move(parts));
}

std::string toml(const Isa& repaired, const Change& change) {
  if (change.kind == Change::Kind::keep_reservation) return "[trap]\nclears_reservation = false\n";
  if (change.kind == Change::Kind::save_register)
    return fmt::format("[trap]  # without 'loses'\n{}", repaired.trap().clears_reservation ? "clears_reservation = true\n" : "");
  const std::string table = change.is_csr ? write_csr_table(repaired, change.name) : write_instruction_table(repaired, change.name);
  return table.empty() ? fmt::format("# without the [[{}]] table of {}\n", change.is_csr ? "csr" : "instruction", change.name)
                       : table.substr(1);  // it begins with an empty line
}

Repair repair(const Isa& isa, const Report& report, const Options& options) {
  if (is_safe(report)) return {.found = Answer::yes, .because = "nothing to repair: " + report.safe.because, .isa = changed(isa, {}), .report = report};
  return Search(isa, report, options).run();
}

}  // namespace vmsim::check
