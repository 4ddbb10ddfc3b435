#include "bench/workload.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "machine/device_tree.hpp"
#include "machine/loader.hpp"

namespace vmsim::bench {
namespace {

constexpr uint32_t ram = 16u << 20;
constexpr uint64_t limit = 3'000'000'000;

std::string path(const std::string& file) { return std::string(VMSIM_WORKLOADS) + "/" + file; }

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(70);
}

/// Standard output is the program's console; standard error the nanoseconds that it took.
Run run_process(const std::string& command) {
  const std::string times = fmt::format("{}.{}.ns", path("process"), getpid());
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2> " + times).c_str(), "r"), pclose);
  if (!pipe) stop("cannot start " + command);
  Run run;
  for (int c = fgetc(pipe.get()); c != EOF; c = fgetc(pipe.get())) run.console += static_cast<char>(c);
  if (pclose(pipe.release()) != 0) stop(command + " failed");
  double nanoseconds = 0;
  std::ifstream(times) >> nanoseconds;
  std::remove(times.c_str());
  if (nanoseconds <= 0) stop(command + " did not say how long it took");
  run.seconds = nanoseconds / 1e9;
  return run;
}

double cpu_seconds(int who) {
  rusage used{};
  getrusage(who, &used);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Image image_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  auto image = load_image(Isa::toy32(), {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, file);
  if (!image) stop(image.error().text());
  return std::move(*image);
}

}  // namespace

const std::vector<std::string>& workloads() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    std::stringstream text(VMSIM_WORKLOAD_NAMES);
    for (std::string name; std::getline(text, name, ',');) list.push_back(name);
    return list;
  }();
  return names;
}

double cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

Run run_guest(const std::string& workload, const Setup& setup) {
  const Image image = image_of(path(workload + (setup.user_mode ? "_user.elf" : ".elf")));
  Run run;
  const BoardOptions board{.console = {.output = [&](uint8_t byte) { run.console += static_cast<char>(byte); }}};
  const bool bare = setup.technique == "bare";
  Machine machine(Isa::toy32(), bare ? ram : ram + VirtualMachine::overhead, bare ? board : BoardOptions{}, setup.engine);
  std::unique_ptr<VirtualMachine> guest;
  if (!bare) guest = VirtualMachine::make(machine, ram, board, technique_of(setup.technique).value()).value();
  Computer& computer = bare ? static_cast<Computer&>(machine) : *guest;
  if (const auto booted = computer.boot(image, build_device_tree({.ram_size = ram})); !booted) stop(booted.error().text());

  const double start = cpu_time();
  const Stopped why = computer.run(limit, nullptr);
  run.seconds = cpu_time() - start;
  run.steps = computer.hart().clock.steps;
  if (why != Stopped::powered_off || computer.board().exit_code() != 0) stop(workload + " did not end well under " + setup.technique);
  return run;
}

uint32_t boot_workload(Computer& computer, const std::string& workload) {
  if (const auto booted = computer.boot(image_of(path(workload + ".elf")), {}); !booted) stop(booted.error().text());
  return computer.hart().pc;
}

Run run_native(const std::string& workload) { return run_process(path(workload + "_native")); }
Run run_qemu(const std::string& workload) { return run_process("qemu-riscv32 " + path(workload + "_linux")); }

bool has_qemu_system() {
  static const bool has = std::system("qemu-system-riscv32 --version > /dev/null 2>&1") == 0;
  return has;
}

Run run_qemu_system(const std::string& workload, bool user_mode) {
  const std::string command = fmt::format(
      "exec qemu-system-riscv32 -M virt -m 64 -cpu rv32,c=off,f=off,d=off,h=off -display none -monitor none "
      "-serial stdio -bios {} -kernel {}{}.elf < /dev/null",
      path("machine_mode.elf"), path(workload), user_mode ? "_user" : "");
  const double before = cpu_seconds(RUSAGE_CHILDREN);
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) stop("cannot start " + command);
  Run run;
  for (int c = fgetc(pipe.get()); c != EOF; c = fgetc(pipe.get())) run.console += static_cast<char>(c);
  if (pclose(pipe.release()) != 0) stop(command + " failed");
  run.seconds = cpu_seconds(RUSAGE_CHILDREN) - before;
  return run;
}

void same_console(const std::string& workload, const Run& expected, const Run& found) {
  if (expected.console != found.console) stop(fmt::format("{} prints '{}' and not '{}'", workload, found.console, expected.console));
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace vmsim::bench
