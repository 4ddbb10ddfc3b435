// vmsim run: a guest on the bare machine or under the monitor.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands.hpp"
#include "host/terminal.hpp"
#include "machine/device_tree.hpp"
#include "machine/loader.hpp"
#include "monitor/virtual_machine.hpp"
#include "trace/statistics.hpp"
#include "trace/writer.hpp"

namespace vmsim::cli {
namespace {

constexpr uint32_t mebibyte = 1u << 20;

struct RunOptions {
  std::string image, technique = "trap";
  uint32_t memory = 128;  // MiB
  std::string append;
  std::string console = "stdio", console_out;
  std::string input, record_input;
  std::string trace, trace_format = "text", trace_out, trace_filter;
  uint64_t trace_from = 0, trace_until = ~uint64_t{0};
  uint64_t max_steps = 0;  // 0: no limit
  uint64_t max_console = ~uint64_t{0};
  bool stats = false, json = false;
};

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_to_write(const std::string& path) { return {std::fopen(path.c_str(), "wb"), std::fclose}; }

/// Live input: whatever has been typed arrives at the current step, and is written to the log.
class LiveInput {
 public:
  LiveInput(Computer& computer, std::FILE* log) : computer_(computer), log_(log) {}
  /// False when the person wants out.
  bool poll() {
    while (const auto byte = terminal_.poll()) {
      if (*byte == RawTerminal::escape) return false;
      const Clock& clock = computer_.hart().clock;
      const InputByte input{clock.steps + clock.idle, *byte};
      computer_.board().console().arrive(input.step, input.byte);
      if (log_ != nullptr) std::fputs(input_log_line(input).c_str(), log_);
    }
    return true;
  }
  [[nodiscard]] bool at_end() const { return terminal_.at_end(); }

 private:
  Computer& computer_;
  std::FILE* log_;
  RawTerminal terminal_;
};

struct Outcome {
  Stopped why = Stopped::budget;
  bool escaped = false;
};

/// Runs in slices, so that live input gets in between them.
Outcome run_to_end(Computer& computer, uint64_t limit, LiveInput* live, TraceSink* sink) {
  constexpr uint64_t steps_between_polls = 1'000'000;
  for (;;) {
    const uint64_t steps = computer.hart().clock.steps;
    if (live != nullptr && !live->poll()) return {Stopped::budget, true};
    const uint64_t until = live != nullptr ? std::min(limit, steps + steps_between_polls) : limit;
    const Stopped why = computer.run(until, sink);
    if (why == Stopped::idle_forever && live != nullptr && !live->at_end()) {
      // Only a person can wake it now.
      std::fflush(stdout);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    if (why != Stopped::budget || computer.hart().clock.steps >= limit) return {why, false};
  }
}

int finish(const RunOptions& options, Computer& computer, const Outcome& outcome) {
  const Hart& hart = computer.hart();
  int code = 0;
  std::string reason, hint;
  if (outcome.escaped) {
    reason = "ended from the keyboard";
  } else if (outcome.why == Stopped::powered_off) {
    code = *computer.board().exit_code();
    reason = "powered off";
  } else if (outcome.why == Stopped::budget) {
    code = limit;
    reason = "reached the limit of steps";
    hint = hart.pc == hart[Csr::stvec] ? "the guest is at its trap handler: it may be faulting there for ever; try --trace"
                                       : "give it more with --max-instructions";
  } else if (outcome.why == Stopped::flooded) {
    code = limit;
    reason = "wrote more than the console's limit";
    hint = "give it more with --max-console";
  } else {
    code = guest_fault;
    reason = "waits for an interrupt that can never come";
    hint = "enable one in sie and set the timer before wfi";
  }
  if (options.json) {
    nlohmann::ordered_json j{{"outcome", reason}, {"exit_code", code}, {"technique", options.technique}, {"steps", hart.clock.steps},
                             {"idle_steps", hart.clock.idle}, {"instructions", hart.clock.retired}, {"pc", hart.pc}};
    fmt::print("{}\n", j.dump());
  } else if (outcome.escaped || outcome.why != Stopped::powered_off) {
    fmt::print(stderr, "vmsim: {}: the guest {} at pc {:08x}, after {} steps{}\n", options.image, reason, hart.pc, hart.clock.steps,
               hint.empty() ? "" : fmt::format(" (hint: {})", hint));
  }
  return code;
}

int run_guest(RunOptions options) {
  const Isa& isa = Isa::toy32();
  const auto bytes = read_file(options.image);
  if (!bytes) return report(bytes.error());
  const auto image = load_image(isa, *bytes, options.image);
  if (!image) return report(image.error());

  BoardOptions board{.console = {.max_output = options.max_console}};
  File console_file(nullptr, std::fclose);
  if (options.console == "file") {
    if (options.console_out.empty()) return report({"--console file needs --console-out FILE", "--console", "name the file"});
    console_file = open_to_write(options.console_out);
    if (!console_file) return report({"cannot be written", options.console_out, "check the path"});
  }
  std::FILE* console = options.console == "stdio" ? stdout : console_file.get();
  if (console != nullptr) board.console.output = [console](uint8_t byte) { std::putc(byte, console); };
  if (!options.input.empty()) {
    const auto text = read_file(options.input);
    if (!text) return report(text.error());
    auto log = parse_input_log({reinterpret_cast<const char*>(text->data()), text->size()}, options.input);
    if (!log) return report(log.error());
    board.console.input = std::move(*log);
  }

  const bool bare = options.technique == "bare";
  const uint32_t ram = options.memory * mebibyte;
  Machine machine(isa, bare ? ram : ram + VirtualMachine::overhead, bare ? board : BoardOptions{});
  std::unique_ptr<VirtualMachine> virtual_machine;
  if (!bare) {
    auto made = VirtualMachine::make(machine, ram, board, options.technique == "emulate" ? Technique::emulate : Technique::trap);
    if (!made) return report(made.error());
    virtual_machine = std::move(*made);
  }
  Computer& computer = bare ? static_cast<Computer&>(machine) : *virtual_machine;
  if (const auto booted = computer.boot(*image, build_device_tree({.ram_size = ram, .bootargs = options.append})); !booted) {
    Error error = booted.error();
    error.where = options.image + ": " + error.where;
    return report(error);
  }

  File trace_file(nullptr, std::fclose), input_log(nullptr, std::fclose);
  std::unique_ptr<TraceSink> trace;
  if (!options.trace.empty()) {
    auto selection = Selection::parse(isa, image->symbols, options.trace_filter);
    if (!selection) return report(selection.error());
    selection->from = options.trace_from;
    selection->until = options.trace_until;
    if (!options.trace_out.empty() && !(trace_file = open_to_write(options.trace_out)))
      return report({"cannot be written", options.trace_out, "check the path"});
    std::FILE* out = trace_file ? trace_file.get() : stdout;
    const TraceLevel level = options.trace == "exits" ? TraceLevel::exits : options.trace == "instructions" ? TraceLevel::instructions
                             : options.trace == "memory" ? TraceLevel::memory : TraceLevel::all;
    trace = make_trace(options.trace_format, {isa, image->symbols, *selection, level, bare,
                                              [out](std::string_view text) { std::fwrite(text.data(), 1, text.size(), out); }});
  }
  Statistics statistics(isa, trace.get());
  TraceSink* sink = options.stats ? &statistics : trace.get();

  if (!options.record_input.empty() && !(input_log = open_to_write(options.record_input)))
    return report({"cannot be written", options.record_input, "check the path"});
  std::optional<LiveInput> live;
  if (options.console == "stdio" && options.input.empty()) live.emplace(computer, input_log.get());

  const Outcome outcome = run_to_end(computer, options.max_steps != 0 ? options.max_steps : ~uint64_t{0}, live ? &*live : nullptr, sink);
  live.reset();
  trace.reset();
  std::fflush(stdout);
  if (options.stats) fmt::print("{}", statistics.table(computer.hart().clock.steps));
  return finish(options, computer, outcome);
}

}  // namespace

void add_run(CLI::App& app, int& code) {
  auto o = std::make_shared<RunOptions>();
  CLI::App* c = app.add_subcommand("run", "Run a guest: ELF32, flat binary, or assembly source.\n"
                                          "Example: vmsim run guests/asm/hello.s --trace\n"
                                          "The guest's exit code becomes the process's; 64 usage, 65 bad input, 70 a bug in vmsim, 124 a limit, 125 a guest fault.");
  c->add_option("image", o->image, "the guest")->required();
  c->add_option("--technique", o->technique, "how: trap, emulate, or bare (no monitor)")
      ->check(CLI::IsMember({"bare", "trap", "emulate"}))->capture_default_str();
  c->add_option("--memory", o->memory, "the guest's memory in MiB")->check(CLI::Range(4, 1024))->capture_default_str();
  c->add_option("--append", o->append, "kernel command line");
  c->add_option("--console", o->console, "stdio, file or none; Ctrl-] leaves")->check(CLI::IsMember({"stdio", "file", "none"}))->capture_default_str();
  c->add_option("--console-out", o->console_out, "where --console file writes");
  c->add_option("--input", o->input, "replay input: lines STEP \"TEXT\"");
  c->add_option("--record-input", o->record_input, "log live input, for --input");
  c->add_option("--trace", o->trace, "exits (default), instructions, memory or all")
      ->expected(0, 1)->default_str("exits")->check(CLI::IsMember({"exits", "instructions", "memory", "all"}));
  c->add_option("--trace-format", o->trace_format, "text, jsonl, chrome or spike")
      ->check(CLI::IsMember({"text", "jsonl", "chrome", "spike"}))->capture_default_str();
  c->add_option("--trace-out", o->trace_out, "file for the trace");
  c->add_option("--trace-from", o->trace_from, "first step to show");
  c->add_option("--trace-until", o->trace_until, "first step not to show");
  c->add_option("--trace-filter", o->trace_filter, "KEY=VALUE,...: op=csrrw, pc=LOW-HIGH, mode=user, kind=reflect, cause=8");
  c->add_option("--max-instructions", o->max_steps, "end after this many steps (0: no limit)")->capture_default_str();
  c->add_option("--max-console", o->max_console, "end after this many bytes of output");
  c->add_flag("--stats", o->stats, "exits by reason");
  c->add_flag("--json", o->json, "the outcome as JSON");
  c->callback([o, &code] { code = run_guest(*o); });
}

}  // namespace vmsim::cli
