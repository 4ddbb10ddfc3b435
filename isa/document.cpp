#include "isa/document.hpp"

#include <fmt/format.h>

#include "isa/execute.hpp"
#include "isa/syntax.hpp"

namespace vmsim {
namespace {

/// A value or a condition as text. `atom` says that it needs no parentheses inside another.
struct Phrase {
  std::string text = "0";
  bool atom = true;
  std::optional<uint32_t> number = 0;  // where it is known
  Phrase() = default;
  Phrase(uint32_t n) : text(n < 4096 ? fmt::format("{}", n) : fmt::format("{:#x}", n)), number(n) {}
  Phrase(std::string t, bool a) : text(std::move(t)), atom(a), number(std::nullopt) {}
  [[nodiscard]] std::string inside() const { return atom ? text : "(" + text + ")"; }
};
struct Truth {
  std::string text = "false";
  bool atom = true;
  std::optional<bool> known = false;
  Truth() = default;
  explicit Truth(bool b) : text(b ? "true" : "false"), known(b) {}
  Truth(std::string t, bool a) : text(std::move(t)), atom(a), known(std::nullopt) {}
  [[nodiscard]] std::string inside() const { return atom ? text : "(" + text + ")"; }
};

Phrase joined(const Phrase& a, const char* symbol, const Phrase& b) { return {fmt::format("{} {} {}", a.inside(), symbol, b.inside()), false}; }
Phrase call(const char* name, const Phrase& a, const Phrase& b) { return {fmt::format("{}({}, {})", name, a.text, b.text), true}; }
Truth compared(const Phrase& a, const char* symbol, const Phrase& b) { return {fmt::format("{} {} {}", a.inside(), symbol, b.inside()), false}; }

Phrase operator+(const Phrase& a, const Phrase& b) { return joined(a, "+", b); }
Phrase operator-(const Phrase& a, const Phrase& b) { return a.number && b.number ? Phrase(*a.number - *b.number) : joined(a, "-", b); }
Phrase operator*(const Phrase& a, const Phrase& b) { return a.number && b.number ? Phrase(*a.number * *b.number) : joined(a, "*", b); }
Phrase operator&(const Phrase& a, const Phrase& b) { return b.number == ~0u ? a : joined(a, "&", b); }
Phrase operator|(const Phrase& a, const Phrase& b) { return joined(a, "|", b); }
Phrase operator^(const Phrase& a, const Phrase& b) { return joined(a, "^", b); }
Phrase operator~(const Phrase& a) { return {"~" + a.inside(), true}; }
Phrase shl(const Phrase& a, const Phrase& b) { return joined(a, "<<", b); }
Phrase shr_u(const Phrase& a, const Phrase& b) { return joined(a, ">>", b); }
Phrase shr_s(const Phrase& a, const Phrase& b) { return joined(a, ">>s", b); }
Phrase mulh_ss(const Phrase& a, const Phrase& b) { return call("high_signed", a, b); }
Phrase mulh_su(const Phrase& a, const Phrase& b) { return call("high_signed_unsigned", a, b); }
Phrase mulh_uu(const Phrase& a, const Phrase& b) { return call("high_unsigned", a, b); }
Phrase div_u(const Phrase& a, const Phrase& b) { return joined(a, "/u", b); }
Phrase div_s(const Phrase& a, const Phrase& b) { return joined(a, "/s", b); }
Phrase rem_u(const Phrase& a, const Phrase& b) { return joined(a, "%u", b); }
Phrase rem_s(const Phrase& a, const Phrase& b) { return joined(a, "%s", b); }
Phrase sext(const Phrase& a, int width) { return {fmt::format("sign_extend({}, {} bits)", a.text, width), true}; }
Truth eq(const Phrase& a, const Phrase& b) { return a.number && b.number ? Truth(*a.number == *b.number) : compared(a, "=", b); }
Truth ne(const Phrase& a, const Phrase& b) { return a.number && b.number ? Truth(*a.number != *b.number) : compared(a, "≠", b); }
Truth lt_u(const Phrase& a, const Phrase& b) { return compared(a, "<u", b); }
Truth lt_s(const Phrase& a, const Phrase& b) { return compared(a, "<s", b); }
Truth operator&(const Truth& a, const Truth& b) {
  if (a.known) return *a.known ? b : a;
  if (b.known) return *b.known ? a : b;
  return {a.inside() + " and " + b.inside(), false};
}
Truth operator|(const Truth& a, const Truth& b) {
  if (a.known) return *a.known ? a : b;
  if (b.known) return *b.known ? b : a;
  return {a.inside() + " or " + b.inside(), false};
}
Truth operator!(const Truth& a) { return a.known ? Truth(!*a.known) : Truth{"not " + a.inside(), true}; }
Phrase select(const Truth& c, const Phrase& a, const Phrase& b) { return {fmt::format("{} if {}, else {}", a.inside(), c.text, b.inside()), false}; }
Truth select(const Truth& c, const Truth& a, const Truth& b) { return {fmt::format("{} if {}, else {}", a.inside(), c.text, b.inside()), false}; }

/// Stand for the operands; no register has these numbers.
constexpr Reg rd = 101, rs1 = 102, rs2 = 103;

class DocumentMachine {
 public:
  using Value = Phrase;
  using Condition = Truth;
  DocumentMachine(const Isa& isa, Mode mode) : isa_(isa), mode_(mode) {}
  std::vector<std::string> lines;
  bool names_loads = false;  // where a store may follow that changes what was loaded

  [[nodiscard]] const Isa& isa() const { return isa_; }
  [[nodiscard]] Mode mode() const { return mode_; }
  void set_mode(const Phrase& v) { say("mode ← " + v.text); }
  [[nodiscard]] Phrase pc() const { return {"pc", true}; }
  void set_pc(const Phrase& v) { say("pc ← " + v.text); }
  [[nodiscard]] Phrase word() const { return {"word", true}; }
  [[nodiscard]] Phrase x(Reg r) const { return {r == rs1 ? "rs1" : r == rs2 ? "rs2" : r == rd ? "rd" : fmt::format("x{}", r), true}; }
  void set(Reg r, const Phrase& v) { say(x(r).text + " ← " + v.text); }
  [[nodiscard]] Phrase csr(Csr r) const { return {std::string(name(r)), true}; }
  void set_csr(Csr r, const Phrase& v) { say(std::string(name(r)) + " ← " + v.text); }
  [[nodiscard]] Phrase counter(Counter c, int half) const {
    return {std::string(c == Counter::cycle ? "cycle" : c == Counter::time ? "time" : "instret") + (half == 0 ? "" : "h"), true};
  }
  [[nodiscard]] Truth external_interrupt() const { return {"external interrupt", true}; }
  Phrase load(const Phrase& a, Width w) {
    const Phrase value{fmt::format("memory{}[{}]", 8 * static_cast<int>(w), a.text), true};
    if (!names_loads) return value;
    say("old ← " + value.text);
    return {"old", true};
  }
  void store(const Phrase& a, const Phrase& v, Width w) { say(fmt::format("memory{}[{}] ← {}", 8 * static_cast<int>(w), a.text, v.text)); }
  Phrase load_physical(const Phrase& a, Width w) { return {fmt::format("physical{}[{}]", 8 * static_cast<int>(w), a.text), true}; }
  void store_physical(const Phrase& a, const Phrase& v, Width w) { say(fmt::format("physical{}[{}] ← {}", 8 * static_cast<int>(w), a.text, v.text)); }
  Phrase translate(const Phrase& a) { return {"translate(" + a.text + ")", true}; }
  Phrase atomic(const Phrase& a, Access access) { return {fmt::format("word_of({}, for a {})", a.text, access == Access::load ? "load" : "store"), true}; }
  void reserve(const Phrase& a) { say("reserve " + a.text); }
  [[nodiscard]] Truth reserved(const Phrase& a) const { return {"reserved(" + a.text + ")", true}; }
  void release() { say("release the reservation"); }
  void trap(uint32_t cause, const Phrase& tval) { say(fmt::format("trap {}, stval = {}", cause::name(cause), tval.text)); }
  void branch(const Truth& c, auto&& then) {
    if (c.known) {
      if (*c.known) then();
      return;
    }
    say("if " + c.text + ":");
    ++depth_;
    then();
    --depth_;
  }
  void wait() { say("wait for an interrupt"); }
  void fence_instructions() { say("nothing: fetches see every earlier store"); }
  void flush(const FlushScope<Phrase>& f) { say(f.every_address ? "forget cached translations" : "forget cached translations of " + f.address.text); }

 private:
  void say(const std::string& line) { lines.push_back(std::string(2 * static_cast<size_t>(depth_), ' ') + line); }
  const Isa& isa_;
  Mode mode_;
  int depth_ = 0;
};

std::vector<std::string> lines_in(const Isa& isa, Op op, Mode mode) {
  DocumentMachine m(isa, mode);
  m.names_loads = isa.row(op).format == Format::Atomic;
  const Operands<Phrase> o{.rd = rd, .rs1 = rs1, .rs2 = rs2, .csr = isa.csr("sscratch")->number, .imm = Phrase("imm", true)};
  execute_decoded(m, op, o);
  if (layout(isa.row(op).format).csr)
    for (std::string& line : m.lines)
      for (size_t at; (at = line.find("sscratch")) != std::string::npos;) line.replace(at, 8, "csr");
  if (m.lines.empty()) m.lines.emplace_back("nothing");
  return m.lines;
}

const char* in_user_mode(UserRule rule) {
  switch (rule) {
    case UserRule::trap: return "traps";
    case UserRule::ignore: return "ignored";
    case UserRule::filter: return "filtered";
    case UserRule::execute: break;
  }
  return "allowed";
}

}  // namespace

std::vector<std::string> describe(const Isa& isa, Op op) {
  const auto kernel = lines_in(isa, op, Mode::kernel), user = lines_in(isa, op, Mode::user);
  if (kernel == user) return kernel;
  std::vector<std::string> both;
  for (const auto& [title, lines] : {std::pair("in kernel mode:", &kernel), {"in user mode:", &user}}) {
    both.emplace_back(title);
    for (const std::string& line : *lines) both.push_back("  " + line);
  }
  return both;
}

std::string manual(const Isa& isa) {
  std::string text = fmt::format(
      "# {}: the instructions\n\nGenerated by `vmsim isa doc` from the table. `<u`, `<s`, `>>s`, `/u`, `/s` say how an operation sees its operands.\n",
      isa.name());
  for (Op op = 0; op < isa.rows().size(); ++op) {
    const RowInfo& row = isa.row(op);
    if (row.off) continue;
    std::string operands;
    for (const char letter : operand_template(row.format)) {
      switch (letter) {
        case 'd': operands += "rd"; break;
        case 's': operands += "rs1"; break;
        case 't': operands += "rs2"; break;
        case 'o': operands += "imm(rs1)"; break;
        case 'a': operands += "(rs1)"; break;
        case 'p': operands += "target"; break;
        case 'E': operands += "csr"; break;
        case 'P': operands += "pred"; break;
        case 'Q': operands += "succ"; break;
        case ',': operands += ", "; break;
        default: operands += "imm"; break;
      }
    }
    text += fmt::format("\n## {} {}\n\n`{}`\n\n", row.name, operands, pattern_text(row.pattern));
    for (const std::string& line : describe(isa, op)) text += "    " + line + "\n";
  }
  text += "\n# Control registers\n\n| number | name | user mode | fields |\n| --- | --- | --- | --- |\n";
  for (const CsrRule& rule : isa.csrs()) {
    std::string fields;
    for (const CsrField& f : rule.fields())
      fields += fmt::format("{}{} {}{}", fields.empty() ? "" : ", ", f.name,
                            f.width == 1 ? fmt::format("{}", f.low) : fmt::format("{}..{}", f.low + f.width - 1, f.low), f.writable ? "" : " (read-only)");
    text += fmt::format("| {:#x} | {} | {}{} | {} |\n", rule.number, rule.name, in_user_mode(rule.user),
                        rule.source == CsrSource::counter && rule.gated && rule.user == UserRule::execute ? " where scounteren says so" : "", fields);
  }
  return text;
}

}  // namespace vmsim
