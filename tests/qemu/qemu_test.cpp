// A foreign oracle: random privileged programs end on the bare machine with the registers, control registers and memory with which they end in
// qemu-system-riscv32. What the two machines may do differently, and which programs are therefore left out, is in docs/qemu.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lockstep/program.hpp"
#include "lockstep/shrink.hpp"
#include "support/collect.hpp"
#include "support/command.hpp"
#include "support/scale.hpp"
#include "vcpu/fence_races.hpp"

namespace vmsim {
namespace {

using lockstep::Program;
using test::run_command;

constexpr uint32_t superpage = 4u << 20;  // bytes
constexpr uint32_t shim_at = 0x8010'0000, programs_at = 0x8020'0000;
constexpr uint64_t longest = 20'000;                  // steps
constexpr uint32_t shutdown_call = 9, asked = 0x100;  // in place of mcause; see shim.S

/// How a program ended, in the order in which the shim tells it.
constexpr const char* words[] = {"how it ended", "x1",  "x2",    "x3",         "x4",       "x5",   "x6",     "x7",  "x8",   "x9",    "x10",
                                 "x11",          "x12", "x13",   "x14",        "x15",      "x16",  "x17",    "x18", "x19",  "x20",   "x21",
                                 "x22",          "x23", "x24",   "x25",        "x26",      "x27",  "x28",    "x29", "x30",  "x31",   "pc",
                                 "sstatus",      "sie", "stvec", "scounteren", "sscratch", "sepc", "scause", "sip", "satp", "memory"};
using End = std::array<uint32_t, std::size(words)>;

/// What the bare machine makes of it; nothing where the program is left out.
struct Ours {
  std::optional<End> end;
  const char* left_out = nullptr;
  std::set<uint32_t> causes, spaces;
  size_t steps = 0, traps = 0;
};

Ours run_ours(const Program& program) {
  FenceRaces races;
  Machine machine(Isa::toy32(), Program::ram_size, {}, {.translation_cache = false, .races = &races});
  program.place(machine.memory().bytes());
  machine.hart().pc = Program::entry;
  test::Collect sink;
  Ours ours;
  const Stopped why = machine.run(longest, &sink);
  const Hart& hart = machine.hart();
  const auto is = [](const Record& r, std::string_view name) { return r.word != 0 && Isa::toy32().decode(r.word).op == Isa::toy32().find(name); };
  std::array<uint32_t, 32> x{};
  std::set<uint32_t> pages_reached;  // by the kernel's loads and stores: virtual pages
  for (size_t i = 0; i < sink.records.size(); ++i) {
    const Record& r = sink.records[i];
    if (r.event == Event::trap) ++ours.traps, ours.causes.insert(r.cause);
    for (const CsrWrite& w : r.csrs)
      if (w.csr == Csr::satp && (w.value & satp::mode) != 0) ours.spaces.insert(w.value);
    if (is(r, "sc.w") && (i == 0 || sink.records[i - 1].event != Event::none || !is(sink.records[i - 1], "lr.w"))) ours.left_out = "sc.w without its lr.w";
    const bool sets_csr = r.event == Event::none && (is(r, "csrrw") || is(r, "csrrs") || is(r, "csrrc"));
    const uint32_t operand = x[r.word >> 15 & 31];
    if (sets_csr && r.word >> 20 == 0x141 && operand % 4 != 0) ours.left_out = "odd sepc";
    if (sets_csr && r.word >> 20 == 0x100 && (operand & 0x600) != 0) ours.left_out = "sstatus.VS";
    if (r.mode == Mode::kernel && r.event == Event::trap && r.cause == cause::page_fault(Access::fetch) && pages_reached.contains(r.tval / page_size))
      ours.left_out = "fetch where SUM let data through";
    // Its first half lies at the end of memory, its second on a page (or an alias of it) that is not there.
    if (r.event == Event::trap && (r.cause == cause::page_fault(Access::load) || r.cause == cause::page_fault(Access::store)) &&
        (r.tval - Program::ram) % superpage == Program::ram_size) {
      const Instruction in = Isa::toy32().decode(r.word);
      if (x[in.rs1] + in.imm != r.tval) ours.left_out = "straddles the end of memory";
    }
    for (const MemoryAccess& m : r.memory) {
      if (r.mode == Mode::kernel) pages_reached.insert(m.virtual_address / page_size);
      if (m.is_store && m.physical_address < Program::ram + 0x7000) ours.left_out = "changes its code";
    }
    for (const RegisterWrite& w : r.registers) x[w.reg] = w.value;
  }
  ours.steps = sink.records.size();
  if (why != Stopped::powered_off) ours.left_out = "does not end";
  if (races.first()) ours.left_out = "fence-racy";
  if (hart.timer() != ~uint64_t{0}) ours.left_out = "set a timer";
  if (ours.left_out != nullptr) return ours;
  End end{shutdown_call};
  for (size_t i = 1; i < 32; ++i) end[i] = hart.x[i];
  size_t at = 32;
  end[at++] = hart.pc - 4;
  for (const Csr csr : {Csr::sstatus, Csr::sie, Csr::stvec, Csr::scounteren, Csr::sscratch, Csr::sepc, Csr::scause, Csr::sip, Csr::satp}) end[at++] = hart[csr];
  for (uint32_t offset = 0; offset < Program::ram_size; offset += 4)
    end[at] = end[at] * 31 + machine.memory().read(Physical{Program::ram + offset}, Width::word);
  ours.end = end;
  return ours;
}

class Qemu {
 public:
  Qemu() {
    const auto tool = [&](std::vector<std::string> command) {
      const test::Ran ran = run_command(command, {}, files_.path());
      if (ran.code != 0) throw std::runtime_error(command[0] + ": " + ran.err);
    };
    const std::string prefix = "riscv64-unknown-elf-";
    tool({prefix + "as", "-march=rv32ima_zicsr_zifencei", "-mabi=ilp32", VMSIM_SOURCE_DIR "/tests/qemu/shim.S", "-o", "shim.o"});
    tool({prefix + "ld", "-melf32lriscv", "-Ttext", fmt::format("{:#x}", shim_at), "shim.o", "-o", "shim.elf"});
    tool({prefix + "objcopy", "-O", "binary", "shim.elf", "shim.bin"});
    shim_ = test::read_text(files_ / "shim.bin");
  }

  std::vector<End> run(const std::vector<Program>& programs) {
    std::string image(programs_at - Program::ram, '\0');
    const auto put = [&](uint32_t word) { image.append(reinterpret_cast<const char*>(&word), sizeof word); };
    image.replace(shim_at - Program::ram, shim_.size(), shim_);
    const uint32_t to_shim[] = {0x801002B7, 0x00028067};  // lui t0, 0x80100; jr t0
    image.replace(0, sizeof to_shim, reinterpret_cast<const char*>(to_shim), sizeof to_shim);
    for (const Program& program : programs) {
      put(static_cast<uint32_t>(program.items.size()));
      for (const auto& item : program.items) {
        put(item.address), put(static_cast<uint32_t>(item.words.size()));
        for (const uint32_t word : item.words) put(word);
      }
    }
    put(~0u);
    files_.write("image", image);
    const test::Ran ran = run_command({"qemu-system-riscv32", "-machine", "virt", "-bios", "none", "-m", "256", "-smp", "cpus=1,maxcpus=2", "-cpu",
                                       "rv32,c=off,f=off,d=off,h=off,zba=off,zbb=off,zbc=off,zbs=off", "-display", "none", "-monitor", "none", "-serial",
                                       "file:ends", "-device", "loader,addr=0x80000000,force-raw=on,file=image"},
                                      {}, files_.path());
    const std::string told = test::read_text(files_ / "ends");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(told.size(), programs.size() * sizeof(End));
    std::vector<End> ends(told.size() / sizeof(End));
    std::memcpy(ends.data(), told.data(), ends.size() * sizeof(End));
    return ends;
  }

 private:
  test::Scratch files_;
  std::string shim_;
};

/// The words that differ; empty where none does.
std::string difference(const End& ours, const End& theirs) {
  std::string text;
  for (size_t i = 0; i < ours.size(); ++i)
    if (ours[i] != theirs[i]) text += fmt::format("{}{}: vmsim {:08x}, qemu {:08x}", text.empty() ? "" : "; ", words[i], ours[i], theirs[i]);
  return text;
}

TEST(QemuSystem, ends_random_privileged_programs_as_the_bare_machine_does) {
  if (run_command({"qemu-system-riscv32", "--version"}).code != 0) GTEST_SKIP() << "there is no qemu-system-riscv32 (Debian's qemu-system-misc)";
  Qemu qemu;
  const uint64_t first = test::first_seed(), count = test::scaled(300);
  constexpr size_t at_once = 1000;
  std::map<std::string, size_t> left_out;
  std::map<uint32_t, size_t> with_cause;
  size_t compared = 0, steps = 0, traps = 0, with_two_spaces = 0;
  for (uint64_t seed = first; compared < count;) {
    std::vector<Program> programs;
    std::vector<End> ours;
    for (; programs.size() < std::min<size_t>(at_once, count - compared); ++seed) {
      ASSERT_LT(seed, first + 4 * count + 100) << "most programs are left out";
      Program program = lockstep::make_program(seed, {.paging = seed % 4 != 0, .finite = true});
      const Ours run = run_ours(program);
      if (!run.end) {
        ++left_out[run.left_out];
        continue;
      }
      steps += run.steps, traps += run.traps, with_two_spaces += run.spaces.size() >= 2;
      for (const uint32_t cause : run.causes) ++with_cause[cause];
      programs.push_back(std::move(program));
      ours.push_back(*run.end);
    }
    const std::vector<End> theirs = qemu.run(programs);
    ASSERT_EQ(theirs.size(), ours.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      if (theirs[i][0] == asked) {
        ++left_out["called the firmware"];
        continue;
      }
      const std::string found = difference(ours[i], theirs[i]);
      if (found.empty()) continue;
      std::cout << "seed " << programs[i].seed << ": " << found << "; shrinking" << std::endl;
      const Program small = lockstep::shrink(programs[i], [&](const Program& p) {
        const Ours run = run_ours(p);
        if (!run.end) return false;
        const auto ends = qemu.run({p});
        return ends.size() == 1 && ends[0][0] != asked && !difference(*run.end, ends[0]).empty();
      });
      FAIL() << "seed " << programs[i].seed << " (VMSIM_SEED=" << programs[i].seed << "): " << found << "\nshrunk to "
             << difference(*run_ours(small).end, qemu.run({small}).at(0)) << ":\n"
             << small.listing();
    }
    compared += programs.size();
  }
  fmt::print("{} programs, seeds from {}: {} steps, {} traps; at least two address spaces in {}; with", compared, first, steps, traps, with_two_spaces);
  for (const auto& [cause, programs] : with_cause) fmt::print(" {} {}", cause::name(cause), programs);
  fmt::print("; left out:");
  for (const auto& [why, programs] : left_out) fmt::print(" {} {}", why, programs);
  fmt::print("\n");
  if (count < 100) return;
  for (const Access access : {Access::fetch, Access::load, Access::store})
    EXPECT_GE(20 * with_cause[cause::page_fault(access)], count) << cause::name(cause::page_fault(access));
  EXPECT_GE(4 * with_two_spaces, count);
}

}  // namespace
}  // namespace vmsim
