#include "check/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmsim::check {
namespace {

Answer any_of(const ClassVerdict& v, std::initializer_list<Query> queries) {
  Answer result = Answer::no;
  for (const Query q : queries) {
    if (v[q].answer == Answer::yes) return Answer::yes;
    if (v[q].answer == Answer::unknown) result = Answer::unknown;
  }
  return result;
}

Answer all_of(const ClassVerdict& v, std::initializer_list<Query> queries) {
  Answer result = Answer::yes;
  for (const Query q : queries) {
    if (v[q].answer == Answer::no) return Answer::no;
    if (v[q].answer == Answer::unknown) result = Answer::unknown;
  }
  return result;
}

Answer implied(Answer sensitive, const ClassVerdict& v) {
  const Answer traps = v[Query::user_traps].answer;
  if (sensitive == Answer::no || traps == Answer::yes) return Answer::yes;
  if (sensitive == Answer::unknown || traps == Answer::unknown) return Answer::unknown;
  return v.settings.empty() ? Answer::no : Answer::configured;
}

Answer privileged_where(Answer sensitive, const ClassVerdict& v) {
  if (sensitive == Answer::no || v.is(Query::privileged)) return Answer::yes;
  return sensitive == Answer::unknown ? Answer::unknown : Answer::no;
}

/// FNV-1a, 64 bits.
class Hash {
 public:
  void add(const void* data, size_t size) {
    for (size_t i = 0; i < size; ++i) value_ = (value_ ^ static_cast<const uint8_t*>(data)[i]) * 0x100'0000'01B3;
  }
  void add(std::string_view text) {
    add(text.data(), text.size());
    add(static_cast<uint64_t>(text.size()));
  }
  void add(uint64_t n) { add(&n, sizeof n); }
  [[nodiscard]] uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xCBF2'9CE4'8422'2325;
};

}  // namespace

const char* name(Answer answer) {
  constexpr const char* names[] = {"no", "yes", "configured", "unknown"};
  return names[static_cast<size_t>(answer)];
}

const char* name(Query query) {
  constexpr std::array<const char*, query_count> names{
      "privileged",
      "traps in user mode",
      "traps in kernel mode",
      "control-sensitive (kernel)",
      "control-sensitive (user)",
      "changes mode or relocation",
      "behaviour-sensitive (location, kernel)",
      "behaviour-sensitive (location, user)",
      "behaviour-sensitive (mode)",
      "behaviour-sensitive (hidden, kernel)",
      "behaviour-sensitive (hidden, user)",
      "trap-sensitive (location, kernel)",
      "trap-sensitive (location, user)",
      "trap-sensitive (mode: traps in user mode only)",
      "trap-sensitive (mode: traps in kernel mode only)",
      "trap-sensitive (hidden, kernel)",
      "trap-sensitive (hidden, user)",
      "time-sensitive (kernel)",
      "time-sensitive (user)",
      "traps or commutes (virtual kernel)",
      "traps or commutes (virtual user)",
      "traps or commutes under any real control registers",
      "faithfully emulated (virtual kernel)",
      "faithfully emulated (virtual user)",
  };
  return names[static_cast<size_t>(query)];
}

std::string text(const Isa& isa, const std::vector<Setting>& settings) {
  std::string result;
  for (const Setting& s : settings) {
    for (const CsrRule& rule : isa.csrs()) {
      if (rule.source == CsrSource::counter || rule.storage != s.csr) continue;
      if (s.mask == rule.write_mask()) {
        result += fmt::format("{}{} = {:#x}", result.empty() ? "" : ", ", rule.name, s.value);
        break;
      }
      for (const CsrField& field : rule.fields())
        if ((field.mask() & s.mask) != 0)
          result += fmt::format("{}{}.{} = {:#x}", result.empty() ? "" : ", ", rule.name, field.name, (s.value & field.mask()) >> field.low);
      break;
    }
  }
  return result;
}

bool EncodingClass::covers(const Isa& isa, uint32_t word) const {
  const Op decoded = isa.decode(word).op;
  if (decoded != op) return false;
  if (op == illegal_op) return true;
  if (source != Source::any && (source == Source::zero) != ((word >> 15 & 31) == 0)) return false;
  if (any_other_csr) return isa.csr(static_cast<uint16_t>(word >> 20)) == nullptr;
  return (word & mask) == match;
}

Answer ClassVerdict::user_sensitive() const {
  return any_of(*this, {Query::control_user, Query::location_user, Query::hidden_user, Query::trap_location_user, Query::trap_hidden_user});
}

Answer ClassVerdict::sensitive() const {
  return any_of(*this, {Query::control_kernel, Query::control_user, Query::location_kernel, Query::location_user, Query::mode, Query::hidden_kernel,
                        Query::hidden_user, Query::trap_location_kernel, Query::trap_location_user, Query::trap_mode_kernel, Query::trap_mode_user,
                        Query::trap_hidden_kernel, Query::trap_hidden_user});
}

Answer ClassVerdict::literally_sensitive() const { return any_of(*this, {Query::literal_control, Query::location_kernel, Query::location_user, Query::mode}); }
Answer ClassVerdict::literally_user_sensitive() const {
  const Answer controls = all_of(*this, {Query::control_user, Query::literal_control});
  return controls == Answer::yes ? Answer::yes : any_of(*this, {Query::location_user});
}
Answer ClassVerdict::time_sensitive() const { return any_of(*this, {Query::time_kernel, Query::time_user}); }
Answer ClassVerdict::theorem1() const { return implied(sensitive(), *this); }
Answer ClassVerdict::theorem3() const { return implied(user_sensitive(), *this); }

Answer ClassVerdict::theorem1_by_the_note() const {
  return implied(any_of(*this, {Query::control_kernel, Query::control_user, Query::location_user, Query::mode, Query::hidden_user, Query::trap_location_user,
                                Query::trap_mode_kernel, Query::trap_hidden_user}),
                 *this);
}

Answer ClassVerdict::literal_theorem1() const { return privileged_where(literally_sensitive(), *this); }
Answer ClassVerdict::literal_theorem3() const { return privileged_where(literally_user_sensitive(), *this); }

Answer ClassVerdict::timeless() const {
  if (time_sensitive() == Answer::no || is(Query::user_traps)) return Answer::yes;
  if (time_sensitive() == Answer::unknown) return Answer::unknown;
  return settings.empty() ? Answer::no : Answer::configured;
}
Answer ClassVerdict::emulated() const { return all_of(*this, {Query::emulated_kernel, Query::emulated_user}); }

Answer ClassVerdict::commutes() const {
  const Answer both = all_of(*this, {Query::commutes_kernel, Query::commutes_user});
  if (both != Answer::yes || is(Query::commutes_freely)) return both;
  return Answer::configured;
}

std::vector<std::string> ClassVerdict::classes() const {
  if (always_traps()) return {"always traps"};
  std::vector<std::string> found;
  const bool traps = is(Query::user_traps);
  if (is(Query::privileged)) found.emplace_back("privileged");
  else if (traps) found.emplace_back("weakly privileged");
  if (sensitive() == Answer::no && !traps) found.emplace_back(time_sensitive() == Answer::yes ? "time-sensitive" : "innocuous");
  auto group = [&](const char* what, std::initializer_list<std::pair<Query, const char*>> parts) {
    std::string modes;
    for (const auto& [query, part] : parts)
      if (is(query)) modes += std::string(modes.empty() ? "" : ", ") + part;
    if (!modes.empty()) found.push_back(fmt::format("{} ({})", what, modes));
  };
  group("control-sensitive", {{Query::control_kernel, "kernel"}, {Query::control_user, "user"}});
  group("location-sensitive", {{Query::location_kernel, "kernel"}, {Query::location_user, "user"}});
  group("mode-sensitive", {{Query::mode, "kernel, user"}});
  group("sensitive to hidden state", {{Query::hidden_kernel, "kernel"}, {Query::hidden_user, "user"}});
  if (!traps)
    group("trap-sensitive", {{Query::trap_location_kernel, "location, kernel"},
                             {Query::trap_location_user, "location, user"},
                             {Query::trap_mode_kernel, "mode"},
                             {Query::trap_mode_user, "mode"},
                             {Query::trap_hidden_kernel, "hidden, kernel"},
                             {Query::trap_hidden_user, "hidden, user"}});
  if (time_sensitive() == Answer::yes && found[0] != "time-sensitive") found.emplace_back("time-sensitive");
  for (const Finding& f : findings)
    if (f.answer == Answer::unknown) {
      found.emplace_back("partly unknown");
      break;
    }
  return found;
}

const Witness* ClassVerdict::witness() const {
  auto of = [&](Query q) -> const Witness* {
    const int i = (*this)[q].witness;
    return i >= 0 && static_cast<size_t>(i) < witnesses.size() ? &witnesses[static_cast<size_t>(i)] : nullptr;
  };
  // What breaks direct execution first, then what breaks the theorem, then what the class is.
  for (const Query q : {Query::commutes_kernel, Query::commutes_user, Query::emulated_kernel, Query::emulated_user})
    if ((*this)[q].answer == Answer::no && of(q) != nullptr) return of(q);
  for (size_t i = 0; i < query_count; ++i)
    if (const auto q = static_cast<Query>(i); is_existential(q) && is(q) && of(q) != nullptr) return of(q);
  return nullptr;
}

const ClassVerdict* Report::find(const Isa& isa, uint32_t word) const {
  const auto it = std::ranges::find_if(classes, [&](const ClassVerdict& v) { return v.encoding.covers(isa, word); });
  return it == classes.end() ? nullptr : &*it;
}

uint64_t hash(const Isa& isa) {
  Hash h;
  for (const RowInfo& row : isa.rows()) {
    h.add(row.name);
    for (const uint64_t n :
         {uint64_t{row.pattern.mask}, uint64_t{row.pattern.match}, static_cast<uint64_t>(row.format), static_cast<uint64_t>(row.user), uint64_t{row.off}})
      h.add(n);
    if (row.does == nullptr) continue;
    h.add(static_cast<uint64_t>(row.does->first));
    for (const semantics::Node& n : row.does->nodes)
      for (const uint64_t part : {static_cast<uint64_t>(n.kind), uint64_t{n.number}, uint64_t{n.more}, static_cast<uint64_t>(n.a), static_cast<uint64_t>(n.b),
                                  static_cast<uint64_t>(n.c), static_cast<uint64_t>(n.next)})
        h.add(part);
  }
  for (const CsrRule& rule : isa.csrs()) {
    h.add(rule.name);
    for (const uint64_t n : {uint64_t{rule.number}, static_cast<uint64_t>(rule.source), static_cast<uint64_t>(rule.storage),
                             static_cast<uint64_t>(rule.counter), uint64_t{rule.half}, static_cast<uint64_t>(rule.user), uint64_t{rule.user_reads},
                             uint64_t{rule.user_writes}, uint64_t{rule.gated}, uint64_t{rule.write_mask()}})
      h.add(n);
  }
  for (const uint64_t n : {uint64_t{isa.mmu().bounds}, uint64_t{isa.mmu().direct_from}, uint64_t{isa.mmu().direct_to}, uint64_t{isa.trap().clears_reservation},
                           uint64_t{isa.trap().loses}})
    h.add(n);
  return h.value();
}

}  // namespace vmsim::check
