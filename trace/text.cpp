// What students read: one block per exit, as the lecture draws the loop on the board, and one line per step.
#include <fmt/format.h>

#include "isa/disassemble.hpp"
#include "trace/writer.hpp"

namespace vmsim {
namespace {

constexpr size_t comment_column = 86;

/// Columns that a terminal uses for UTF-8 text.
size_t columns(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

class TextTrace final : public TraceSink {
 public:
  explicit TextTrace(TraceContext context) : c_(std::move(context)) {}

  [[nodiscard]] bool wants_records() const override { return c_.bare || c_.level != TraceLevel::exits; }

  void record(const Record& r) override {
    if (!shows(c_, r)) return;
    if (c_.level == TraceLevel::memory) return memory_lines(r);
    std::string line = fmt::format("{:>10}  {:6}  {:08x}{}  {}", r.step, name(r.mode), r.pc, symbol_suffix(c_.symbols, r.pc), what(r));
    const std::string effects = effects_of(r);
    if (!effects.empty()) line = pad(line, 72) + effects;
    c_.out(line + "\n");
  }

  void act(const Act& a) override {
    if (c_.level == TraceLevel::instructions || c_.level == TraceLevel::memory || !c_.selection.takes(c_.isa, a)) return;
    const bool between = a.kind == ActKind::inject;
    const std::string where = fmt::format("#{}  {:08x}{}  ", a.number, a.pc, symbol_suffix(c_.symbols, a.pc));
    std::string block;
    auto line = [&](const std::string& text, const std::string& comment) { block += pad(text, comment_column) + comment + "\n"; };
    line(where + (between ? "(between two instructions)" : instruction(a.word, a.pc)) + fmt::format("  {} (virtual), step {}", name(a.mode), a.step),
         "1 " + reason(a));
    if (a.clustered)
      line(fmt::format("       {:8}{:30}in the monitor already", "trap", fmt::format("none: part of exit #{}", a.number)), "2 no trap: the exit goes on");
    else line(fmt::format("       {:8}{:30}real user → monitor", "trap", between ? "deadline" : cause::name(a.real_cause)), "2 trap");
    const auto [label, text, comment] = answer(a);
    line(fmt::format("       {:8}{}", label, text), "3 " + comment);
    if (a.changes.empty()) line(fmt::format("       {:8}unchanged", "vcpu"), "4 the virtual CPU stays as it is");
    for (const Change& change : a.changes) {
      const bool first = &change == a.changes.data();
      line(fmt::format("       {:8}{} {} → {}", first ? "vcpu" : "", readable_name(change.what), value(change.what, change.before),
                       value(change.what, change.after)),
           first ? "4 update the virtual CPU" : "");
    }
    line(fmt::format("       {:8}{:08x}{}  real user, {} (virtual)", "resume", a.resume, symbol_suffix(c_.symbols, a.resume), name(a.resume_mode)),
         a.kind == ActKind::fill ? "5 return: the instruction runs again" : "5 return");
    c_.out(block + "\n");
  }

 private:
  struct Answer {
    std::string label, text, comment;
  };

  static std::string pad(std::string text, size_t column) {
    const size_t used = columns(text);
    return text.append(used + 2 <= column ? column - used : 2, ' ');
  }
  static std::string value(const std::string& field, uint32_t v) {
    if (field == "mode") return name(static_cast<Mode>(v));
    return field == "reserved" ? (v != 0 ? "yes" : "no") : fmt::format("{:08x}", v);
  }

  [[nodiscard]] std::string instruction(uint32_t word, uint32_t pc) const {
    if (word == 0) return "(no instruction could be fetched)";
    return c_.isa.decode(word).legal() ? disassemble(c_.isa, word, pc, {.symbols = &c_.symbols, .separator = ' '}) : fmt::format(".word {:#010x}", word);
  }

  [[nodiscard]] static std::string reason(const Act& a) {
    switch (a.kind) {
      case ActKind::emulate:
      case ActKind::wait: return "privileged instruction";
      case ActKind::inject:
        if (a.cause == cause::timer_interrupt) return "the guest's timer is due";
        return a.cause == cause::external_interrupt ? "a device interrupts" : "a software interrupt is pending";
      case ActKind::fill: return "no shadow entry yet";
      case ActKind::device: return "access to a device";
      case ActKind::firmware: return "call to the firmware";
      case ActKind::reflect:
        if (a.cause == cause::user_ecall) return "system call";
        return a.cause == cause::breakpoint ? "breakpoint" : "a fault of the guest's own";
    }
    return {};
  }

  /// The instruction with what it wrote: "csrw stvec ← 80200400".
  [[nodiscard]] std::string effect(const Act& a) const {
    const Instruction i = c_.isa.decode(a.word);
    const CsrRule* rule = i.legal() && layout(c_.isa.row(i.op).format).csr ? c_.isa.csr(i.csr()) : nullptr;
    std::string text = instruction(a.word, a.pc);
    for (const Change& change : a.changes)
      if (rule != nullptr && change.what == rule->name) return fmt::format("{} {} ← {:08x}", text.substr(0, text.find(' ')), change.what, change.after);
    return text;
  }

  [[nodiscard]] Answer answer(const Act& a) const {
    switch (a.kind) {
      case ActKind::emulate: return {"emulate", fmt::format("{:30}{}", effect(a), "emulator"), "emulate"};
      case ActKind::wait: return {"emulate", "wfi: park until the next interrupt", "emulate"};
      case ActKind::reflect: return {"reflect", fmt::format("{} → the guest's own handler", cause::name(a.cause)), "reflect"};
      case ActKind::inject: return {"inject", fmt::format("{} → the guest's own handler", cause::name(a.cause)), "inject the interrupt"};
      case ActKind::fill: return {"fill", a.detail, "fill the shadow entry"};
      case ActKind::device: return {"device", fmt::format("{:30}{}", instruction(a.word, a.pc), a.detail), "emulate, on the virtual device"};
      case ActKind::firmware: return {"call", a.detail, "the virtual firmware answers"};
    }
    return {};
  }

  [[nodiscard]] std::string what(const Record& r) const {
    switch (r.event) {
      case Event::interrupt: return fmt::format("interrupt: {}", cause::name(r.cause));
      case Event::trap: return fmt::format("{}  → trap: {}", r.word != 0 ? instruction(r.word, r.pc) : "(fetch)", cause::name(r.cause));
      case Event::firmware: return "ecall  → firmware";
      case Event::none: break;
    }
    return instruction(r.word, r.pc);
  }

  [[nodiscard]] std::string effects_of(const Record& r) const {
    std::string text;
    auto add = [&](const std::string& effect) { text += (text.empty() ? "" : "  ") + effect; };
    for (const RegisterWrite& w : r.registers) add(fmt::format("{}={:08x}", readable_name(fmt::format("x{}", w.reg)), w.value));
    for (const CsrWrite& w : r.csrs) add(fmt::format("{}={:08x}", name(w.csr), w.value));
    if (c_.level == TraceLevel::all)
      for (const MemoryAccess& m : r.memory) add(access(m));
    return text;
  }
  static std::string access(const MemoryAccess& m) {
    const int digits = 2 * static_cast<int>(m.width);
    const std::string place = m.virtual_address == m.physical_address ? fmt::format("[{:08x}]", m.virtual_address)
                                                                      : fmt::format("[{:08x} = physical {:08x}]", m.virtual_address, m.physical_address);
    return fmt::format("{} {} {:0{}x}", place, m.is_store ? "←" : "→", m.value, digits);
  }
  void memory_lines(const Record& r) {
    for (const MemoryAccess& m : r.memory)
      c_.out(fmt::format("{:>10}  {:08x}{}  {:5}  {}\n", r.step, r.pc, symbol_suffix(c_.symbols, r.pc), m.is_store ? "store" : "load", access(m)));
  }

  TraceContext c_;
};

}  // namespace

std::unique_ptr<TraceSink> make_text_trace(TraceContext context) { return std::make_unique<TextTrace>(std::move(context)); }

}  // namespace vmsim
