// vmsim host: several guests on one machine, from a file that says who gets what.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/host_file.hpp"
#include "host/terminal.hpp"
#include "monitor/control.hpp"

namespace vmsim::cli {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A guest's console: whole lines on the screen, marked with its name; the terminal itself; a file; or nowhere.
class GuestConsole {
 public:
  static Result<std::shared_ptr<GuestConsole>> open(const std::string& guest, const std::string& where) {
    auto console = std::make_shared<GuestConsole>();
    console->name_ = guest;
    console->lines_ = where == "stdio";
    console->terminal_ = where == "terminal";
    if (console->lines_ || console->terminal_ || where == "none") return console;
    console->file_ = File(std::fopen(where.c_str(), "wb"), std::fclose);
    if (!console->file_) return fail("cannot be written", where, "check the path");
    return console;
  }
  void put(uint8_t byte) {
    if (file_) std::fputc(byte, file_.get());
    if (terminal_) std::fputc(byte, stdout);
    if (!lines_) return;
    if (byte == '\n' || line_.size() >= 512) flush();
    if (byte != '\n' && byte != '\r') line_ += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, static_cast<char>(byte));
  }
  /// Shows a line that has not ended.
  void flush() {
    if (!line_.empty()) fmt::print("{}| {}\n", name_, line_);
    line_.clear();
  }

 private:
  std::string name_, line_;
  bool lines_ = false, terminal_ = false;
  File file_{nullptr, std::fclose};
};

/// Makes guests of entries: each file that they name is read once, and what the guests use of the host lives as long as
/// this.
class GuestMaker {
 public:
  /// With `share`, guests of one image share its pages.
  GuestMaker(Allocator& allocator, bool share) : allocator_(allocator), share_(share) {}

  /// `name` is the guest's own; `control` answers it where it is the control domain.
  Result<HostGuest> make(const GuestEntry& entry, const std::string& name, const ControlCalls& control) {
    const auto files = files_of(entry);
    if (!files) return tl::unexpected(files.error());
    auto disks = open_disks(entry.options, false);
    if (!disks) return tl::unexpected(disks.error());
    auto console = GuestConsole::open(name, entry.console);
    if (!console) return tl::unexpected(console.error());
    consoles_.push_back(*console);
    const ConsoleOptions to{.output = [to = *console](uint8_t byte) { to->put(byte); }, .max_output = entry.max_console};
    BoardOptions board = board_for(entry.options, **files, entry.technique, to, std::move(*disks));
    if (entry.control) board.control = control;
    const uint32_t ram = entry.options.memory * mebibyte;
    auto vm = VirtualMachine::make(allocator_, ram, board, *technique_of(entry.technique), {}, std::min(VirtualMachine::shadow_pages, ram / page_size / 16));
    if (!vm) return tl::unexpected(vm.error());
    if (const auto booted = boot_guest(**vm, entry.options, **files); !booted) return tl::unexpected(booted.error());
    return HostGuest{name, std::move(*vm), entry.share, entry.hours, entry.max_steps, entry.console == "terminal"};
  }

  /// Shows what the guests have left unfinished.
  void flush() {
    for (const auto& console : consoles_) console->flush();
  }

 private:
  Result<const GuestFiles*> files_of(const GuestEntry& entry) {
    const auto key = std::pair(entry.options.image, entry.options.input);
    if (const auto it = files_.find(key); it != files_.end()) return &it->second;
    auto files = read_guest(Isa::toy32(), entry.options);
    if (!files) return tl::unexpected(files.error());
    if (share_) files->pages = std::make_shared<const ImagePages>(files->image);
    return &files_.emplace(key, std::move(*files)).first->second;
  }

  Allocator& allocator_;
  bool share_;
  std::map<std::pair<std::string, std::string>, GuestFiles> files_;
  std::vector<std::shared_ptr<GuestConsole>> consoles_;
};

void show(const Host& host, const std::vector<std::pair<std::string, std::string>>& failed, bool json) {
  const Scheduler& scheduler = host.scheduler();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  if (!json)
    fmt::print("{:16} {:>14} {:>12} {:>12} {:>8} {:>12} {:>12} {:>12} {:>10}\n", "guest", "state", "received", "due", "share", "stolen", "throttled", "idle",
               "exits");
  for (const Host::Guest& g : host.guests()) {
    const Scheduler::Account a = g.id ? scheduler.account(*g.id) : Scheduler::Account{};
    const uint64_t exits = g.machine ? g.machine->exits() : g.exits;
    std::string state = name(g.state);
    if (g.state == Host::State::powered_off) state = fmt::format("exit code {}", g.machine->board().exit_code().value_or(0));
    const double share = scheduler.now() != 0 ? 100.0 * static_cast<double>(a.received) / static_cast<double>(scheduler.now()) : 0;
    if (json) {
      list.push_back({{"name", g.name},
                      {"state", state},
                      {"received", a.received},
                      {"due", a.due},
                      {"stolen", a.stolen},
                      {"throttled", a.throttled},
                      {"idle", a.idle},
                      {"exits", exits}});
    } else {
      fmt::print("{:16} {:>14} {:>12} {:>12.0f} {:>7.2f}% {:>12} {:>12} {:>12} {:>10}\n", g.name, state, a.received, a.due, share, a.stolen, a.throttled,
                 a.idle, exits);
    }
  }
  for (const auto& [name, why] : failed) {
    if (json) list.push_back({{"name", name}, {"state", "failed to start"}, {"because", why}});
    else fmt::print("{:16} {:>14}\n", name, "not started");
  }
  if (json) fmt::print("{}\n", nlohmann::ordered_json{{"steps", scheduler.now()}, {"idle", scheduler.machine_idle()}, {"guests", list}}.dump());
  else fmt::print("machine: {} steps, of them idle {}\n", scheduler.now(), scheduler.machine_idle());
}

/// Runs until whoever types leaves (Ctrl-]), or the guest at the keyboard ends; in slices short enough that they are
/// heard at once. While all guests wait time passes as on a clock, 10^9 steps a second (docs/toy32.md, Time).
void run_with_keyboard(Host& host, size_t typed_to, uint64_t until) {
  constexpr uint64_t slice = 1'000'000;
  RawTerminal terminal;
  while (host.scheduler().now() < until && (host.guests()[typed_to].lives() || host.scheduler().now() == 0)) {
    while (const auto byte = terminal.poll()) {
      if (*byte == RawTerminal::escape) return;
      host.type(typed_to, *byte);
    }
    const uint64_t before = host.scheduler().now(), idle = host.scheduler().machine_idle();
    host.run(std::min(until, before + slice));
    std::fflush(stdout);
    const bool all_wait = host.scheduler().now() == before;  // for the keyboard alone
    if (all_wait && terminal.at_end()) return;
    std::this_thread::sleep_for(all_wait ? std::chrono::milliseconds(10) : std::chrono::nanoseconds(host.scheduler().machine_idle() - idle));
  }
}

/// Bytes of main memory that guests have now.
uint64_t memory_in_use(const Host& host) {
  uint64_t sum = 0;
  for (const Host::Guest& g : host.guests())
    if (g.machine) sum += g.machine->slice().size;
  return sum;
}

int run_host(const std::string& path, bool json) {
  const auto file = read_host_file(path);
  if (!file) return report(file.error());
  // Shadow tables and alignment take some besides.
  const uint64_t most_guests = file->guests.size() + (file->templates.empty() ? 0 : std::min(file->creations, file->memory / 4));
  const uint64_t real = file->memory + file->memory / 8 + 8 * most_guests;
  Machine machine(Isa::toy32(), static_cast<uint32_t>(std::min<uint64_t>(2047, real)) * mebibyte, {}, {.kind = file->engine});
  Allocator allocator(machine);
  GuestMaker maker(allocator, file->share);
  Host host(file->quantum);
  Control::Options options{.make = [&](size_t which, const std::string& name) -> Result<HostGuest> {
                             const GuestEntry& entry = file->templates[which];
                             if (memory_in_use(host) + uint64_t{entry.options.memory} * mebibyte > uint64_t{file->memory} * mebibyte)
                               return fail("the machine has no memory left", entry.place);
                             return maker.make(entry, name, {});
                           },
                           .most_made = file->creations};
  for (const GuestEntry& entry : file->templates) options.templates.push_back(entry.name);
  Control control(host, std::move(options));
  const ControlCalls calls = [&control](const auto& a, Dma& dma) { return control.call(a, dma); };

  std::vector<std::pair<std::string, std::string>> failed;  // who could not start, and why
  std::optional<size_t> typed_to;
  for (const GuestEntry& entry : file->guests) {
    auto guest = maker.make(entry, entry.name, calls);
    if (!guest) {
      // One that cannot start does not keep the others from it.
      failed.emplace_back(entry.name, guest.error().text());
      fmt::print(stderr, "vmsim: {}: guest {} is left out: {}\n", entry.place, vmsim::quoted(entry.name), guest.error().text());
      continue;
    }
    if (guest->live) typed_to = host.guests().size();
    host.add(std::move(*guest));
  }
  if (typed_to) run_with_keyboard(host, *typed_to, file->steps);
  else host.run(file->steps);
  maker.flush();
  show(host, failed, json);
  return failed.empty() ? 0 : bad_input;
}

}  // namespace

void add_host(CLI::App& app, int& code) {
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* c = app.add_subcommand("host",
                                   "Run several guests on one machine, each with its share of time, and report who got what.\n"
                                   "Example: vmsim host guests/host/three.toml\n"
                                   "Exit codes: 0, 64 usage, 65 a bad file, or a guest that could not start.");
  c->add_option("file", *path, "who runs: docs/host.md")->required();
  c->add_flag("--json", *json, "the report as JSON");
  c->callback([path, json, &code] { code = run_host(*path, *json); });
}

}  // namespace vmsim::cli
