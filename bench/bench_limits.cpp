// How long after a limit is reached a run is over, its process with it: each limit, against guests that make that hard, under every technique on both
// engines. The limit's moment is the last byte that the guest, or its trace, wrote (unbuffered), or for wall time the limit itself: the start counts, too.
// Each figure is the run's CPU time after that moment, which other load on the host leaves alone, and then what passed on the clock.
//   bench_limits [PATTERN]   those whose name contains it
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

#include "support/command.hpp"

namespace {

using namespace vmsim;
using Clock = std::chrono::steady_clock;

/// Writes a byte every so often.
constexpr const char* spins = R"(
_start: li s0, 0x10000000
1:      li t0, 20000
2:      addi t0, t0, -1
        bnez t0, 2b
        sb t0, 0(s0)
        j 1b
)";
/// The same, once it has written to all of its memory.
constexpr const char* fills_memory = R"(
_start: li t0, 0x80400000
        li t1, 0xbff00000
        li t2, 4096
1:      sw t0, 0(t0)
        add t0, t0, t2
        bltu t0, t1, 1b
        li s0, 0x10000000
2:      sb t0, 0(s0)
        j 2b
)";
/// Writes itself anew, again and again: whatever was made of its code has to be made again.
constexpr const char* changes_code = R"(
_start: la t0, 1f
        lw t1, 0(t0)
        li t2, 0x00100000
2:      xor t1, t1, t2
        sw t1, 0(t0)
        fence.i
1:      addi t3, zero, 1
        j 2b
)";
constexpr const char* fences = "_start: sfence.vma\n lw t0, 0(sp)\n j _start\n";
constexpr const char* calls = "_start: li a7, -1\n ecall\n j _start\n";
/// Spins for a while and then writes 4 MiB to its disk, each time elsewhere, for ever; a byte to the console for each.
constexpr const char* floods_disk = R"(
        .equ blk, 0x10001000
_start: li s0, blk
        li t0, 0x81000000           # descriptors; the rings after them
        li t1, 0x81001000
        li t2, 0x81002000
        sw zero, 0x70(s0)
        li t3, 3
        sw t3, 0x70(s0)
        li t3, 8
        sw t3, 0x38(s0)
        sw t0, 0x80(s0)
        sw t1, 0x90(s0)
        sw t2, 0xa0(s0)
        li t3, 1
        sw t3, 0x44(s0)
        li t3, 15
        sw t3, 0x70(s0)
        li t4, 0x81003000           # the request's header: out, from sector 0 on
        li t3, 1
        sw t3, 0(t4)
        sw t4, 0(t0)
        li t3, 16
        sw t3, 8(t0)
        li t3, 0x00010001
        sw t3, 12(t0)
        li t3, 0x82000000
        sw t3, 16(t0)
        li t3, 4 << 20
        sw t3, 24(t0)
        li t3, 0x00020001
        sw t3, 28(t0)
        addi t3, t4, 0x100
        sw t3, 32(t0)
        li t3, 1
        sw t3, 40(t0)
        li t3, 2
        sw t3, 44(t0)
        li t6, 0
        li s1, 0x10000000
1:      li t3, 3000000
2:      addi t3, t3, -1
        bnez t3, 2b
        li s2, 16
3:      addi t6, t6, 1
        sh t6, 2(t1)
        sw zero, 0x50(s0)
4:      lhu t3, 2(t2)
        bne t3, t6, 4b
        sb t6, 0(s1)
        lw t3, 8(t4)
        li t5, 8192
        add t3, t3, t5
        li t5, 0x1fffff
        and t3, t3, t5
        sw t3, 8(t4)
        addi s2, s2, -1
        bnez s2, 3b
        j 1b
)";

struct Case {
  const char *name, *source;
  std::vector<std::string> arguments;
  double seconds = 0;  // of the limit of wall time, if it is that
};
const Case cases[] = {
    {"steps: spins", spins, {"--max-instructions", "300000000"}},
    {"steps, 1 GiB written to", fills_memory, {"--memory", "1024", "--max-instructions", "2000000"}},
    {"console", spins, {"--max-console", "5000"}},
    {"disk", floods_disk, {"--max-disk", "1000000000"}},
    {"trace", changes_code, {"--trace=all", "--max-trace", "2000000"}},
    {"wall time: spins", spins, {"--console", "none", "--max-seconds", "2"}, 2},
    {"wall time: floods its disk", floods_disk, {"--console", "none", "--max-seconds", "2"}, 2},
    {"wall time: changes its code", changes_code, {"--max-seconds", "2"}, 2},
    {"wall time: fences", fences, {"--max-seconds", "2"}, 2},
    {"wall time: calls the firmware", calls, {"--max-seconds", "2"}, 2},
};

/// Milliseconds from the limit to the process's end.
struct Lateness {
  double cpu = 0, wall = 0;
  bool at_limit = false;  // it ended as it should
};

double cpu_milliseconds(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(process, &clock) == 0) clock_gettime(clock, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

Lateness lateness(const std::vector<std::string>& words, double seconds) {
  int out[2];
  if (pipe(out) != 0) return {};
  const auto start = Clock::now();
  const pid_t child = fork();
  if (child == 0) {
    dup2(out[1], STDOUT_FILENO);
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO), dup2(nothing, STDERR_FILENO);
    close(out[0]), close(out[1]);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(out[1]);
  auto last = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::this_thread::sleep_until(last);
  double used = cpu_milliseconds(child);
  char bytes[4096];
  while (read(out[0], bytes, sizeof bytes) > 0)
    if (seconds == 0) last = Clock::now(), used = cpu_milliseconds(child);
  close(out[0]);
  int status = 0;
  rusage all{};
  wait4(child, &status, 0, &all);
  const auto in_all = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3; };
  return {in_all(all.ru_utime) + in_all(all.ru_stime) - used, std::chrono::duration<double, std::milli>(Clock::now() - last).count(),
          WIFEXITED(status) && WEXITSTATUS(status) == 124};
}

}  // namespace

int main(int argc, char** argv) {
  const test::Scratch files;
  const std::string disk = files.write("disk.img", "");
  if (truncate(disk.c_str(), 1 << 30) != 0) return 1;
  const std::vector<std::string> techniques{"bare", "trap", "hybrid", "emulate"};
  fmt::print("| milliseconds after the limit, CPU (wall) |");
  for (const char* engine : {"interpreter", "jit"})
    for (const std::string& technique : techniques) fmt::print(" {}, {} |", technique, engine);
  fmt::print("\n");
  double worst = 0;
  for (const Case& c : cases) {
    if (argc > 1 && std::string_view(c.name).find(argv[1]) == std::string_view::npos) continue;
    const std::string image = files.write("guest.s", c.source);
    fmt::print("| {} |", c.name);
    for (const char* engine : {"interpreter", "jit"})
      for (const std::string& technique : techniques) {
        std::vector<std::string> words{"stdbuf", "-o0",        VMSIM_BINARY_DIR "/vmsim", "run", image, "--engine", engine, "--technique", technique,
                                       "--disk", disk + ",cow"};
        words.insert(words.end(), c.arguments.begin(), c.arguments.end());
        const Lateness late = lateness(words, c.seconds);
        worst = late.at_limit ? std::max(worst, late.cpu) : 1e9;
        fmt::print(" {:.0f} ({:.0f}) |", late.cpu, late.wall);
        std::fflush(stdout);
      }
    fmt::print("\n");
  }
  fmt::print("at most {:.0f} ms\n", worst);
  return worst < 100 ? 0 : 1;
}
