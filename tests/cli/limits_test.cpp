// However badly a guest behaves, its run ends as a result or a clean limit, with one line and the exit code of docs/exit-codes.md;
// and that code can always be told from the guest's own.
#include <nlohmann/json.hpp>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

using nlohmann::json;

constexpr const char* loops = "_start: j _start\n";
constexpr const char* floods = "_start: li t0, 0x10000000\n1: sb t0, 0(t0)\n j 1b\n";
constexpr const char* jumps_into_nothing = "_start: jr zero\n";
constexpr const char* faults_in_its_handler = "_start: la t0, handler\n csrw stvec, t0\n ebreak\n .align 2\nhandler: .word 0\n";
constexpr const char* faults_deep_in_its_handler = "_start: la t0, handler\n csrw stvec, t0\n ebreak\n .align 2\nhandler: nop\n nop\n lw a0, 0(zero)\n";
constexpr const char* waits_for_ever = "_start: wfi\n";
constexpr const char* interrupts_itself_for_ever =
    "_start: la t0, handler\n csrw stvec, t0\n li t0, 2\n csrw sie, t0\n csrw sip, t0\n csrsi sstatus, 2\n1: j 1b\n .align 2\nhandler: sret\n";
constexpr const char* fills_its_own_memory = "_start: la t0, _start\n1: sw t0, 64(t0)\n addi t0, t0, 4\n j 1b\n";
constexpr const char* calls_the_firmware_for_ever = "_start: li a7, -1\n ecall\n j _start\n";
/// Walks upwards through its memory, and at the end of it powers off with the cause of the trap.
constexpr const char* uses_all_its_memory = R"(
_start: la t0, handler
        csrw stvec, t0
        li t1, 4096
1:      add t0, t0, t1
        sw t0, 0(t0)
        j 1b
        .align 2
handler: csrr t0, scause
        slli t0, t0, 16
        li t1, 0x3333
        or t1, t1, t0
        li t0, 0x100000
        sw t1, 0(t0)
)";
/// Writes 4 KiB to its disk, again and again.
constexpr const char* floods_its_disk = R"(
_start: li s0, 0x10001000
        li t0, 0x80300000           # descriptors; the rings after them
        li t1, 0x80301000
        li t2, 0x80302000
        li t3, 8
        sw t3, 0x38(s0)
        sw t0, 0x80(s0)
        sw t1, 0x90(s0)
        sw t2, 0xa0(s0)
        li t3, 1
        sw t3, 0x44(s0)
        li t3, 15
        sw t3, 0x70(s0)
        li t4, 0x80303000           # the header: out, sector 0
        li t3, 1
        sw t3, 0(t4)
        sw t4, 0(t0)
        li t3, 16
        sw t3, 8(t0)
        li t3, 0x00010001
        sw t3, 12(t0)
        sw t4, 16(t0)
        li t3, 4096
        sw t3, 24(t0)
        li t3, 0x00020001
        sw t3, 28(t0)
        addi t3, t4, 0x100
        sw t3, 32(t0)
        li t3, 1
        sw t3, 40(t0)
        li t3, 2
        sw t3, 44(t0)
1:      addi t6, t6, 1
        sh t6, 2(t1)
        sw zero, 0x50(s0)
2:      lhu t3, 2(t2)
        bne t3, t6, 2b
        j 1b
)";

std::string powers_off_with(int code) { return "_start: li t0, 0x100000\n li t1, 0x3333 | " + std::to_string(code) + " << 16\n sw t1, 0(t0)\n1: j 1b\n"; }

struct Case {
  const char *name, *source;
  std::vector<std::string> limits;
  int code;
  const char *about, *hint;
};

const std::vector<std::string> steps = {"--max-instructions", "100000"};
const std::vector<std::string> seconds = {"--max-seconds", "0.3"};

const Case cases[] = {
    {"loops", loops, steps, 124, "reached the limit of steps", "--max-instructions"},
    {"loops in time", loops, seconds, 124, "reached the limit of wall time", "--max-seconds"},
    {"jumps into nothing", jumps_into_nothing, steps, 124, "reached the limit of steps", "its trap handler at 00000000 traps itself, with fetch-"},
    {"jumps into nothing in time", jumps_into_nothing, seconds, 124, "reached the limit of wall time", "point stvec at one that works"},
    {"faults in its handler", faults_in_its_handler, steps, 124, "reached the limit of steps", "traps itself, with illegal-instruction"},
    {"faults deep in its handler", faults_deep_in_its_handler, steps, 124, "reached the limit of steps", ""},
    {"interrupts itself", interrupts_itself_for_ever, steps, 124, "reached the limit of steps", "--max-instructions"},
    {"fills its memory", fills_its_own_memory, steps, 124, "reached the limit of steps", ""},
    {"calls the firmware", calls_the_firmware_for_ever, steps, 124, "reached the limit of steps", "--max-instructions"},
    {"floods the console", floods, {"--max-console", "1000"}, 124, "wrote more than the console's limit", "--max-console"},
    {"floods the trace", loops, {"--trace=all", "--max-trace", "20000"}, 124, "reached the limit of trace", "--max-trace"},
    {"floods its disk", floods_its_disk, {"--disk", "DISK,cow", "--max-disk", "100000"}, 124, "wrote more than the disk's limit", "--max-disk"},
    {"floods its disk in time", floods_its_disk, {"--disk", "DISK,cow", "--max-seconds", "0.3"}, 124, "reached the limit of wall time", "--max-seconds"},
    {"waits for ever", waits_for_ever, {}, 125, "waits for an interrupt that can never come", "sie"},
};

bool has_jit() {
  static const bool has = vmsim({"run", guest("hello.s"), "--engine", "jit"}).err.find("has no jit") == std::string::npos;
  return has;
}

/// Bare and every technique, on both engines where both are there.
std::vector<std::vector<std::string>> every_way() {
  std::vector<std::vector<std::string>> ways;
  for (const char* technique : {"bare", "trap", "hybrid", "emulate", "paravirt"}) {
    ways.push_back({"--technique", technique});
    if (has_jit()) ways.push_back({"--technique", technique, "--engine", "jit"});
  }
  return ways;
}

TEST(AGuestThatMisbehaves, ends_with_one_line_and_its_code_under_every_technique_and_engine) {
  const Scratch files;
  const std::string disk = files.write("disk.img", std::string(64 << 10, 0));
  for (const Case& c : cases) {
    const std::string image = files.write("guest.s", c.source);
    for (const auto& way : every_way()) {
      SCOPED_TRACE(std::string(c.name) + ", " + testing::PrintToString(way));
      std::vector<std::string> arguments{"run", image};
      arguments.insert(arguments.end(), way.begin(), way.end());
      for (const std::string& word : c.limits) arguments.push_back(word == "DISK,cow" ? disk + ",cow" : word);
      const Ran ran = vmsim(arguments);
      EXPECT_EQ(ran.code, c.code);
      EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
      for (const char* part : {c.about, c.hint, "guest.s: the guest", "at pc ", "(hint: "})
        EXPECT_NE(ran.err.find(part), std::string::npos) << part << ": " << ran.err;
      EXPECT_LT(ran.out.size(), 30'000u);
    }
  }
}

/// What is beyond --memory is not there, whatever the machine below has.
TEST(AGuestsMemory, ends_where_it_is_told_to_and_what_is_beyond_traps) {
  const Scratch files;
  const std::string image = files.write("guest.s", uses_all_its_memory);
  constexpr int store_access_fault = 7;
  for (auto arguments : every_way()) {
    SCOPED_TRACE(testing::PrintToString(arguments));
    arguments.insert(arguments.begin(), {"run", image, "--memory", "16", "--max-instructions", "100000"});
    const Ran ran = vmsim(arguments);
    EXPECT_EQ(ran.code, store_access_fault) << ran.err;
  }
}

TEST(AFloodedConsole, shows_exactly_what_it_may) {
  const Scratch files;
  EXPECT_EQ(vmsim({"run", files.write("floods.s", floods), "--max-console", "777"}).out.size(), 777u);
}

TEST(TheGuestsExitCode, passes_through_unchanged) {
  const Scratch files;
  for (const int code : {0, 1, 42, 64, 65, 70, 124, 125, 255}) {
    const std::string image = files.write("guest.s", powers_off_with(code));
    EXPECT_EQ(vmsim({"run", image}).code, code);
    const Ran ran = vmsim({"run", image, "--json"});
    EXPECT_EQ(ran.code, code);
    EXPECT_EQ(ran.err, "");
    const json outcome = json::parse(ran.out);
    EXPECT_EQ(outcome.at("exit_code"), code);
    EXPECT_EQ(outcome.at("exit_code_from"), "guest");
  }
}

TEST(Json, says_that_a_code_is_vmsims_own) {
  const Scratch files;
  const struct {
    std::vector<std::string> arguments;
    int code;
  } own[] = {
      {{"run", files.write("loops.s", loops), "--max-instructions", "1000", "--json"}, 124},
      {{"run", files.write("waits.s", waits_for_ever), "--json"}, 125},
      {{"run", "nosuch", "--json"}, 65},
      {{"run", files.write("bad.s", "frob\n"), "--json"}, 65},
  };
  for (const auto& c : own) {
    const Ran ran = vmsim(c.arguments);
    EXPECT_EQ(ran.code, c.code);
    const json outcome = json::parse(ran.out);
    EXPECT_EQ(outcome.at("exit_code"), c.code);
    EXPECT_EQ(outcome.at("exit_code_from"), "vmsim");
    EXPECT_FALSE(outcome.at("outcome").get<std::string>().empty());
  }
}

/// Every command that `help` lists, and the commands below it.
void expect_examples(const std::vector<std::string>& command, int& seen) {
  std::vector<std::string> arguments = command;
  arguments.push_back("--help");
  const Ran ran = vmsim(arguments);
  SCOPED_TRACE(testing::PrintToString(arguments));
  ++seen;
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
  EXPECT_NE(ran.out.find("Example: vmsim "), std::string::npos) << ran.out;
  const size_t list = ran.out.find("Subcommands:\n");
  if (list == std::string::npos) return;
  std::stringstream lines(ran.out.substr(list + std::string("Subcommands:\n").size()));
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 3 || !line.starts_with("  ") || line[2] == ' ') continue;  // a long description goes on
    std::vector<std::string> below = command;
    below.push_back(line.substr(2, line.find(' ', 2) - 2));
    expect_examples(below, seen);
  }
}

TEST(Help, of_every_command_has_an_example) {
  int seen = 0;
  expect_examples({}, seen);
  EXPECT_GE(seen, 10);
}

}  // namespace
}  // namespace vmsim::test
