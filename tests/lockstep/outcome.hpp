// A random program's run, kept whole, so that two can be compared record by record.
#pragma once

#include <string>
#include <vector>

#include "isa/disassemble.hpp"
#include "isa/page_walk.hpp"
#include "lockstep/program.hpp"
#include "support/collect.hpp"
#include "vcpu/fence_races.hpp"

namespace vmsim::lockstep {

struct Outcome {
  std::vector<Record> records;
  Hart hart;
  std::vector<uint8_t> memory;
  Stopped why = Stopped::budget;
};

/// At the entry. On a machine with relocation there is none, and every address is within its bound.
inline void start(Computer& computer) {
  computer.hart().pc = Program::entry;
  if (computer.isa().mmu().bounds) computer.hart()[Csr::bound] = ~(page_size - 1);
}

/// `technique`: "bare", or a technique's name.
inline Outcome run(const Program& program, std::string_view technique, EngineOptions engine = {}, const Isa& isa = Isa::toy32(), bool clusters = true) {
  const test::Made made = test::make(technique, Program::ram_size, {}, engine, isa, clusters);
  Computer& computer = made.computer();
  program.place(computer.memory().bytes());
  start(computer);
  test::Collect sink;
  Outcome r;
  r.why = computer.run(program.budget, &sink);
  r.records = std::move(sink.records);
  r.hart = computer.hart();
  r.memory.assign(computer.memory().bytes().begin(), computer.memory().bytes().end());
  return r;
}

/// Whether the program uses a changed page-table entry before a fence: then the old entry and the new one are both right, and an
/// engine that keeps translations may part from one that does not, or keeps others.
inline bool fence_racy(const Program& program) {
  FenceRaces races;
  run(program, "bare", {.translation_cache = false, .races = &races});
  return races.first().has_value();
}

/// Where two runs part; empty where they do not.
inline std::string difference(const Outcome& a, const Outcome& b, const Isa& isa = Isa::toy32()) {
  for (size_t i = 0; i < std::max(a.records.size(), b.records.size()); ++i) {
    if (i >= a.records.size() || i >= b.records.size()) return "one run is longer, from step " + std::to_string(i);
    if (!(a.records[i] == b.records[i])) {
      const Record& r = a.records[i];
      return "step " + std::to_string(r.step) + ", " + disassemble(isa, r.word, r.pc, {.separator = ' '});
    }
  }
  if (!(a.hart == b.hart)) return "the harts differ at the end";
  if (a.memory != b.memory) return "the memories differ at the end";
  return a.why == b.why ? "" : "they stopped for different reasons";
}

}  // namespace vmsim::lockstep
