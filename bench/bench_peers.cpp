// How do the engines compare with others on the same guests? Each round runs every form of a program one after the
// other: natively, on qemu-riscv32, on qemu-system-riscv32, and on both engines, as a kernel without paging and in user
// mode under Sv32. So whatever else the host does meets all of them. The figures are ratios, each the median of its
// rounds. `bench_peers [table...]`, `--rounds N`, `--only a,b`.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>

#include "bench/translation.hpp"
#include "bench/workload.hpp"

extern char** environ;

namespace vmsim::bench {
namespace {

size_t rounds = 5;
std::vector<std::string> only;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::stringstream text(list);
  for (std::string part; std::getline(text, part, ',');) parts.push_back(part);
  return parts;
}

/// A run in qemu-system, without what starting it takes.
Run run_qemu_machine(const std::string& name, bool user_mode) {
  static const double starting = [] {
    std::vector<double> times;
    for (int i = 0; i < 9; ++i) times.push_back(run_qemu_system("round_empty", false).seconds);
    return median(times);
  }();
  Run run = run_qemu_system(name, user_mode);
  run.seconds = std::max(run.seconds - starting, 1e-4);
  return run;
}

bool chosen(const std::string& name) { return only.empty() || std::ranges::find(only, name) != only.end(); }

double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += std::log(v);
  return std::exp(sum / static_cast<double>(values.size()));
}

EngineOptions engine(EngineKind kind) {
  EngineOptions options;
  options.kind = kind;
  return options;
}

/// Columns of medians, a row per program, and their geometric means below.
class Table {
 public:
  void add(const std::string& column, double value) {
    if (std::ranges::find(columns_, column) == columns_.end()) columns_.push_back(column);
    samples_[column].push_back(value);
  }
  void end_row(const std::string& name) {
    std::vector<double> row;
    for (const std::string& column : columns_) {
      row.push_back(median(samples_[column]));
      medians_[column].push_back(row.back());
    }
    if (rows_++ == 0) print(columns_);
    print(name, row);
    samples_.clear();
  }
  void end() {
    std::vector<double> row;
    for (const std::string& column : columns_) row.push_back(geometric_mean(medians_[column]));
    print("geometric mean", row);
    fmt::print("\n");
  }

 private:
  static void print(const std::vector<std::string>& titles) {
    fmt::print("| {:<20} |", "");
    for (const std::string& title : titles) fmt::print(" {} |", title);
    fmt::print("\n| --- |");
    for (size_t i = 0; i < titles.size(); ++i) fmt::print(" --- |");
    fmt::print("\n");
  }
  static void print(const std::string& name, const std::vector<double>& values) {
    fmt::print("| {:<20} |", name);
    for (const double v : values) fmt::print(" {:.{}f} |", v, v < 100 ? 2 : 0);
    fmt::print("\n");
    std::fflush(stdout);
  }

  std::vector<std::string> columns_;
  std::map<std::string, std::vector<double>> samples_, medians_;
  size_t rows_ = 0;
};

/// MIPS, and how many times longer than native each form takes.
void programs() {
  fmt::print(
      "Programs: million guest instructions a second (interpreter), and time against native. k: kernel mode, no "
      "paging; u: user mode, Sv32.\n");
  Table table;
  for (const std::string& name : workloads()) {
    if (!chosen(name)) continue;
    for (size_t i = 0; i < rounds; ++i) {
      const Run native = run_native(name);
      const auto form = [&](const std::string& column, const Run& run) {
        same_console(name, native, run);
        table.add(column, run.seconds / native.seconds);
        return run;
      };
      const Run qemu = form("qemu user", run_qemu(name));
      Run system, system_user;
      if (has_qemu_system()) {
        system = form("qemu-system k", run_qemu_machine(name, false));
        system_user = form("qemu-system u", run_qemu_machine(name, true));
      }
      const Run k = form("interpreter k", run_guest(name, {.engine = engine(EngineKind::interpreter)}));
      const Run u = form("interpreter u", run_guest(name, {.user_mode = true, .engine = engine(EngineKind::interpreter)}));
      table.add("MIPS k", static_cast<double>(k.steps) / k.seconds / 1e6);
      table.add("MIPS u", static_cast<double>(u.steps) / u.seconds / 1e6);
      if (!has_jit()) continue;
      const Run jk = form("jit k", run_guest(name, {.engine = engine(EngineKind::jit)}));
      const Run ju = form("jit u", run_guest(name, {.user_mode = true, .engine = engine(EngineKind::jit)}));
      if (jk.steps != k.steps || ju.steps != u.steps) fmt::print("{}: the engines count different steps\n", name), std::exit(70);
      table.add("qemu user / jit k", qemu.seconds / jk.seconds);
      if (has_qemu_system()) table.add("qemu-system u / jit u", system_user.seconds / ju.seconds);
    }
    table.end_row(name);
  }
  table.end();
}

/// Nanoseconds of one round of privileged work.
void privileged() {
  fmt::print("Privileged work: nanoseconds a round, on the bare machine; `loop` is a round of nothing.\n");
  Table table;
  for (const std::string& entry : split(VMSIM_ROUNDS)) {
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    const double each = 1e9 / std::atof(entry.c_str() + equals + 1);
    if (!chosen(name)) continue;
    for (size_t i = 0; i < rounds; ++i) {
      table.add("interpreter", each * run_guest("round_" + name, {.engine = engine(EngineKind::interpreter)}).seconds);
      if (has_jit()) table.add("jit", each * run_guest("round_" + name, {.engine = engine(EngineKind::jit)}).seconds);
      if (has_qemu_system()) table.add("qemu-system", each * run_qemu_machine("round_" + name, false).seconds);
    }
    table.end_row(name);
  }
  table.end();
}

/// What each optimisation brings: the time without it against the time with all.
void ablation() {
  struct Switch {
    const char* name;
    EngineKind kind;
    void (*off)(EngineOptions&);
  };
  constexpr auto interpreter = EngineKind::interpreter, jit = EngineKind::jit;
  static constexpr Switch switches[] = {
      {"threaded", interpreter, [](EngineOptions& o) { o.threaded = false; }},
      {"fusion", interpreter, [](EngineOptions& o) { o.fusion = false; }},
      {"forwarding", interpreter, [](EngineOptions& o) { o.forwarding = false; }},
      {"constants", interpreter, [](EngineOptions& o) { o.constants = false; }},
      {"extended blocks", interpreter, [](EngineOptions& o) { o.extended_blocks = false; }},
      {"passes", jit, [](EngineOptions& o) { o.jit.passes = 0; }},
      {"follow jumps", jit, [](EngineOptions& o) { o.jit.follow_jumps = false; }},
      {"pass branches", jit, [](EngineOptions& o) { o.jit.pass_branches = false; }},
      {"chaining", jit, [](EngineOptions& o) { o.jit.chaining = false; }},
      {"jump cache", jit, [](EngineOptions& o) { o.jit.jump_cache = false; }},
      {"resident registers", jit, [](EngineOptions& o) { o.jit.resident = false; }},
      {"direct memory", jit, [](EngineOptions& o) { o.jit.direct_memory = false; }},
      {"unrolling", jit, [](EngineOptions& o) { o.jit.unroll = false; }},
      {"sharing", jit, [](EngineOptions& o) { o.jit.share = false; }},
      {"bmi2", jit, [](EngineOptions& o) { o.jit.bmi2 = false; }},
  };
  fmt::print(
      "Ablation: time without one optimisation against the time with all of them; geometric means of the programs.\n| "
      "off | engine | k | u |\n| --- | --- | --- | --- |\n");
  for (const Switch& s : switches) {
    if (s.kind == jit && !has_jit()) continue;
    EngineOptions off = engine(s.kind);
    s.off(off);
    std::vector<double> means;
    for (const bool user : {false, true}) {
      std::vector<double> ratios;
      for (const std::string& name : workloads()) {
        if (!chosen(name)) continue;
        std::vector<double> samples;
        for (size_t i = 0; i < rounds; ++i) {
          const Run with = run_guest(name, {.user_mode = user, .engine = engine(s.kind)}), without = run_guest(name, {.user_mode = user, .engine = off});
          same_console(name, with, without);
          samples.push_back(without.seconds / with.seconds);
        }
        ratios.push_back(median(samples));
      }
      means.push_back(geometric_mean(ratios));
    }
    fmt::print("| {} | {} | {:.2f} | {:.2f} |\n", s.name, s.kind == jit ? "jit" : "interpreter", means[0], means[1]);
    std::fflush(stdout);
  }
  fmt::print("\n");
}

void translation() {
  if (!has_jit()) return;
  std::vector<double> rates;
  TranslationRate last;
  for (size_t i = 0; i < rounds; ++i) {
    last = translation_rate();
    rates.push_back(static_cast<double>(last.guest_instructions) / last.seconds / 1e6);
  }
  fmt::print(
      "Translation: {:.2f} million guest instructions a second ({} blocks, {} instructions, {:.1f} host bytes for "
      "each)\n\n",
      median(rates), last.blocks, last.guest_instructions, static_cast<double>(last.host_bytes) / static_cast<double>(last.guest_instructions));
}

/// From starting `vmsim run` of a guest that powers off at once to its end.
void start() {
  fmt::print("An empty guest, from start to end of `vmsim run`:\n| engine | ms | MiB resident |\n| --- | --- | --- |\n");
  for (const char* kind : {"interpreter", "jit"}) {
    std::vector<double> times, sizes;
    for (size_t i = 0; i < 4 * rounds; ++i) {
      const std::string guest = std::string(VMSIM_WORKLOADS) + "/round_empty.elf";
      const char* arguments[] = {VMSIM_COMMAND, "run", guest.c_str(), "--technique", "bare", "--engine", kind, nullptr};
      const auto begin = std::chrono::steady_clock::now();
      pid_t child = 0;
      int status = 0;
      rusage used{};
      if (posix_spawn(&child, VMSIM_COMMAND, nullptr, nullptr, const_cast<char**>(arguments), environ) != 0 || wait4(child, &status, 0, &used) != child ||
          status != 0) {
        fmt::print(stderr, "bench: {} does not run {}\n", VMSIM_COMMAND, guest);
        std::exit(70);
      }
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
      sizes.push_back(static_cast<double>(used.ru_maxrss) / 1024);
    }
    fmt::print("| {} | {:.1f} | {:.1f} |\n", kind, median(times), median(sizes));
  }
  fmt::print("\n");
}

}  // namespace
}  // namespace vmsim::bench

int main(int argc, char** argv) {
  using namespace vmsim::bench;
  const std::vector<std::pair<std::string, void (*)()>> tables{
      {"programs", programs}, {"privileged", privileged}, {"translation", translation}, {"start", start}, {"ablation", ablation}};
  std::vector<void (*)()> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--rounds" && i + 1 < argc) rounds = std::max<size_t>(1, std::stoul(argv[++i]));
    else if (argument == "--only" && i + 1 < argc) only = split(argv[++i]);
    else if (const auto table = std::ranges::find(tables, argument, &std::pair<std::string, void (*)()>::first); table != tables.end())
      wanted.push_back(table->second);
    else
      return fmt::print(stderr,
                        "bench_peers: {}: expected programs, privileged, translation, start, ablation, --rounds N or "
                        "--only NAME,NAME\n",
                        argument),
             64;
  }
  if (!has_qemu_system()) fmt::print("qemu-system-riscv32 is not installed: it is left out\n");
  for (const auto& [name, show] : tables)
    if (wanted.empty() || std::ranges::find(wanted, show) != wanted.end()) show();
}
