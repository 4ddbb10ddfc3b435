// The workloads that every benchmark measures: C programs that do a fixed amount of work and print a checksum. One
// source, four forms: a guest kernel, a guest in user mode under Sv32, a Linux program for qemu-riscv32, and a native
// one. Whatever runs, its console must be what the native form prints, or the benchmark ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "machine/computer.hpp"
#include "monitor/virtual_machine.hpp"

namespace vmsim::bench {

struct Run {
  double seconds = 0;  // of CPU time, for the program alone, without loading it
  uint64_t steps = 0;  // of the guest; 0 for a process
  std::string console;
};

/// CPU time of this thread, in seconds: other load on the host shows in it far less than in the time of day.
double cpu_time();

/// Names of the workloads.
const std::vector<std::string>& workloads();

/// How a guest is run.
struct Setup {
  std::string technique = "bare";
  bool user_mode = false;  // the form that stays in user mode under Sv32
  EngineOptions engine;
};
Run run_guest(const std::string& workload, const Setup& setup);
/// Puts the kernel form into a computer, to be run; gives its entry.
uint32_t boot_workload(Computer& computer, const std::string& workload);
/// The same program as a process of the host.
Run run_native(const std::string& workload);
/// In qemu-riscv32's user mode.
Run run_qemu(const std::string& workload);
/// As a whole machine in qemu-system-riscv32, over start/machine_mode.S. The time is all of the process's: take that of an empty guest off.
Run run_qemu_system(const std::string& workload, bool user_mode);
/// True where there is such a program.
bool has_qemu_system();

/// Ends the benchmark where two forms of a program print different results.
void same_console(const std::string& workload, const Run& expected, const Run& found);

/// The middle of an odd or even number of values.
double median(std::vector<double> values);

}  // namespace vmsim::bench
