// vmsim isa: what an instruction set is, and how a variant differs from toy32.
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "cli/commands.hpp"
#include "isa/document.hpp"

namespace vmsim::cli {
namespace {

std::string first_line(const std::vector<std::string>& lines) { return lines.size() == 1 ? lines[0] : fmt::format("{}", fmt::join(lines, "; ")); }

int list() {
  std::set<std::string> names{"toy32"};
  std::error_code error;
  for (const auto& folder : variant_folders())
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
      if (entry.path().extension() == ".toml") names.insert(entry.path().stem());
  for (const std::string& n : names) {
    const auto v = load_variant(n);
    if (!v) return report(v.error());
    fmt::print("{:16}{}\n", n, v->models);
  }
  return 0;
}

int show(const Variant& v) {
  fmt::print("{}: {}\n", v.name, v.models);
  if (!v.source.empty()) fmt::print("source: {}\n", v.source);
  if (!v.notes.empty()) fmt::print("\n{}", v.notes);
  fmt::print("\n{:12}{:9}{}\n", "instruction", "user", "does");
  for (Op op = 0; op < v.isa->rows().size(); ++op)
    if (const RowInfo& row = v.isa->row(op); !row.off) fmt::print("{:12}{:9}{}\n", row.name, name(row.user), first_line(describe(*v.isa, op)));
  return 0;
}

int diff(const Variant& v) {
  const Isa &isa = *v.isa, &toy32 = Isa::toy32();
  int changes = 0;
  auto say = [&](const std::string& line) { fmt::print("{}\n", line), ++changes; };
  for (Op op = 0; op < isa.rows().size(); ++op) {
    const RowInfo& row = isa.row(op);
    if (op >= toy32.rows().size()) {
      say(fmt::format("+ {} (user mode: {})", row.name, name(row.user)));
      for (const std::string& line : describe(isa, op)) fmt::print("    {}\n", line);
    } else if (row.off) {
      say(fmt::format("- {}", row.name));
    } else if (row.user != toy32.row(op).user) {
      say(fmt::format("  {}: user mode {} → {}", row.name, name(toy32.row(op).user), name(row.user)));
    }
  }
  for (const CsrRule& rule : isa.csrs()) {
    const CsrRule* old = toy32.csr(rule.name);
    if (old == nullptr) say(fmt::format("+ control register {}", rule.name));
    else if (old->user != rule.user || old->gated != rule.gated || old->user_reads != rule.user_reads || old->user_writes != rule.user_writes)
      say(fmt::format("  {}: user mode {} → {}{}", rule.name, name(old->user), name(rule.user), old->gated && !rule.gated ? ", no longer gated" : ""));
  }
  if (isa.mmu().bounds) say("  MMU: relocation and bound instead of Sv32");
  if (isa.mmu().direct_from != 0)
    say(fmt::format("  MMU: kernel addresses from {:#x} on lie at {:#x}, untranslated", isa.mmu().direct_from, isa.mmu().direct_to));
  if (isa.trap().clears_reservation) say("  a trap clears the reservation");
  if (isa.trap().loses != 0) say(fmt::format("  a trap loses x{}", isa.trap().loses));
  if (changes == 0) fmt::print("no difference from toy32\n");
  return 0;
}

}  // namespace

void add_isa(CLI::App& app, int& code) {
  CLI::App* isa = app.add_subcommand("isa", "What an instruction set is.\nExample: vmsim isa diff x86-popf");
  isa->require_subcommand(1);
  isa->add_subcommand("list", "The catalogue of variants.\nExample: vmsim isa list")->callback([&code] { code = list(); });
  auto name = std::make_shared<std::string>();
  auto add = [&](const std::string& command, const char* help, int (*run)(const Variant&)) {
    CLI::App* c = isa->add_subcommand(command, fmt::format("{}.\nExample: vmsim isa {} x86-popf", help, command));
    c->add_option("variant", *name, "toy32, a variant's name or its file")->required();
    c->callback([name, run, &code] {
      const auto v = load_variant(*name);
      code = v ? run(*v) : report(v.error());
    });
  };
  add("show", "Every instruction, and what it does", show);
  add("diff", "What a variant changes in toy32", diff);
  add("doc", "The manual, as markdown", [](const Variant& v) { return fmt::print("{}", manual(*v.isa)), 0; });
}

}  // namespace vmsim::cli
