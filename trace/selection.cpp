#include "trace/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace vmsim {
namespace {

constexpr ActKind all_kinds[] = {ActKind::emulate, ActKind::reflect, ActKind::inject, ActKind::fill, ActKind::device, ActKind::firmware, ActKind::wait};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<uint32_t> number(std::string_view text, int base) {
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

/// Addresses are hexadecimal, as in the trace itself; a symbol goes before a number.
std::optional<uint32_t> address(const SymbolTable& symbols, const std::string& text) {
  if (const auto symbol = symbols.find(text)) return symbol;
  return number(text, 16);
}

std::optional<uint32_t> cause_number(const std::string& text) {
  for (const uint32_t interrupt : {0u, cause::interrupt})
    for (uint32_t i = 0; i < 16; ++i)
      if (text == cause::name(interrupt | i)) return interrupt | i;
  return number(text, 10);
}

}  // namespace

Result<Selection> Selection::parse(const Isa& isa, const SymbolTable& symbols, const std::string& filter) {
  Selection selection;
  if (filter.empty()) return selection;
  for (const std::string& term : split(filter, ',')) {
    const size_t equals = term.find('=');
    const std::string key = term.substr(0, equals), value = equals == std::string::npos ? "" : term.substr(equals + 1);
    auto bad = [&](const std::string& hint) { return fail(fmt::format("cannot use '{}' as a trace filter", term), "--trace-filter", hint); };
    if (key == "op") {
      const Op op = isa.find(value);
      if (op == illegal_op) return bad("op= takes an instruction's name, as in op=csrrw");
      selection.ops_.insert(op);
    } else if (key == "pc") {
      const size_t dash = value.find('-');
      const auto low = address(symbols, value.substr(0, dash));
      const auto high = dash == std::string::npos ? low : address(symbols, value.substr(dash + 1));
      if (!low || !high || *low > *high) return bad("pc= takes an address, a symbol, or LOW-HIGH, as in pc=80200000-80200fff");
      selection.pcs_.emplace_back(*low, *high);
    } else if (key == "mode") {
      if (value != "user" && value != "kernel") return bad("mode= takes user or kernel");
      selection.modes_.insert(value == "user" ? Mode::user : Mode::kernel);
    } else if (key == "kind") {
      const auto* kind = std::ranges::find_if(all_kinds, [&](ActKind k) { return value == name(k); });
      if (kind == std::end(all_kinds)) return bad("kind= takes emulate, reflect, inject, fill, device, firmware or wait");
      selection.kinds_.insert(*kind);
    } else if (key == "cause") {
      const auto number = cause_number(value);
      if (!number) return bad("cause= takes a number or a name, as in cause=user-ecall");
      selection.causes_.insert(*number);
    } else {
      return bad("terms are op=, pc=, mode=, kind= and cause=, with commas between");
    }
  }
  return selection;
}

bool Selection::takes_place(const Isa& isa, uint64_t step, uint32_t pc, uint32_t word, Mode mode) const {
  if (step < from || step >= until) return false;
  if (!modes_.empty() && !modes_.contains(mode)) return false;
  if (!pcs_.empty() && std::ranges::none_of(pcs_, [&](auto range) { return range.first <= pc && pc <= range.second; })) return false;
  return ops_.empty() || ops_.contains(isa.decode(word).op);
}

bool Selection::takes(const Isa& isa, const Record& r) const {
  if (!kinds_.empty() || !takes_place(isa, r.step, r.pc, r.word, r.mode)) return false;
  return causes_.empty() || (r.event != Event::none && causes_.contains(r.cause));
}

bool Selection::takes(const Isa& isa, const Act& a) const {
  if (!takes_place(isa, a.step, a.pc, a.word, a.mode)) return false;
  if (!kinds_.empty() && !kinds_.contains(a.kind)) return false;
  const bool gives_a_trap = a.kind == ActKind::reflect || a.kind == ActKind::inject;
  return causes_.empty() || causes_.contains(a.real_cause) || (gives_a_trap && causes_.contains(a.cause));
}

}  // namespace vmsim
