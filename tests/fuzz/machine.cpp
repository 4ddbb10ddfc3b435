// A whole machine from the input: a random program's memory (or none), then any change of registers, control registers,
// mode, memory, page tables, devices, console input and time. Bare and one technique or engine make the same records,
// consoles, harts and memories; nothing around the guest's slice changes; and the monitor's tables lead nowhere but
// into the slice. A run that depends on stale translations has no one right answer: those are counted, not compared.
#include <algorithm>
#include <cstdio>
#include <map>

#include "fuzz/whole_machine.hpp"
#include "lockstep/program.hpp"
#include "machine/disk.hpp"
#include "monitor/verify.hpp"
#include "monitor/virtual_machine.hpp"
#include "vcpu/fence_races.hpp"

using namespace vmsim;
using fuzz::Bytes;
using lockstep::Program;

namespace {

constexpr uint32_t around = 64 << 10, shadow_pages = 24;
constexpr uint8_t canary = 0xC9;

const Program& program_of(uint64_t seed, bool paging) {
  static std::map<std::pair<uint64_t, bool>, Program> made;
  auto& one = made[{seed, paging}];
  if (one.items.empty()) one = lockstep::make_program(seed, {.paging = paging});
  return one;
}

/// What the first bytes say, before the changes.
struct Plan {
  const char* technique = nullptr;  // null: bare, on another engine
  EngineOptions engine;
  BoardOptions board;
  const Program* program = nullptr;  // null: the rest of the input says it
  uint64_t steps = 0;

  explicit Plan(Bytes& in) {
    const uint8_t how = in.byte(), what = in.byte();
    const char* const techniques[] = {"trap", "trap", "trap", "hybrid", "emulate", "paravirt", nullptr, "trap"};
    technique = techniques[how & 7];
    const EngineOptions engines[] = {
        {},
        {.translation_cache = false},
        {.block_cache = false},
        {.kind = has_jit() ? EngineKind::jit : EngineKind::interpreter, .jit = {.threshold = 1, .code_bytes = 1 << 18, .verify = true}}};
    engine = engines[how >> 3 & 3];
    steps = (how & 0x20) != 0 && (what & 0xC0) == 0 ? 7000 : 500;
    board.layout = (how & 0x40) != 0 ? virtio::Layout::legacy : virtio::Layout::modern;
    board.paravirt = technique != nullptr && technique == std::string_view("paravirt");
    board.entropy_seed = how;
    board.console.max_output = 4096;
    if (const uint32_t kind = what & 3; kind < 2) program = &program_of(what >> 2, kind == 1);
  }
};

struct Edit {
  uint8_t kind = 0, where_high = 0;
  uint16_t where = 0;
  uint32_t value = 0;
};

void apply(const Edit& c, Computer& computer) {
  Hart& hart = computer.hart();
  switch (c.kind % 12) {
    case 0: hart.x[1 + c.where % 31] = c.value; break;
    case 1: {
      const auto rules = toy32_csrs();
      const CsrRule& rule = rules[c.where % rules.size()];
      if (!rule.read_only()) hart[rule.storage] = c.value & rule.write_mask();
      break;
    }
    case 2: hart.pc = c.value & ~3u; break;
    case 3: hart.mode = (c.value & 1) != 0 ? Mode::user : Mode::kernel; break;
    case 4:
    case 5: computer.memory().write(Physical{Program::ram + c.where * 4u % Program::ram_size}, c.value, Width::word); break;
    case 6:  // where tables are, an entry for a page that is there
      computer.memory().write(Physical{Program::ram + 0x8000 + c.where * 4u % 0x4000},
                              (Program::ram + (c.value >> 10 & 0x3F) * page_size) >> 2 | (c.value & 0x3FF), Width::word);
      break;
    case 7: computer.board().write(0x1000'0000 + c.where % 0x9000, c.value, c.where < 0x1000 ? Width::byte : Width::word); break;
    case 8: computer.board().write(Plic::base + c.where * 4u + (c.where_high & 0x20) * 0x1'0000u, c.value, Width::word); break;
    case 9: computer.board().console().arrive(c.where, static_cast<uint8_t>(c.value)); break;
    case 10: hart.clock.idle = c.value; break;
    case 11:
      hart.reserved = true;
      hart.reservation = Program::ram + c.where * 4u % Program::ram_size;
      break;
  }
}

/// A machine with the guest in the middle of its memory, and canaries on both sides of what it was given.
struct Guarded {
  Guarded(const Plan& plan, const BoardOptions& board)
      : machine(Isa::toy32(), 2 * around + (shadow_pages + 1) * page_size + Program::ram_size, {}, plan.engine), allocator(machine),
        before(*machine.take(around, page_size)),
        guest(VirtualMachine::make(allocator, Program::ram_size, board, *technique_of(plan.technique), {plan.engine}, shadow_pages).value()),
        after(*machine.take(around, page_size)) {
    for (const Physical at : {before, after}) std::ranges::fill(neighbour(at), canary);
  }
  std::span<uint8_t> neighbour(Physical at) { return machine.memory().bytes().subspan(at.at - machine.memory().base().at, around); }

  void check() {
    for (const Physical at : {before, after})
      if (!std::ranges::all_of(neighbour(at), [](uint8_t b) { return b == canary; })) __builtin_trap();
    const Grant& grant = guest->grant();
    if (grant.pool_pages() == 0) return;
    const uint64_t pool = grant.pool().at, slice = grant.slice().real.at, slice_end = slice + grant.slice().size;
    for (uint32_t i = 0; i < grant.pool_pages() * page_size; i += 4) {
      const uint32_t entry = machine.memory().read(Physical{static_cast<uint32_t>(pool) + i}, Width::word);
      if ((entry & pte::valid) == 0) continue;
      const uint64_t target = uint64_t{entry >> 10} << 12;
      const bool leaf = (entry & (pte::read | pte::write | pte::execute)) != 0;
      if (target < (leaf ? slice : pool) || target >= (leaf ? slice_end : pool + uint64_t{grant.pool_pages()} * page_size)) __builtin_trap();
    }
  }

  Machine machine;
  Allocator allocator;
  Physical before;
  std::unique_ptr<VirtualMachine> guest;
  Physical after;
};

/// Printed when the fuzzer ends.
struct Count {
  uint64_t runs = 0, racy = 0, steps = 0, traps = 0, interrupts = 0;
  ~Count() { std::fprintf(stderr, "%lu steps compared in %lu runs: %lu traps, %lu interrupts; %lu runs fence-racy\n", steps, runs, traps, interrupts, racy); }
} count;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes in(data, size);
  const Plan plan(in);
  std::vector<Edit> changes(plan.program != nullptr ? in.byte() : in.below(16));
  for (Edit& change : changes) change = in.take<Edit>();
  std::optional<fuzz::WholeMachine> whole;
  if (plan.program == nullptr) whole.emplace(in);

  std::string consoles[2];
  const auto board = [&](std::string& console) {
    BoardOptions options = plan.board;
    options.console.output = [&console](uint8_t b) { console += static_cast<char>(b); };
    options.disks = {Disk::in_memory(std::vector<uint8_t>(8 * Disk::sector_size, 0x5D))};
    return options;
  };
  FenceRaces races;
  Machine bare(Isa::toy32(), Program::ram_size, board(consoles[0]), {.translation_cache = false, .races = &races});
  std::optional<Machine> other;
  std::optional<Guarded> guarded;
  if (plan.technique != nullptr) guarded.emplace(plan, board(consoles[1]));
  else other.emplace(Isa::toy32(), Program::ram_size, board(consoles[1]), plan.engine);
  Computer& second = guarded ? static_cast<Computer&>(*guarded->guest) : *other;
  for (Computer* computer : {static_cast<Computer*>(&bare), &second}) {
    if (whole) whole->load_into(*computer);
    else plan.program->place(computer->memory().bytes()), computer->hart().pc = Program::entry;
    for (const Edit& change : changes) apply(change, *computer);
  }

  const Verdict verdict = verify({bare, consoles[0]}, {second, consoles[1]}, {.max_steps = plan.steps});
  if (guarded) guarded->check();
  ++count.runs;
  count.steps += verdict.steps, count.traps += verdict.traps, count.interrupts += verdict.interrupts;
  if (races.first()) ++count.racy;
  else if (verdict.difference) {
    std::fprintf(stderr, "%s: step %lu: %s\n", plan.technique != nullptr ? plan.technique : "bare", verdict.difference->step, verdict.difference->what.c_str());
    for (const std::string& field : verdict.difference->fields) std::fprintf(stderr, "  %s\n", field.c_str());
    __builtin_trap();
  }
  return 0;
}
