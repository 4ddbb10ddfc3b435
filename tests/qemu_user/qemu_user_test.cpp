// A foreign oracle for user mode: random user programs, as executables that this project's own assembler and ELF writer made, trap at the same
// places and end with the same registers and memory in qemu-riscv32 as on the bare machine in user mode. See docs/qemu.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "isa/assembler/assemble.hpp"
#include "isa/disassemble.hpp"
#include "lockstep/program.hpp"
#include "lockstep/shrink.hpp"
#include "machine/loader.hpp"
#include "support/collect.hpp"
#include "support/command.hpp"
#include "support/engines.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

using lockstep::Program;
using test::run_command;

// A program's memory: code and the runtime, the runtime's data, the program's data.
constexpr uint32_t body_at = Program::ram + 0x1000, runtime_at = Program::ram + 0x6000, stack_at = Program::ram + 0x8000, log_at = Program::ram + 0xE000,
                   data_at = Program::ram + 0x10000;
constexpr uint64_t longest = 20'000;  // steps
constexpr uint32_t most_traps = 24;
constexpr uint32_t sigill = 4, sigtrap = 5, sigbus = 7, sigsegv = 11;

/// What Linux makes of a trap.
uint32_t signal_of(uint32_t cause) {
  switch (cause) {
    case cause::illegal_instruction: return sigill;
    case cause::breakpoint: return sigtrap;
    case cause::load_misaligned:
    case cause::store_misaligned: return sigbus;
    default: return sigsegv;
  }
}

struct Trap {
  uint32_t signal = 0, pc = 0, address = 0;  // the address of a memory fault
  bool operator==(const Trap&) const = default;
};

/// How a program ended: after its last trap.
struct End {
  std::vector<Trap> traps;
  std::array<uint32_t, 32> registers{};  // x0 is pc
  std::vector<uint8_t> memory;           // but the runtime's data
};

/// Where two ends part; empty where they do not.
std::string difference(const End& ours, const End& theirs, const char* other) {
  const auto text = [](const Trap& t) { return fmt::format("signal {} at {:08x}, address {:08x}", t.signal, t.pc, t.address); };
  for (size_t i = 0; i < std::min(ours.traps.size(), theirs.traps.size()); ++i)
    if (!(ours.traps[i] == theirs.traps[i])) return fmt::format("trap {}: vmsim {}; {} {}", i, text(ours.traps[i]), other, text(theirs.traps[i]));
  if (ours.traps.size() != theirs.traps.size()) return fmt::format("vmsim traps {} times, {} {} times", ours.traps.size(), other, theirs.traps.size());
  for (size_t i = 0; i < ours.registers.size(); ++i)
    if (ours.registers[i] != theirs.registers[i])
      return fmt::format("{}: vmsim {:08x}, {} {:08x}", i == 0 ? "pc" : fmt::format("x{}", i), ours.registers[i], other, theirs.registers[i]);
  const auto [a, b] = std::ranges::mismatch(ours.memory, theirs.memory);
  if (a == ours.memory.end() && b == theirs.memory.end()) return {};
  if (a == ours.memory.end() || b == theirs.memory.end()) return "the memories differ in size";
  return fmt::format("byte {:08x}: vmsim {:02x}, {} {:02x}", Program::ram + (a - ours.memory.begin()), *a, other, *b);
}

/// The executable: the program, the runtime around it, and memory for both, in three segments.
std::vector<uint8_t> executable(const Program& program) {
  const uint32_t end = program.items.back().address + static_cast<uint32_t>(4 * program.items.back().words.size());
  const std::string constants = fmt::format(
      ".equ ram, {:#x}\n.equ size, {:#x}\n.equ log, {:#x}\n.equ stack, {:#x}\n.equ stack_size, {:#x}\n.equ program, {:#x}\n.equ body, {:#x}\n.equ body_end, "
      "{:#x}\n.equ traps, {}\n",
      Program::ram, Program::ram_size, log_at, stack_at, log_at - stack_at, Program::entry, body_at, end, most_traps);
  const auto runtime = assemble(Isa::toy32(), constants + test::read_text(VMSIM_SOURCE_DIR "/tests/qemu_user/runtime.s"), "runtime.s", {.base = runtime_at});
  if (!runtime) throw std::runtime_error(runtime.error().text());
  std::vector<uint8_t> memory(Program::ram_size);
  program.place(memory);
  const auto flat = to_flat(*runtime);
  std::ranges::copy(flat, memory.begin() + (runtime_at - Program::ram));
  const auto code_end = memory.begin() + (stack_at - Program::ram), data = memory.begin() + (data_at - Program::ram);
  const ElfSection sections[] = {{.name = ".text", .address = Program::ram, .bytes = {memory.begin(), code_end}, .executable = true},
                                 {.name = ".bss", .address = stack_at, .zero_fill = data_at - stack_at, .writable = true},
                                 {.name = ".data", .address = data_at, .bytes = {data, memory.end()}, .writable = true}};
  return write_elf(sections, {}, runtime->entry);
}

/// What vmsim makes of it; no end where the program is left out.
struct Ours {
  std::optional<End> end;
  std::string left_out;
  std::set<Op> retired;
  uint64_t steps = 0;
};

/// In user mode, and the test itself is what stands below. With `watched`, every record is looked at: may the program be compared?
Ours run_ours(const Program& program, std::string_view technique, const EngineOptions& engine, bool watched) {
  const test::Made made = test::make(technique, Program::ram_size, {}, engine);
  Computer& computer = made.computer();
  const auto image = load_image(Isa::toy32(), executable(program), "program.elf");
  if (!image) throw std::runtime_error(image.error().text());
  if (const auto booted = computer.boot(*image, {}); !booted) throw std::runtime_error(booted.error().text());
  Hart& hart = computer.hart();
  hart.pc = Program::entry;
  hart.mode = Mode::user;
  const uint32_t body_end = program.items.back().address + static_cast<uint32_t>(4 * program.items.back().words.size());
  const auto is = [](uint32_t word, std::string_view name) { return Isa::toy32().decode(word).op == Isa::toy32().find(name); };
  test::Collect sink;
  Ours ours;
  End end;
  while (end.traps.size() < most_traps && ours.left_out.empty()) {
    const Exit exit = computer.run_user(hart, longest - std::min(longest, hart.clock.steps), watched ? &sink : nullptr);
    const auto* trap = std::get_if<TrapExit>(&exit);
    if (trap == nullptr) {
      ours.left_out = std::holds_alternative<BudgetExit>(exit) ? "does not end" : "reaches a device";
      break;
    }
    const uint32_t signal = signal_of(trap->cause);
    end.traps.push_back({signal, hart.pc, signal == sigsegv ? trap->tval : 0});
    if (trap->cause == cause::fetch_misaligned) ours.left_out = "misaligned jump";
    if (is(trap->word, "sc.w")) ours.left_out = "sc.w that traps";
    if (trap->cause == cause::user_ecall) ours.left_out = "calls the system";
    if (signal == sigsegv && trap->tval - 0x3000'0000 < 0x2000'0000) ours.left_out = "where qemu-riscv32 keeps its stack";
    if (hart.pc >= runtime_at && hart.pc - Program::ram < Program::ram_size) ours.left_out = "runs data";
    if (end.traps.size() < most_traps) hart.pc = hart.pc >= body_at && hart.pc < body_end ? hart.pc + 4 : body_at;
  }
  for (size_t i = 0; i < sink.records.size(); ++i) {
    const Record& r = sink.records[i];
    ours.retired.insert(Isa::toy32().decode(r.word).op);
    if (r.pc >= runtime_at) ours.left_out = "runs data";
    if (is(r.word, "sc.w") && (i == 0 || !is(sink.records[i - 1].word, "lr.w"))) ours.left_out = "sc.w without its lr.w";
    for (const MemoryAccess& m : r.memory) {
      if (m.is_store && m.physical_address < data_at) ours.left_out = "changes its code";
      if (m.physical_address >= runtime_at && m.physical_address < data_at) ours.left_out = "sees the runtime's data";
    }
  }
  ours.steps = hart.clock.steps;
  if (!ours.left_out.empty()) return ours;
  end.registers = hart.x;
  end.registers[0] = hart.pc;
  const auto bytes = computer.memory().bytes();
  end.memory.assign(bytes.begin(), bytes.end());
  std::fill(end.memory.begin() + (stack_at - Program::ram), end.memory.begin() + (data_at - Program::ram), uint8_t{0});
  ours.end = std::move(end);
  return ours;
}

/// What qemu-riscv32 makes of it.
End run_qemu(const Program& program, const test::Scratch& files) {
  const auto elf = executable(program);
  const auto path = files.write("program", {reinterpret_cast<const char*>(elf.data()), elf.size()});
  test::fs::permissions(path, test::fs::perms::owner_all);
  const test::Ran ran = run_command({"qemu-riscv32", "-cpu", "rv32,c=off,f=off,d=off,zba=off,zbb=off,zbc=off,zbs=off", path});
  End end;
  if (ran.code != 0 || ran.out.size() != Program::ram_size)
    throw std::runtime_error(fmt::format("seed {}: qemu-riscv32 ends with {} and {} bytes: {}", program.seed, ran.code, ran.out.size(), ran.err));
  end.memory.assign(ran.out.begin(), ran.out.end());
  const auto word = [&](uint32_t at) {
    uint32_t value = 0;
    std::memcpy(&value, &end.memory[at - Program::ram], sizeof value);
    return value;
  };
  for (uint32_t i = 0; i < std::min(word(log_at), most_traps); ++i) {
    const uint32_t at = log_at + 0x100 + 16 * i, signal = word(at);
    end.traps.push_back({signal, word(at + 4), signal == sigsegv ? word(at + 8) : 0});
  }
  for (uint32_t i = 0; i < 32; ++i) end.registers[i] = word(log_at + 0x10 + 4 * i);
  std::fill(end.memory.begin() + (stack_at - Program::ram), end.memory.begin() + (data_at - Program::ram), uint8_t{0});
  return end;
}

TEST(QemuUser, traps_and_ends_random_user_programs_as_the_bare_machine_does) {
  if (run_command({"qemu-riscv32", "--version"}).code != 0) GTEST_SKIP() << "there is no qemu-riscv32 (Debian's qemu-user)";
  const uint64_t first = test::first_seed(), count = test::scaled(100);
  const test::Scratch files;
  const EngineOptions slow{.block_cache = false};
  std::map<std::string, size_t> left_out;
  std::map<uint32_t, size_t> with_signal;
  std::set<Op> retired;
  uint64_t compared = 0, steps = 0, traps = 0;
  for (uint64_t seed = first; compared < count; ++seed) {
    ASSERT_LT(seed, first + 4 * count + 100) << "most programs are left out";
    const Program program = lockstep::make_program(seed, {.user = true});
    const Ours ours = run_ours(program, "bare", slow, true);
    if (!ours.end) {
      ++left_out[ours.left_out];
      continue;
    }
    // The other engines, and user mode under the monitor.
    for (const auto& [name, engine] : test::every_engine())
      for (const char* technique : {"bare", "trap"})
        ASSERT_EQ(difference(*ours.end, run_ours(program, technique, engine, false).end.value_or(End{}), name), "") << technique << ", seed " << seed;
    const std::string found = difference(*ours.end, run_qemu(program, files), "qemu");
    if (!found.empty()) {
      std::cout << "seed " << seed << ": " << found << "; shrinking" << std::endl;
      const auto still = [&](const Program& p) {
        const Ours run = run_ours(p, "bare", slow, true);
        return run.end ? difference(*run.end, run_qemu(p, files), "qemu") : "";
      };
      const Program small = lockstep::shrink(program, [&](const Program& p) { return !still(p).empty(); });
      FAIL() << "seed " << seed << " (VMSIM_SEED=" << seed << "): " << found << "\nshrunk to " << still(small) << ":\n" << small.listing();
    }
    ++compared, steps += ours.steps, traps += ours.end->traps.size();
    std::set<uint32_t> signals;
    for (const Trap& t : ours.end->traps) signals.insert(t.signal);
    for (const uint32_t signal : signals) ++with_signal[signal];
    retired.insert(ours.retired.begin(), ours.retired.end());
  }
  size_t user_rows = 0;
  std::string unseen;
  for (Op op = 0; op < Isa::toy32().rows().size(); ++op) {
    const RowInfo& row = Isa::toy32().row(op);
    if (row.name.starts_with("csr") || row.name == "ecall" || row.name == "ebreak" || row.name == "sret" || row.name == "wfi" || row.name == "sfence.vma")
      continue;
    ++user_rows;
    if (!retired.contains(op)) unseen += fmt::format(" {}", row.name);
  }
  fmt::print(
      "{} programs, seeds from {}: {} steps, {} traps; with an illegal instruction {}, a breakpoint {}, a misaligned atomic {}, a memory fault {}; {} rows of "
      "user mode retired; left "
      "out:",
      compared, first, steps, traps, with_signal[sigill], with_signal[sigtrap], with_signal[sigbus], with_signal[sigsegv], user_rows);
  for (const auto& [why, programs] : left_out) fmt::print(" {} {}", why, programs);
  fmt::print("\n");
  if (count < 50) return;
  EXPECT_EQ(unseen, "") << "rows that no program retired";
  for (const uint32_t signal : {sigill, sigtrap, sigbus, sigsegv}) EXPECT_GE(4 * with_signal[signal], count) << "signal " << signal;
}

}  // namespace
}  // namespace vmsim
