// What a monitor costs: a guest that stays in user mode, one exit of each kind and its way back, filling a shadow page, switching and flushing an
// address space, the boot of a Linux, and the minikernel's session, paravirtual beside native. Each runs on the bare machine and under each technique, under
// Sv32; `each` is the time of one round.
// `--engine interpreter|jit` chooses the engine, before google-benchmark's own options.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "machine/device_tree.hpp"
#include "machine/loader.hpp"
#include "minikernel/session.hpp"
#include "support/assembled.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 16u << 20;

/// Two address spaces with the same mappings: the kernel's 4 MiB where they are, the user's view of them at 0x4000'0000, and 512 small
/// kernel pages from 0x2000'0000. The handler goes on after the instruction that trapped. Every round adds one to s0.
constexpr std::string_view kernel = R"(
    .text
    .globl _start
_start:
    la   t0, handler
    csrw stvec, t0
    la   t0, root_a
    la   t1, root_b
    li   t2, 0x200000cf          # 0x80000000: superpage, kernel, all rights
    li   t3, 2048
    add  t4, t0, t3
    sw   t2, 0(t4)
    add  t4, t1, t3
    sw   t2, 0(t4)
    li   t2, 0x200000df          # the same at 0x40000000 for the user
    li   t3, 1024
    add  t4, t0, t3
    sw   t2, 0(t4)
    add  t4, t1, t3
    sw   t2, 0(t4)
    la   t2, small               # 0x20000000: small pages
    srli t2, t2, 2
    ori  t2, t2, 1
    sw   t2, 512(t0)
    sw   t2, 512(t1)
    la   t3, small
    li   t4, 512
    li   t2, 0x200c00c7          # from 0x80300000 on
1:  sw   t2, 0(t3)
    addi t3, t3, 4
    addi t2, t2, 0x400
    addi t4, t4, -1
    bnez t4, 1b
    srli t0, t0, 12
    srli t1, t1, 12
    li   s2, 0x80400000          # Sv32, space 1
    or   s2, s2, t0
    li   s3, 0x80800000          # Sv32, space 2
    or   s3, s3, t1
    csrw satp, s2
    li   s0, 0
    li   s4, 0x40000             # SUM
    la   t0, body
    j    start
    .align 2
handler:
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    sret
    .align 12
root_a: .space 4096
root_b: .space 4096
small:  .space 4096
)";
constexpr std::string_view in_kernel = "start: jr t0\n";
constexpr std::string_view in_user = R"(
start:
    li   t1, 0x40000000
    sub  t0, t0, t1
    csrw sepc, t0
    li   t1, 0x100
    csrc sstatus, t1
    sret
)";

struct Task {
  const char* name;
  bool user;
  std::string_view body;
  uint32_t per_round = 1;  // operations in a round
};
constexpr Task tasks[] = {
    {"user_mode", true, "body:\n addi s0, s0, 1\n la t0, body\n lw t1, 0(t0)\n add t2, t2, t1\n xor t2, t2, s0\n srli t3, t2, 3\n sw t2, -4(sp)\n j body\n"},
    {"user_ecall", true, "body:\n addi s0, s0, 1\n ecall\n j body\n"},
    {"user_illegal_csr", true, "body:\n addi s0, s0, 1\n csrr t1, sscratch\n j body\n"},
    {"user_page_fault", true, "body:\n addi s0, s0, 1\n lw t1, 0(zero)\n j body\n"},
    {"kernel_csr_write", false, "body:\n addi s0, s0, 1\n csrw sscratch, s0\n j body\n"},
    {"kernel_csr_read", false, "body:\n addi s0, s0, 1\n csrr t1, sscratch\n j body\n"},
    {"fence_all", false, "body:\n addi s0, s0, 1\n sfence.vma\n j body\n"},
    {"fence_address", false, "body:\n li t1, 0x20000000\n1: addi s0, s0, 1\n sfence.vma t1\n j 1b\n"},
    {"two_satp_writes", false, "body:\n addi s0, s0, 1\n csrw satp, s3\n csrw satp, s2\n j body\n"},
    {"two_sum_changes", false, "body:\n addi s0, s0, 1\n csrs sstatus, s4\n csrc sstatus, s4\n j body\n"},
    {"fill_512_pages", false, R"(
body:
    addi s0, s0, 1
    sfence.vma
    li   t1, 0x20000000
    li   t2, 0x20200000
    li   t3, 4096
1:  lw   t4, 0(t1)
    add  t1, t1, t3
    bne  t1, t2, 1b
    j    body
)",
     512},
};

/// How guests are run, bare and under each technique.
struct Way {
  const char* name;
  const char* technique;
  bool clusters = false;
  bool paravirtual_kernel = false;  // of the minikernel's two
};
constexpr Way ways[] = {{"bare", "bare"}, {"trap", "trap", true}, {"trap-no-clusters", "trap"}, {"hybrid", "hybrid"}, {"emulate", "emulate"}};

void run_task(benchmark::State& state, const Task& task, const Way& way, EngineOptions engine) {
  const test::Made made = test::make(way.technique, ram, {}, engine, Isa::toy32(), way.clusters);
  Computer& computer = made.computer();
  test::boot(computer, std::string(kernel) + std::string(task.user ? in_user : in_kernel) + std::string(task.body));
  computer.hart().x[2] = 0x4038'0000;
  computer.run(20'000, nullptr);  // past the start, and warm
  const uint32_t first = computer.hart().x[8];
  const uint64_t first_step = computer.hart().clock.steps, first_exit = made.guest ? made.guest->exits() : 0;
  for (auto _ : state) computer.run(computer.hart().clock.steps + 100'000, nullptr);
  const double rounds = (computer.hart().x[8] - first) * static_cast<double>(task.per_round);
  if (rounds < 10) return state.SkipWithError("the guest does not do its rounds");
  const auto steps = static_cast<double>(computer.hart().clock.steps - first_step);
  state.counters["each"] = benchmark::Counter(rounds, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["steps"] = steps / rounds;
  state.counters["MIPS"] = benchmark::Counter(steps / 1e6, benchmark::Counter::kIsRate);
  if (!made.guest) return;
  state.counters["exits"] = static_cast<double>(made.guest->exits() - first_exit) / rounds;
}

void boot_linux(benchmark::State& state, const std::string& path, const Way& way, EngineOptions engine) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  const auto image = load_image(Isa::toy32(), {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, path);
  if (!image) return state.SkipWithError(image.error().text().c_str());
  constexpr uint32_t linux_ram = 64u << 20;
  const auto tree = build_device_tree({.ram_size = linux_ram, .bootargs = "console=hvc0 earlycon=sbi"});
  for (auto _ : state) {
    state.PauseTiming();
    const test::Made made = test::make(way.technique, linux_ram, {.console = {.output = [](uint8_t) {}}}, engine, Isa::toy32(), way.clusters);
    const bool booted = made.computer().boot(*image, tree).has_value();
    state.ResumeTiming();
    if (!booted || made.computer().run(1'000'000'000, nullptr) != Stopped::powered_off) return state.SkipWithError("it does not boot");
    const auto steps = static_cast<double>(made.computer().hart().clock.steps);
    if (made.guest) state.counters["exits_per_million"] = static_cast<double>(made.guest->exits()) / steps * 1e6;
    state.counters["MIPS"] = benchmark::Counter(steps / 1e6, benchmark::Counter::kIsIterationInvariantRate);
  }
}

/// The same work by both kernels of the minikernel: without the monitor's help, and with it.
constexpr Way session_ways[] = {{"native/bare", "bare"},
                                {"native/trap-no-clusters", "trap"},
                                {"native/trap", "trap", true},
                                {"paravirtual/bare", "bare", false, true},
                                {"paravirtual/paravirt", "paravirt", false, true}};

void run_session(benchmark::State& state, const Way& way, EngineOptions engine) {
  for (auto _ : state) {
    state.PauseTiming();
    test::Session session(way.technique, way.paravirtual_kernel, engine, way.clusters);
    state.ResumeTiming();
    if (session.run() != Stopped::powered_off) return state.SkipWithError("it does not end");
    state.counters["steps"] = static_cast<double>(session.made.computer().hart().clock.steps);
    state.counters["exits"] = session.made.guest ? static_cast<double>(session.made.guest->exits()) : 0;
  }
}

}  // namespace
}  // namespace vmsim

int main(int argc, char** argv) {
  using namespace vmsim;
  EngineOptions engine;
  if (argc > 2 && std::string_view(argv[1]) == "--engine") {
    if (std::string_view(argv[2]) == "jit" && has_jit()) engine.kind = EngineKind::jit;
    argv[2] = argv[0];
    argv += 2;
    argc -= 2;
  }
  for (const Task& task : tasks)
    for (const Way& way : ways)
      benchmark::RegisterBenchmark((std::string(task.name) + "/" + way.name).c_str(),
                                   [&task, &way, engine](benchmark::State& state) { run_task(state, task, way, engine); });
  const char* named = std::getenv("VMSIM_LINUX");
  const std::string path = named != nullptr ? named : VMSIM_SOURCE_DIR "/../shared/guests/linux-6.1-rv32ima.Image";
  if (std::filesystem::exists(path))
    for (const Way& way : ways)
      benchmark::RegisterBenchmark((std::string("linux_boot/") + way.name).c_str(), [path, &way, engine](benchmark::State& state) {
        boot_linux(state, path, way, engine);
      })->Unit(benchmark::kMillisecond);
  for (const Way& way : session_ways)
    benchmark::RegisterBenchmark((std::string("session/") + way.name).c_str(), [&way, engine](benchmark::State& state) {
      run_session(state, way, engine);
    })->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
