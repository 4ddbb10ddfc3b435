#include "check/mutant.hpp"

#include <fmt/format.h>

#include <array>

#include "isa/isa.hpp"
#include "isa/syntax.hpp"

namespace vmsim::check {
namespace {

std::string row(std::string_view name, std::string_view change) { return fmt::format("[[instruction]]\nname = \"{}\"\n{}\n", name, change); }
std::string csr(std::string_view name, std::string_view change) { return fmt::format("[[csr]]\nname = \"{}\"\n{}\n", name, change); }
std::string filtered(std::string_view name, std::string_view key, std::string_view field) {
  return csr(name, fmt::format("user = \"filter\"\n{} = [\"{}\"]", key, field));
}

/// A row of toy32 with other semantics.
std::string instead(std::string_view name, std::string_view does, bool traps = false) {
  const RowInfo& old = Isa::toy32().row(Isa::toy32().find(name));
  return row(name, "off = true") + fmt::format("[[add]]\nname = \"new.{}\"\nencoding = \"{}\"\nformat = \"R\"\n{}does = \"\"\"\n{}\n\"\"\"\n", name,
                                               pattern_text(old.pattern), traps ? "user = \"trap\"\n" : "", does);
}

struct Rule {
  const char* name;
  const char* value;  // what the row computes
};
constexpr std::array<Rule, 6> rules{
    {{"add", "(rs1 + rs2)"}, {"sub", "(rs1 - rs2)"}, {"and", "(rs1 & rs2)"}, {"or", "(rs1 | rs2)"}, {"xor", "(rs1 ^ rs2)"}, {"sll", "(rs1 << rs2)"}}};
constexpr std::array leaks{"mode", "sstatus.SIE", "sstatus.SPP", "sepc", "stvec", "satp.MODE", "scounteren.CY"};

class List {
 public:
  void add(std::vector<std::string> operators, const std::string& tables) {
    all_.push_back({std::move(operators), fmt::format("name = \"mutant-{}\"\n", all_.size()) + tables});
  }
  std::vector<Mutant> all_;
};

}  // namespace

std::vector<Mutant> single_mutants() {
  List list;
  for (const RowInfo& r : Isa::toy32().rows()) {
    if (r.user == UserRule::trap) list.add({"drop a trap"}, row(r.name, "user = \"execute\""));
    else list.add({"add a trap"}, row(r.name, "user = \"trap\""));
    list.add({"ignore in user mode"}, row(r.name, "user = \"ignore\""));
    list.add({"switch off"}, row(r.name, "off = true"));
  }
  for (const CsrRule& rule : Isa::toy32().csrs()) {
    list.add({"ignore in user mode"}, csr(rule.name, "user = \"ignore\""));
    if (rule.source == CsrSource::counter) {
      list.add({"add a trap"}, csr(rule.name, "user = \"trap\""));
      continue;  // without its gate a counter shows the real time, which is no question of SAFE alone
    }
    list.add({"drop a trap"}, csr(rule.name, "user = \"execute\""));
    for (const CsrField& field : rule.fields()) {
      list.add({"expose a field"}, filtered(rule.name, "user_reads", field.name));
      if (field.writable) list.add({"widen a mask"}, filtered(rule.name, "user_writes", field.name));
    }
  }
  for (const int reg : {1, 10, 31}) list.add({"lose to a trap"}, fmt::format("[trap]\nloses = \"x{}\"\n", reg));
  list.add({"lose to a trap"}, "[trap]\nclears_reservation = true\n");
  list.add({"leave addresses untranslated"}, "[mmu]\nkernel_direct_from = 0xC0000000\nkernel_direct_to = 0x80000000\n");
  for (size_t i = 0; i < rules.size(); ++i) {
    const auto& [name, value] = rules[i];
    list.add({"rewrite"}, instead(name, fmt::format("rd = {} + 1", value)));
    list.add({"rewrite"}, instead(name, fmt::format("if lt_s(rs1, rs2) {{ rd = {} }} else {{ rd = rs2 - rs1 }}", value)));
    list.add({"rewrite"}, instead(name, fmt::format("if rs2 != 0 {{ rd = sext({}, 16) }}", value)));
    list.add({"leak"}, instead(name, fmt::format("rd = {} ^ {}", value, leaks[i % leaks.size()])));
    list.add({"leak in a corner"}, instead(name, fmt::format("if rs1 == 0x80000001 {{ rd = {} }} else {{ rd = {} }}", leaks[(i + 1) % leaks.size()], value)));
    list.add({"ignore a write"}, instead(name, fmt::format("if mode == kernel {{ rd = {} }}", value)));
    list.add({"hidden switch"}, instead(name, fmt::format("if sstatus.SIE == 1 {{ rd = {} }} else {{ rd = rs2 }}", value)));
    list.add({"write control state"}, instead(name, fmt::format("rd = {}\nsstatus.SUM = rs1[3]", value)));
  }
  list.add({"back door"}, instead("xor", "if rs1 == 0xDEADBEEF and rs2 == 0x0BADCAFE { mode = kernel } else { rd = rs1 ^ rs2 }"));
  list.add({"back door"}, instead("sub", "if rs1 == 0x12345678 { sstatus.SPP = 1 } else { rd = rs1 - rs2 }"));
  return list.all_;
}

std::vector<Mutant> interacting_mutants() {
  List list;
  const std::string gate = "if mode == user and scounteren.CY == 0 { trap illegal }\n";
  for (size_t i = 0; i < 3; ++i) {
    const auto& [name, value] = rules[i];
    const std::string leaking = fmt::format("rd = {} ^ {}", value, leaks[i]);
    list.add({"leak", "add a trap"}, instead(name, leaking, true));
    list.add({"leak", "gate"}, instead(name, gate + leaking));
    list.add({"leak", "gate", "widen a mask"}, instead(name, gate + leaking) + filtered("scounteren", "user_writes", "CY"));
    list.add({"leak", "gate", "drop a trap"}, instead(name, gate + leaking) + csr("scounteren", "user = \"execute\""));
  }
  for (const char* name : {"sret", "wfi", "sfence.vma"}) list.add({"drop a trap", "switch off"}, row(name, "user = \"execute\"\noff = true"));
  list.add({"leak", "mask"}, instead("add", "rd = (rs1 + rs2 + mode) - mode"));
  list.add({"leak", "mask"}, instead("or", "rd = rs1 | rs2 | (sstatus.SIE & 0)"));
  list.add({"hidden switch", "rewrite"}, instead("and", "if sstatus.SIE == 1 { rd = rs1 & rs2 } else { rd = rs2 & rs1 }"));
  list.add({"ignore a write", "rewrite"}, instead("xor", "if mode == kernel { rd = rs1 ^ rs2 } else { rd = (rs1 | rs2) - (rs1 & rs2) }"));
  list.add({"write control state", "guard"}, instead("sub", "rd = rs1 - rs2\nif rs1 == 1 and rs1 == 2 { mode = kernel }"));
  list.add({"write control state", "guard"}, instead("sub", "rd = rs1 - rs2\nif rs1 == 1 and rs2 == 2 { mode = kernel }"));
  list.add({"lose to a trap", "add a trap", "add a trap"},
           "[trap]\nclears_reservation = true\n" + row("lr.w", "user = \"trap\"") + row("sc.w", "user = \"trap\""));
  list.add({"lose to a trap", "switch off", "switch off"}, "[trap]\nclears_reservation = true\n" + row("lr.w", "off = true") + row("sc.w", "off = true"));
  list.add({"drop a trap", "ignore in user mode"}, csr("sscratch", "user = \"execute\"") + row("csrrs", "user = \"ignore\""));
  return list.all_;
}

}  // namespace vmsim::check
