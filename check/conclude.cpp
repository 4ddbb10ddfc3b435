// From findings to theorems, each with its reason.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "check/decide.hpp"

namespace vmsim::check {
namespace {

std::string list(const std::vector<std::string>& names) {
  constexpr size_t most = 20;
  const std::vector<std::string> shown(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most)));
  const std::string text = fmt::format("{}", fmt::join(shown, ", "));
  return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

/// Something said of each class, and how to say of all that it holds, or where it fails.
struct Claim {
  Answer (*of)(const ClassVerdict&);
  const char* holds;
  const char* fails;
};

constexpr Claim theorem1{
    [](const ClassVerdict& v) { return v.theorem1(); },
    "every sensitive instruction traps in user mode",
    "sensitive and does not trap",
};
constexpr Claim theorem3{
    [](const ClassVerdict& v) { return v.theorem3(); },
    "every user-sensitive instruction traps in user mode",
    "user-sensitive and does not trap",
};
constexpr Claim literal1{
    [](const ClassVerdict& v) { return v.literal_theorem1(); },
    "sensitive instructions are privileged, as the paper prints it",
    "sensitive and not privileged",
};
constexpr Claim literal3{
    [](const ClassVerdict& v) { return v.literal_theorem3(); },
    "user-sensitive instructions are privileged, as the paper prints it",
    "user-sensitive and not privileged",
};
constexpr Claim emulated{
    [](const ClassVerdict& v) { return v.emulated(); },
    "every instruction that traps is emulated faithfully",
    "emulated wrongly",
};
constexpr Claim commutes{
    [](const ClassVerdict& v) { return v.commutes(); },
    "every instruction traps or does the same directly",
    "does something else directly",
};
constexpr Claim timeless{
    [](const ClassVerdict& v) { return v.timeless(); },
    "nothing that shows time is readable without a trap",
    "shows the real time",
};
/// Theorem 1 where, as the paper's note allows, the second of two states compared is not in kernel mode.
constexpr Claim theorem1_by_the_note{
    [](const ClassVerdict& v) { return v.theorem1_by_the_note(); },
    "",
    "",
};

/// `under` is the configuration, in words.
Theorem over_all(const Report& report, const Claim& claim, const std::string& under) {
  std::vector<std::string> no, unknown;
  bool configured = false;
  for (const ClassVerdict& v : report.classes) {
    const Answer a = claim.of(v);
    configured |= a == Answer::configured;
    if (a == Answer::no && std::ranges::find(no, v.encoding.instruction) == no.end()) no.push_back(v.encoding.instruction);
    if (a == Answer::unknown) unknown.push_back(v.encoding.name);
  }
  if (!no.empty()) return {Answer::no, fmt::format("{}: {}", claim.fails, list(no))};
  if (!unknown.empty()) return {Answer::unknown, "undecided: " + list(unknown)};
  if (configured) return {Answer::configured, fmt::format("{}, under {}", claim.holds, under)};
  return {Answer::yes, claim.holds};
}

/// Both theorems suppose that a trap can be undone.
Theorem given(const Theorem& reversible, Theorem t) {
  if (reversible.holds == Answer::yes) return t;
  return {reversible.holds, "its precondition: " + reversible.because};
}

/// What the monitor has to keep so that every class with settings traps.
std::vector<Setting> configuration(const Report& report) {
  std::vector<Setting> all;
  for (const ClassVerdict& v : report.classes) {
    if (v.theorem1() != Answer::configured && v.theorem3() != Answer::configured) continue;
    for (const Setting& s : v.settings) {
      const auto same = std::ranges::find(all, s.csr, &Setting::csr);
      if (same == all.end()) all.push_back(s);
      else same->mask |= s.mask, same->value |= s.value;
    }
  }
  return all;
}

/// The worst of several claims: what fails before what is unknown, before what needs a configuration; of equals the first.
Theorem worst(std::initializer_list<const Theorem*> claims) {
  auto rank = [](const Theorem* t) { return t->holds == Answer::no ? 3 : t->holds == Answer::unknown ? 2 : t->holds == Answer::configured ? 1 : 0; };
  return **std::ranges::max_element(claims, {}, rank);
}

}  // namespace

void conclude(const Isa& isa, Report& report) {
  report.configuration = configuration(report);
  const std::string under = report.configuration.empty() ? "the control registers that the monitor sets" : text(isa, report.configuration);
  auto over_all = [&](const Claim& claim) { return check::over_all(report, claim, under); };

  report.literal1 = over_all(literal1);
  report.literal3 = over_all(literal3);
  report.theorem1 = given(report.reversible, over_all(theorem1));
  report.theorem3 = given(report.reversible, over_all(theorem3));
  if (report.theorem1.holds == Answer::no && report.reversible.holds == Answer::yes && over_all(theorem1_by_the_note).holds != Answer::no)
    report.theorem1.because += "; holds by the paper's note, which compares with states in user mode alone";

  report.emulation = over_all(emulated);
  const Theorem direct = over_all(commutes), clocks = over_all(timeless);
  report.safe = worst({&direct, &report.reversible, &report.emulation, &report.translation, &report.product});
  report.theorem2 = worst({&report.theorem1, &report.safe, &clocks});
}

}  // namespace vmsim::check
