#include "lockstep/against_reference.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "isa/disassemble.hpp"

namespace vmsim::lockstep {
namespace {

/// The reference's step in the project's words, control registers apart.
Record as_record(const reference::Step& step) {
  Record r{.step = step.step,
           .mode = step.kernel ? Mode::kernel : Mode::user,
           .pc = step.pc,
           .word = step.word,
           .event = static_cast<Event>(step.event),
           .cause = step.cause,
           .epc = step.epc,
           .tval = step.tval,
           .next_pc = step.next_pc};
  for (const auto& w : step.registers) r.registers.add({static_cast<uint8_t>(w.reg), w.value});
  for (const auto& m : step.memory) r.memory.add({m.store, static_cast<Width>(m.size), m.virtual_address, m.physical_address, m.value});
  return r;
}

std::string text(const Record& r) {
  std::string s = fmt::format("step {}, {} {:08x}: {:08x} event {} cause {:08x} epc {:08x} tval {:08x} next {:08x}", r.step,
                              r.mode == Mode::kernel ? "kernel" : "user", r.pc, r.word, static_cast<int>(r.event), r.cause, r.epc, r.tval, r.next_pc);
  for (const auto& w : r.registers) s += fmt::format(" x{}={:08x}", w.reg, w.value);
  for (const auto& m : r.memory)
    s +=
        fmt::format(" {}{}[{:08x} -> {:08x}]={:08x}", m.is_store ? "store" : "load", static_cast<int>(m.width), m.virtual_address, m.physical_address, m.value);
  for (const auto& w : r.csrs) s += fmt::format(" {}={:08x}", name(w.csr), w.value);
  return s;
}

using CsrValues = std::array<uint32_t, csr_count>;

CsrValues control_registers(const reference::Hart& hart) {
  CsrValues values{};
  for (const CsrRule& rule : Isa::toy32().csrs())
    if (rule.source != CsrSource::counter) values[static_cast<size_t>(rule.storage)] = hart.csr[rule.number];
  return values;
}

Hart as_hart(const reference::Hart& from) {
  Hart hart{.x = from.x,
            .pc = from.pc,
            .mode = from.kernel ? Mode::kernel : Mode::user,
            .csr = control_registers(from),
            .reserved = from.reservation.has_value(),
            .reservation = from.reservation.value_or(0)};
  hart.clock = {.steps = from.steps, .idle = from.idle, .retired = from.instret};
  return hart;
}

/// Every field in which two harts differ.
std::string differing_fields(const Hart& ours, const Hart& expected) {
  std::vector<std::pair<std::string, uint64_t>> fields;
  Hart::visit(ours, [&](const std::string& name, auto value) { fields.emplace_back(name, static_cast<uint64_t>(value)); });
  std::string s;
  auto field = fields.begin();
  Hart::visit(expected, [&](const std::string& name, auto value) {
    const auto wanted = static_cast<uint64_t>(value);
    if (field->second != wanted) s += fmt::format("  {}: {:x}, the reference has {:x}\n", name, field->second, wanted);
    ++field;
  });
  return s;
}

reference::Hart from_hart(const Hart& hart) {
  reference::Hart to;
  to.x = hart.x;
  to.pc = hart.pc;
  to.kernel = hart.mode == Mode::kernel;
  return to;
}

/// Interrupt controller and virtio slots: the reference's board is power switch, UART and memory alone.
bool beyond_the_reference(const MemoryAccess& m) {
  const uint32_t at = m.physical_address;
  return (at >= Plic::base && at - Plic::base < Plic::size) || (at >= virtio::Mmio::base && at - virtio::Mmio::base < virtio::Mmio::size * virtio::Mmio::slots);
}

/// Steps the reference with every record.
class Follower : public TraceSink {
 public:
  Follower(Computer& computer, const std::string& input) : reference_(computer.memory().size()), hart_(computer.hart()) {
    reference_.hart = from_hart(hart_);
    reference_.uart.input.assign(input.begin(), input.end());
    const auto bytes = computer.memory().bytes();
    std::ranges::copy(bytes, reference_.ram.begin());
  }

  void record(const Record& r) override {
    if (over()) return;
    if (reference_.stopped) {
      result_.difference = "the reference has stopped; the machine goes on with\n  " + text(r);
      return;
    }
    const Hart before = as_hart(reference_.hart);
    Record expected = as_record(reference_.step());
    if (reference_.fence_racy) result_.cut = "a stale translation was used";
    if (std::ranges::any_of(r.memory, beyond_the_reference)) result_.cut = "a device was used that the reference does not have";
    if (over()) return;
    ++result_.steps;
    // What a step writes to control registers shows in the registers' values after it.
    for (const CsrWrite& w : r.csrs) hart_[w.csr] = w.value;
    expected.csrs = r.csrs;
    if (r == expected && hart_.csr == control_registers(reference_.hart)) return;
    expected.csrs = {};
    result_.difference =
        fmt::format("{}\n  machine:   {}\n  reference: {}\n", disassemble(Isa::toy32(), r.word, r.pc, {.separator = ' '}), text(r), text(expected));
    for (size_t i = 0; i < hart_.csr.size(); ++i)
      if (const uint32_t wanted = control_registers(reference_.hart)[i]; hart_.csr[i] != wanted)
        result_.difference += fmt::format("  {}: {:08x}, the reference has {:08x}\n", name(static_cast<Csr>(i)), hart_.csr[i], wanted);
    result_.difference += "before it, the reference had\n";
    Hart::visit(before, [&](const std::string& name, auto value) { result_.difference += fmt::format("  {} {:x}\n", name, static_cast<uint64_t>(value)); });
  }

  Comparison finish(Computer& computer, Stopped why, const std::string& output) {
    if (over()) return result_;
    const std::string fields = differing_fields(computer.hart(), as_hart(reference_.hart));
    const Stopped expected = !reference_.stopped                            ? Stopped::budget
                             : *reference_.stopped == reference::Stop::idle ? Stopped::idle_forever
                                                                            : Stopped::powered_off;
    const int code = computer.board().exit_code().value_or(0);
    if (!fields.empty()) result_.difference += "the harts differ at the end\n" + fields;
    if (!std::ranges::equal(computer.memory().bytes(), reference_.ram)) result_.difference += "the memories differ at the end\n";
    if (output != reference_.uart.output) result_.difference += "the console outputs differ\n";
    if (why != expected) result_.difference += "they stopped for different reasons\n";
    if (code != static_cast<int>(reference_.exit_code)) result_.difference += fmt::format("exit code {}, the reference has {}\n", code, reference_.exit_code);
    return result_;
  }

 private:
  [[nodiscard]] bool over() const { return !result_.difference.empty() || result_.cut != nullptr; }

  reference::Machine reference_;
  Hart hart_;  // the machine's control registers as its records tell
  Comparison result_;
};

}  // namespace

Comparison compare_with_reference(const Program& program, EngineOptions engine, const std::string& input) {
  std::string output;
  ConsoleOptions console{.output = [&](uint8_t byte) { output.push_back(static_cast<char>(byte)); }};
  for (const char c : input) console.input.push_back({0, static_cast<uint8_t>(c)});
  Machine machine(Isa::toy32(), Program::ram_size, {.console = std::move(console)}, engine);
  program.place(machine.memory().bytes());
  machine.hart().pc = Program::entry;
  Follower follower(machine, input);
  const Stopped why = machine.run(program.budget, &follower);
  return follower.finish(machine, why, output);
}

}  // namespace vmsim::lockstep
