// From findings to theorems, each with its reason.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "check/decide.hpp"

namespace vmsim::check {
namespace {

std::string list(const std::vector<std::string>& names) {
  constexpr size_t most = 20;
  std::string text;
  for (size_t i = 0; i < names.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? text + fmt::format(" and {} more", names.size() - most) : text;
}

/// A claim over all classes.
Theorem over_all(const Report& report, const std::function<Answer(const ClassVerdict&)>& of, const std::string& holds, const std::string& fails,
                 const std::string& configuration) {
  std::vector<std::string> no, unknown;
  bool configured = false;
  std::set<std::string> seen;
  for (const ClassVerdict& v : report.classes) {
    const Answer a = of(v);
    configured |= a == Answer::configured;
    if (a == Answer::no && seen.insert(v.encoding.instruction + "-").second) no.push_back(v.encoding.instruction);
    if (a == Answer::unknown && seen.insert(v.encoding.name + "?").second) unknown.push_back(v.encoding.name);
  }
  if (!no.empty()) return {Answer::no, fails + ": " + list(no)};
  if (!unknown.empty()) return {Answer::unknown, "undecided: " + list(unknown)};
  if (configured) return {Answer::configured, holds + ", under " + configuration};
  return {Answer::yes, holds};
}

Theorem precondition(Theorem t, const Theorem& reversible) {
  if (reversible.holds == Answer::yes) return t;
  return {reversible.holds, "its precondition: " + reversible.because};
}

}  // namespace

void conclude(const Isa& isa, Report& report) {
  for (const ClassVerdict& v : report.classes) {
    if (v.theorem1() != Answer::configured && v.theorem3() != Answer::configured) continue;
    for (const Setting& s : v.settings) {
      const auto same = std::ranges::find_if(report.configuration, [&](const Setting& c) { return c.csr == s.csr; });
      if (same == report.configuration.end()) report.configuration.push_back(s);
      else same->mask |= s.mask, same->value |= s.value;
    }
  }
  const std::string under = report.configuration.empty() ? "the control registers that the monitor sets" : text(isa, report.configuration);
  auto literal = [](const ClassVerdict& v, Answer sensitive) {
    if (sensitive == Answer::no || v.is(Query::privileged)) return Answer::yes;
    return sensitive == Answer::unknown ? Answer::unknown : Answer::no;
  };
  report.literal1 = over_all(
      report, [&](const ClassVerdict& v) { return literal(v, v.literally_sensitive()); }, "sensitive instructions are privileged, as the paper prints it",
      "sensitive and not privileged", under);
  report.literal3 = over_all(
      report,
      [&](const ClassVerdict& v) {
        return literal(v, v.is(Query::location_user) || (v.is(Query::control_user) && v.is(Query::literal_control)) ? Answer::yes : Answer::no);
      },
      "user-sensitive instructions are privileged, as the paper prints it", "user-sensitive and not privileged", under);
  report.theorem1 = precondition(
      over_all(
          report, [](const ClassVerdict& v) { return v.theorem1(); }, "every sensitive instruction traps in user mode", "sensitive and does not trap", under),
      report.reversible);
  report.theorem3 = precondition(over_all(
                                     report, [](const ClassVerdict& v) { return v.theorem3(); }, "every user-sensitive instruction traps in user mode",
                                     "user-sensitive and does not trap", under),
                                 report.reversible);
  report.emulation = over_all(
      report, [](const ClassVerdict& v) { return v.emulated(); }, "every instruction that traps is emulated faithfully", "emulated wrongly", under);

  report.safe = over_all(
      report, [](const ClassVerdict& v) { return v.commutes(); }, "every instruction traps or does the same directly", "does something else directly", under);
  for (const Theorem* part : {&report.reversible, &report.emulation, &report.translation, &report.product}) {
    if (part->holds == Answer::yes || report.safe.holds == Answer::no) continue;
    if (part->holds == Answer::no || report.safe.holds != Answer::unknown) report.safe = *part;
  }

  const Theorem clocks = over_all(
      report,
      [](const ClassVerdict& v) {
        if (v.time_sensitive() == Answer::no || v.is(Query::user_traps)) return Answer::yes;
        return v.time_sensitive() == Answer::unknown ? Answer::unknown : v.settings.empty() ? Answer::no : Answer::configured;
      },
      "nothing that shows time is readable without a trap", "shows the real time", under);
  report.theorem2 = {Answer::yes, ""};
  for (const Theorem* part : {static_cast<const Theorem*>(&report.theorem1), static_cast<const Theorem*>(&report.safe), &clocks}) {
    const auto rank = [](Answer a) { return a == Answer::no ? 3 : a == Answer::unknown ? 2 : a == Answer::configured ? 1 : 0; };
    if (report.theorem2.because.empty() || rank(part->holds) > rank(report.theorem2.holds)) report.theorem2 = *part;
  }
}

}  // namespace vmsim::check
