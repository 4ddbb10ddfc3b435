// vmsim run: a guest on the bare machine or under the monitor.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "cli/guest.hpp"
#include "cli/outcome.hpp"
#include "host/terminal.hpp"
#include "trace/statistics.hpp"
#include "trace/writer.hpp"

namespace vmsim::cli {
namespace {

struct RunOptions {
  GuestOptions guest;
  std::string technique = "trap", engine = "interpreter", clusters;
  std::string console = "stdio", console_out;
  std::string record_input;
  std::string trace, trace_format = "text", trace_out, trace_filter;
  uint64_t trace_from = 0, trace_until = ~uint64_t{0};
  uint64_t max_steps = 0;                                         // 0: no limit
  uint64_t max_console = ~uint64_t{0}, max_trace = ~uint64_t{0};  // bytes
  double max_seconds = 0;                                         // of wall time; 0: no limit
  bool stats = false, json = false;
  bool show_translation = false, perf_map = false;
  std::string translation_at;  // an address; empty: all
};

/// A file that the run writes to, or standard output. Whether everything arrived is known once it is closed.
class Output {
 public:
  Result<void> open(const std::string& path) {
    path_ = path;
    file_.reset(std::fopen(path.c_str(), "wb"));
    return file_ ? Result<void>() : failure();
  }
  [[nodiscard]] std::FILE* get() const { return file_.get(); }
  Result<void> close() {
    if (!file_) return {};
    const bool failed = std::fflush(file_.get()) != 0 || std::ferror(file_.get()) != 0;
    if (failed) return failure();
    file_.reset();
    return {};
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  [[nodiscard]] Result<void> failure() const {
    return fail(fmt::format("cannot be written: {}", std::strerror(errno)), path_, "check the path and the room on the disk");
  }
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

/// Passes a trace on until it has the size that it may have. Whole records only: what is written stays well-formed.
class LimitedTrace final : public TraceSink {
 public:
  LimitedTrace(std::unique_ptr<TraceSink> next, const uint64_t& bytes, uint64_t most) : next_(std::move(next)), bytes_(bytes), most_(most) {}
  [[nodiscard]] bool wants_records() const override { return next_->wants_records(); }
  void record(const Record& r) override {
    if (!full()) next_->record(r);
  }
  void act(const Act& a) override {
    if (!full()) next_->act(a);
  }

 private:
  [[nodiscard]] bool full() const { return bytes_ > most_; }
  std::unique_ptr<TraceSink> next_;
  const uint64_t& bytes_;
  uint64_t most_;
};

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

/// The console beside a trace on the same screen: whole lines, marked as the guest's.
class MarkedConsole {
 public:
  void put(uint8_t byte) {
    if (byte == '\n') return flush();
    line_ += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, static_cast<char>(byte));
    if (line_.size() >= 512) flush();
  }
  void flush() {
    if (!line_.empty()) fmt::print("console| {}\n", line_);
    line_.clear();
  }

 private:
  std::string line_;
};

/// Runs in short stretches, so that the host's limits, and live input every ten milliseconds, get in between them.
Outcome run_to_end(Computer& computer, const RunOptions& options, LiveInput* live, TraceSink* sink, const uint64_t& trace_bytes) {
  using clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds between_looks(10);
  // Steps are not equal: those that change code, miss every cache or are written down cost a thousand times a quick one. Even of such ones a
  // stretch is short.
  const uint64_t stretch = sink != nullptr ? 5'000 : 24'000;
  const uint64_t limit = options.max_steps != 0 ? options.max_steps : ~uint64_t{0};
  const auto start = clock::now();
  const auto out_of_time = [&] { return options.max_seconds > 0 && clock::now() - start > std::chrono::duration<double>(options.max_seconds); };
  auto looked = start - between_looks;
  for (;;) {
    if (out_of_time()) return {.over = "wall time"};
    if (trace_bytes > options.max_trace) return {.over = "trace"};
    if (live != nullptr && clock::now() - looked >= between_looks) {
      std::fflush(stdout);  // a prompt has no end of line
      if (!live->poll()) return {.escaped = true};
      looked = clock::now();
    }
    const uint64_t steps = computer.hart().clock.steps;
    const Stopped why = computer.run(steps + std::min(stretch, limit - steps), sink);
    if (why == Stopped::idle_forever && live != nullptr) {
      std::fflush(stdout);
      // Only a person can wake it now. It stays in its wfi until then, as it does in a replay.
      while (!computer.skip_idle()) {
        if (live->at_end()) return {why};
        if (out_of_time()) return {.over = "wall time"};
        std::this_thread::sleep_for(between_looks);
        if (!live->poll()) return {.escaped = true};
      }
      continue;
    }
    if (why != Stopped::budget || computer.hart().clock.steps >= limit) return {why};
  }
}

std::string translation_line(const TranslationCounts& c, uint64_t steps) {
  return fmt::format("translated {} blocks of {} instructions to {} bytes; {} blocks invalidated, {} evicted; {:.1f}% of steps in translated code\n",
                     c.translated, c.guest_instructions, c.bytes, c.invalidated, c.evicted,
                     steps == 0 ? 0.0 : 100.0 * static_cast<double>(c.steps) / static_cast<double>(steps));
}

/// What the parser cannot see by itself.
void check(const RunOptions& o) {
  if (o.console == "file" && o.console_out.empty()) throw CLI::ValidationError("--console file", "needs --console-out FILE");
  if (o.console != "file" && !o.console_out.empty()) throw CLI::ValidationError("--console-out", "needs --console file");
  if (o.console != "stdio" && !o.record_input.empty()) throw CLI::ValidationError("--record-input", "needs --console stdio: nothing else is live");
  if (o.trace_from >= o.trace_until) throw CLI::ValidationError("--trace-until", fmt::format("{} is not behind --trace-from {}", o.trace_until, o.trace_from));
}

Result<int> run_guest(const RunOptions& options) {
  const auto variant = load_variant(options.guest.isa);
  if (!variant) return tl::unexpected(variant.error());
  const Isa& isa = *variant->isa;
  const auto files = read_guest(isa, options.guest);
  if (!files) return tl::unexpected(files.error());
  auto disks = open_disks(options.guest, false);
  if (!disks) return tl::unexpected(disks.error());

  ConsoleOptions console_options{.max_output = options.max_console};
  Output console_file, trace_file, input_log, perf_map;
  for (const auto& [file, path] : {std::pair(&console_file, options.console_out), {&trace_file, options.trace_out}, {&input_log, options.record_input}})
    if (auto opened = path.empty() ? Result<void>() : file->open(path); !opened) return tl::unexpected(opened.error());
  // A trace on the same screen has the console in marked lines; one that a tool reads has standard output for itself.
  const bool trace_on_screen = !options.trace.empty() && options.trace_out.empty(), for_a_tool = options.trace_format != "text";
  std::FILE* console = options.console != "stdio" ? console_file.get() : trace_on_screen && for_a_tool ? stderr : stdout;
  const bool beside_trace = console == stdout && trace_on_screen;
  MarkedConsole marked;
  if (beside_trace) console_options.output = [&marked](uint8_t byte) { marked.put(byte); };
  else if (console != nullptr) console_options.output = [console](uint8_t byte) { std::putc(byte, console); };

  EngineOptions engine{.kind = options.engine == "jit" ? EngineKind::jit : EngineKind::interpreter};
  if (engine.kind == EngineKind::jit && !has_jit()) return fail("this build has no jit for its host", "--engine jit", "use --engine interpreter");
  Translations translations;
  TranslationCounts translation_counts;
  engine.jit.counts = &translation_counts;
  for (const auto& [asked, option] : {std::pair(options.show_translation, "--show-translation"), {options.perf_map, "--perf-map"}})
    if (asked && engine.kind != EngineKind::jit) return fail("only the jit translates", option, "use --engine jit");
  if (options.perf_map) {
    if (auto opened = perf_map.open(fmt::format("/tmp/perf-{}.map", getpid())); !opened) return tl::unexpected(opened.error());
    engine.jit.perf_map = perf_map.get();
  }
  if (options.show_translation) {
    if (!options.translation_at.empty()) {
      const auto at = read_address(options.translation_at, "--show-translation");
      if (!at) return tl::unexpected(at.error());
      translations.only = *at;
    }
    engine.jit.shown = &translations;
  }
  // A trace of exits shows the classical loop, a trap for each privileged instruction, unless it is asked for the other.
  const bool classical = options.trace == "exits" || options.trace == "all";
  const bool clusters = options.clusters.empty() ? !classical : options.clusters == "on";
  const auto started = start_guest(isa, options.guest, *files, options.technique, console_options, std::move(*disks), {engine, clusters});
  if (!started) return tl::unexpected(started.error());
  Computer& computer = started->computer();

  std::unique_ptr<TraceSink> trace;
  uint64_t trace_bytes = 0;
  if (!options.trace.empty()) {
    auto selection = Selection::parse(isa, files->image.symbols, options.trace_filter);
    if (!selection) return tl::unexpected(selection.error());
    selection->from = options.trace_from;
    selection->until = options.trace_until;
    std::FILE* out = options.trace_out.empty() ? stdout : trace_file.get();
    const TraceLevel level = options.trace == "exits"          ? TraceLevel::exits
                             : options.trace == "instructions" ? TraceLevel::instructions
                             : options.trace == "memory"       ? TraceLevel::memory
                                                               : TraceLevel::all;
    const auto write = [out, &trace_bytes](std::string_view text) {
      trace_bytes += text.size();
      std::fwrite(text.data(), 1, text.size(), out);
    };
    trace = std::make_unique<LimitedTrace>(
        make_trace(options.trace_format, {isa, files->image.symbols, *selection, level, options.technique == "bare", computer.board().device_ranges(), write}),
        trace_bytes, options.max_trace);
  }
  Statistics statistics(isa, trace.get());
  TraceSink* sink = options.stats ? &statistics : trace.get();

  std::optional<LiveInput> live;
  if (options.console == "stdio" && options.guest.input.empty()) live.emplace(computer, input_log.get());

  const Outcome outcome = run_to_end(computer, options, live ? &*live : nullptr, sink, trace_bytes);
  live.reset();
  if (beside_trace) marked.flush();
  trace.reset();
  std::fflush(stdout);
  for (const Translation& t : translations.blocks) fmt::print("--- {} runs\n{}\n", t.runs, t.text);
  if (options.stats) {
    fmt::print("{}", statistics.table(computer.hart().clock.steps));
    if (engine.kind == EngineKind::jit) fmt::print("{}", translation_line(translation_counts, computer.hart().clock.steps));
  }
  for (Output* file : {&console_file, &trace_file, &input_log, &perf_map})
    if (auto closed = file->close(); !closed) return tl::unexpected(closed.error());
  return tell(outcome, computer, options.guest.image, options.technique, options.json);
}

}  // namespace

void add_run(CLI::App& app, int& code) {
  auto o = std::make_shared<RunOptions>();
  CLI::App* c = app.add_subcommand("run",
                                   "Run a guest: ELF32, flat binary, Linux Image, or assembly source.\n"
                                   "Example: vmsim run guests/asm/hello.s --trace\n"
                                   "The guest's exit code becomes the process's; 64 usage, 65 bad input, 70 a bug in vmsim, 124 a limit, 125 a guest fault.");
  add_guest_options(*c, o->guest);
  c->add_option("--technique", o->technique, "how: trap, emulate, hybrid, paravirt, or bare (no monitor)")
      ->check(CLI::IsMember({"bare", "trap", "emulate", "hybrid", "paravirt"}))
      ->capture_default_str();
  c->add_option("--engine", o->engine, "what runs the hart: interpreter, or jit (translates hot code)")
      ->check(CLI::IsMember({"interpreter", "jit"}))
      ->capture_default_str();
  c->add_option("--clusters", o->clusters,
                "on: a run of privileged instructions is handled in one exit; off: each makes its own (default: on, but off where --trace shows exits)")
      ->check(CLI::IsMember({"on", "off"}));
  CLI::Option* show =
      c->add_option("--show-translation", o->translation_at, "what the jit made of the code there, or of all code it translated")->expected(0, 1);
  c->add_flag("--perf-map", o->perf_map, "write /tmp/perf-PID.map, by which perf names translated blocks");
  c->add_option("--console", o->console, "stdio, file or none; Ctrl-] leaves")->check(CLI::IsMember({"stdio", "file", "none"}))->capture_default_str();
  c->add_option("--console-out", o->console_out, "where --console file writes");
  c->add_option("--record-input", o->record_input, "log live input, for --input")->excludes("--input");
  CLI::Option* trace = c->add_option("--trace", o->trace, "exits (default), instructions, memory or all")
                           ->expected(0, 1)
                           ->default_str("exits")
                           ->check(CLI::IsMember({"exits", "instructions", "memory", "all"}));
  const std::vector<CLI::Option*> needs_trace{
      c->add_option("--trace-format", o->trace_format, "text, jsonl, chrome or spike")
          ->check(CLI::IsMember({"text", "jsonl", "chrome", "spike"}))
          ->capture_default_str(),
      c->add_option("--trace-out", o->trace_out, "file for the trace"),
      c->add_option("--trace-from", o->trace_from, "first step to show")->check(whole_number()),
      c->add_option("--trace-until", o->trace_until, "first step not to show")->check(whole_number()),
      c->add_option("--trace-filter", o->trace_filter, "KEY=VALUE,...: op=csrrw, pc=LOW-HIGH, mode=user, kind=reflect, cause=8"),
      c->add_option("--max-trace", o->max_trace, "end after this many bytes of trace")->check(whole_number()),
  };
  c->add_option("--max-instructions", o->max_steps, "end after this many steps (0: no limit)")->check(whole_number())->capture_default_str();
  c->add_option("--max-console", o->max_console, "end after this many bytes of output")->check(whole_number());
  c->add_option("--max-seconds", o->max_seconds, "end after this much wall time (0: no limit)")->check(CLI::Range(0.0, 1e9))->capture_default_str();
  c->add_flag("--stats", o->stats, "exits by reason");
  c->add_flag("--json", o->json, "the outcome as a line of JSON; it says whose the exit code is");
  for (CLI::Option* option : needs_trace) option->needs(trace);
  c->callback([o, show, &code] {
    o->show_translation = show->count() != 0;
    check(*o);
    const auto result = run_guest(*o);
    code = result ? *result : tell(result.error(), o->json);
  });
}

}  // namespace vmsim::cli
