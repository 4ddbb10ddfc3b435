// Sinks and runs that several tests use.
#pragma once

#include <vector>

#include "monitor/virtual_machine.hpp"

namespace vmsim::test {

/// Keeps every record.
struct Collect : TraceSink {
  std::vector<Record> records;
  std::vector<Act> acts;
  void record(const Record& r) override { records.push_back(r); }
  void act(const Act& a) override { acts.push_back(a); }
};

/// Folds records into one number, for runs too long to keep.
struct Digest : TraceSink {
  uint64_t hash = 0xcbf29ce484222325, count = 0;
  [[nodiscard]] bool wants_acts() const override { return false; }
  void add(uint64_t v) { hash = (hash ^ v) * 0x100000001b3; }
  void record(const Record& r) override {
    ++count;
    add(r.step), add(static_cast<uint64_t>(r.mode)), add(r.pc), add(r.word), add(static_cast<uint64_t>(r.event)), add(r.cause), add(r.epc);
    add(r.tval), add(r.next_pc);
    for (const auto& w : r.registers) add(w.reg), add(w.value);
    for (const auto& w : r.csrs) add(static_cast<uint64_t>(w.csr)), add(w.value);
    for (const auto& m : r.memory) add(m.is_store), add(m.virtual_address), add(m.physical_address), add(m.value), add(static_cast<uint64_t>(m.width));
  }
};

/// A computer and, where it is virtual, the machine below it.
struct Made {
  std::unique_ptr<Machine> machine;
  std::unique_ptr<VirtualMachine> guest;
  [[nodiscard]] Computer& computer() const { return guest ? static_cast<Computer&>(*guest) : *machine; }
};

/// `technique`: "bare", or a technique's name.
inline Made make(std::string_view technique, uint32_t ram, const BoardOptions& board = {}, EngineOptions engine = {}, const Isa& isa = Isa::toy32(),
                 bool clusters = true) {
  Made made;
  if (technique == "bare") {
    made.machine = std::make_unique<Machine>(isa, ram, board, engine);
    return made;
  }
  made.machine = std::make_unique<Machine>(isa, ram + VirtualMachine::overhead, BoardOptions{}, engine);
  made.guest = VirtualMachine::make(*made.machine, ram, board, *technique_of(technique), {engine, clusters}).value();
  return made;
}

}  // namespace vmsim::test
