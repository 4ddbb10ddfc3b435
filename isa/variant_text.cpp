// The text of a variant, from its effective table: what differs from toy32, in the language that parse_variant reads.
#include <fmt/format.h>

#include <algorithm>

#include "isa/syntax.hpp"
#include "isa/variant.hpp"

namespace vmsim {
namespace {

/// A TOML basic string.
std::string text(std::string_view content) {
  std::string quoted = "\"";
  for (const char c : content) {
    if (c == '"' || c == '\\') quoted += '\\', quoted += c;
    else if (c == '\n') quoted += "\\n";
    else if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    else quoted += c;
  }
  return quoted + "\"";
}

/// The same over several lines.
std::string lines(std::string_view content) {
  std::string quoted = "\"\"\"\n";
  for (const char c : content) {
    const std::string one = text({&c, 1});
    quoted += c == '\n' ? "\n" : one.substr(1, one.size() - 2);
  }
  return quoted + (content.ends_with('\n') ? "" : "\n") + "\"\"\"";
}

std::string list(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + text(name);
  return "[" + all + "]";
}

std::string_view format_name(Format format) {
  return std::ranges::find(added_formats, format, [](const auto& f) { return f.second; })->first;
}

std::string line(std::string_view key, const std::string& value) { return value.empty() ? "" : fmt::format("{} = {}\n", key, text(value)); }

std::vector<std::string> fields_in(const CsrRule& rule, uint32_t mask) {
  std::vector<std::string> names;
  for (const CsrField& field : rule.fields())
    if ((mask & field.mask()) != 0) names.emplace_back(field.name);
  return names;
}

std::string mmu(const MmuRule& rule) {
  if (!rule.bounds && rule.direct_from == 0) return {};
  std::string out = "\n[mmu]\n";
  if (rule.bounds) out += "kind = \"bounds\"\n";
  if (rule.direct_from != 0) out += fmt::format("kernel_direct_from = {:#010x}\nkernel_direct_to = {:#010x}\n", rule.direct_from, rule.direct_to);
  return out;
}

std::string row(const RowInfo& row, const RowInfo* old) {
  if (old == nullptr) {
    if (row.off) return {};
    const std::string user = row.user == UserRule::execute ? "" : line("user", std::string(name(row.user)));
    return fmt::format("\n[[add]]\nname = {}\nencoding = \"{}\"\nformat = \"{}\"\n{}does = {}\n", text(row.name), pattern_text(row.pattern),
                       format_name(row.format), user, lines(row.does->text));
  }
  if (row.off == old->off && row.user == old->user) return {};
  return fmt::format("\n[[instruction]]\nname = {}\n{}{}", text(row.name), row.user == old->user ? "" : line("user", std::string(name(row.user))),
                     row.off ? "off = true\n" : "");
}

std::string csr(const CsrRule& rule, const CsrRule& old) {
  if (rule.user == old.user && rule.gated == old.gated) return {};
  std::string out = fmt::format("\n[[csr]]\nname = {}\n", text(rule.name));
  if (rule.user != old.user) out += line("user", std::string(name(rule.user)));
  if (rule.user_reads != 0) out += fmt::format("user_reads = {}\n", list(fields_in(rule, rule.user_reads)));
  if (rule.user_writes != 0) out += fmt::format("user_writes = {}\n", list(fields_in(rule, rule.user_writes)));
  if (rule.gated != old.gated) out += fmt::format("gated = {}\n", rule.gated);
  return out;
}

std::string trap(const TrapRule& rule) {
  if (!rule.clears_reservation && rule.loses == 0) return {};
  return fmt::format("\n[trap]\n{}{}", rule.clears_reservation ? "clears_reservation = true\n" : "",
                     rule.loses != 0 ? fmt::format("loses = \"x{}\"\n", rule.loses) : "");
}

std::string row_at(const Isa& isa, size_t i) { return row(isa.rows()[i], i < Isa::toy32().rows().size() ? &Isa::toy32().rows()[i] : nullptr); }

std::string csr_of(const CsrRule& rule) { return csr(rule, *std::ranges::find(every_csr(), rule.name, &CsrRule::name)); }

std::string changes(const Isa& isa) {
  std::string out = mmu(isa.mmu());
  for (size_t i = 0; i < isa.rows().size(); ++i) out += row_at(isa, i);
  for (const CsrRule& rule : isa.csrs()) out += csr_of(rule);
  return out + trap(isa.trap());
}

std::string expectation(const Expectation& e) {
  std::string out = line("theorem1", e.theorem1) + line("theorem2", e.theorem2) + line("theorem3", e.theorem3) + line("safe", e.safe) +
                    line("literal1", e.literal1) + line("literal3", e.literal3);
  if (!e.rescue.empty()) out += fmt::format("rescue = {}\n", list(e.rescue));
  if (!e.classes.empty()) out += "[expect.class]\n";
  for (const auto& [instruction, classes] : e.classes) out += fmt::format("{} = {}\n", text(instruction), list(classes));
  return out.empty() ? out : "\n[expect]\n" + out;
}

}  // namespace

std::string write_variant(const Variant& v) {
  return line("name", v.name) + line("models", v.models) + line("source", v.source) + (v.notes.empty() ? "" : fmt::format("notes = {}\n", lines(v.notes))) +
         changes(*v.isa) + expectation(v.expect);
}

std::string write_variant(const Isa& isa) { return line("name", isa.name()) + changes(isa); }
std::string write_instruction_table(const Isa& isa, std::string_view name) { return row_at(isa, isa.find(name)); }
std::string write_csr_table(const Isa& isa, std::string_view name) { return csr_of(*isa.csr(name)); }

}  // namespace vmsim
