// How fast is the interpreter? Each round runs a workload on the bare machine, in qemu-riscv32 and natively, one after the other, so
// that whatever else the host does meets all three; and, in user mode under Sv32, on the bare machine and under `trap`. Medians of the
// rounds are printed, and at the end the mean over all workloads.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/workload.hpp"

namespace vmsim::bench {
namespace {

constexpr int rounds = 5;
constexpr double floor_mips = 315;

std::map<std::string, std::vector<double>> results;  // by counter, a value per workload

void measure(benchmark::State& state, const std::string& name) {
  std::map<std::string, std::vector<double>> samples;
  for (auto _ : state) {
    const Run native = run_native(name), qemu = run_qemu(name), bare = run_guest(name, {});
    const Run user = run_guest(name, {.user_mode = true}), trap = run_guest(name, {.technique = "trap", .user_mode = true});
    for (const Run* run : {&qemu, &bare, &user, &trap}) same_console(name, native, *run);
    state.SetIterationTime(bare.seconds);
    const double million = static_cast<double>(bare.steps) / 1e6;
    samples["MIPS"].push_back(million / bare.seconds);
    samples["qemu_MIPS"].push_back(million / qemu.seconds);
    samples["native_MIPS"].push_back(million / native.seconds);
    samples["vs_qemu"].push_back(qemu.seconds / bare.seconds);
    samples["vs_native"].push_back(native.seconds / bare.seconds);
    samples["trap_cost_%"].push_back(100 * (trap.seconds / user.seconds - 1));
  }
  for (const auto& [counter, values] : samples) {
    state.counters[counter] = median(values);
    results[counter].push_back(median(values));
  }
}

}  // namespace
}  // namespace vmsim::bench

int main(int argc, char** argv) {
  using namespace vmsim::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  for (const std::string& name : workloads())
    benchmark::RegisterBenchmark(name.c_str(), [name](benchmark::State& state) { measure(state, name); })
        ->Iterations(rounds)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  if (results.empty()) return 0;
  fmt::print("\nmedian over {} workloads, each the median of {} rounds:\n", results["MIPS"].size(), rounds);
  for (const auto& [counter, values] : results)
    fmt::print("  {:<12} {:9.3f}   (least {:.3f}, most {:.3f})\n", counter, median(values), *std::ranges::min_element(values),
               *std::ranges::max_element(values));
  const double mips = median(results["MIPS"]);
  fmt::print("{:.0f} million guest instructions per second; the floor of {:.0f} is {}\n", mips, floor_mips, mips >= floor_mips ? "met" : "MISSED");
  return mips >= floor_mips ? 0 : 1;
}
