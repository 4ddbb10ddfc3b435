// vmsim host: several guests on one machine, from a file that says who gets what.
#include <fmt/format.h>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/guest.hpp"
#include "monitor/host.hpp"

namespace vmsim::cli {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t mebibyte = 1u << 20;
constexpr uint32_t most_memory = 1024;  // MiB, of the machine

struct Failure {
  Error error;
};

struct GuestEntry {
  std::string name, technique = "trap", console = "stdio";  // console: stdio, none, or a file
  GuestOptions options;
  Share share;
  Hours hours;
  uint64_t max_steps = ~uint64_t{0}, max_console = ~uint64_t{0};
  std::string place;  // in the file
};
struct HostFile {
  uint32_t memory = 256;  // MiB
  uint64_t quantum = 10'000, steps = 100'000'000;
  std::vector<GuestEntry> guests;
};

/// Reads a host file; every complaint names the line. Paths are relative to the file.
class HostReader {
 public:
  HostReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  HostFile read() {
    const toml::parse_result parsed = toml::parse(text_, file_);
    if (!parsed) throw Failure{{fmt::format("not TOML: {}", parsed.error().description()), place(parsed.error().source()), "see docs/host.md"}};
    const toml::table& top = parsed.table();
    only(top, {"machine", "guest"});
    HostFile file;
    if (const toml::node* machine = top.get("machine")) {
      if (!machine->is_table()) stop(*machine, "[machine] should be a table", "see docs/host.md");
      const toml::table& m = *machine->as_table();
      only(m, {"memory", "quantum", "steps"});
      file.memory = static_cast<uint32_t>(number(m, "memory", file.memory, 4, most_memory));
      file.quantum = number(m, "quantum", file.quantum, 100, 1'000'000'000);
      file.steps = number(m, "steps", file.steps, 1, 1ull << 62);
    }
    const toml::node* guests = top.get("guest");
    if (guests == nullptr || !guests->is_array_of_tables()) throw Failure{{"there is no guest", file_ + ":1", "add [[guest]] with a name and an image"}};
    uint64_t memory = 0;
    for (const toml::node& node : *guests->as_array()) {
      file.guests.push_back(guest(*node.as_table()));
      memory += file.guests.back().options.memory;
      if (memory > file.memory)
        stop(node, fmt::format("with this guest, the guests have {} MiB, and the machine {}", memory, file.memory), "give the machine more memory, or a guest less");
    }
    return file;
  }

 private:
  [[nodiscard]] std::string place(const toml::source_region& at) const { return fmt::format("{}:{}:{}", file_, at.begin.line, at.begin.column); }
  [[noreturn]] void stop(const toml::node& at, const std::string& what, const std::string& hint) const { throw Failure{{what, place(at.source()), hint}}; }

  void only(const toml::table& t, std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : t)
      if (std::ranges::find(known, key.str()) == known.end())
        throw Failure{{fmt::format("unknown key {}", vmsim::quoted(key.str())), place(key.source()), fmt::format("known are {}", fmt::join(known, ", "))}};
  }
  uint64_t number(const toml::table& t, std::string_view key, uint64_t otherwise, uint64_t least, uint64_t most) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value_exact<int64_t>();
    if (!value || *value < 0 || static_cast<uint64_t>(*value) < least || static_cast<uint64_t>(*value) > most)
      stop(*node, fmt::format("{} should be a number from {} to {}", key, least, most), "see docs/host.md");
    return static_cast<uint64_t>(*value);
  }
  std::string text(const toml::table& t, std::string_view key, const std::string& otherwise) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) return otherwise;
    if (!node->is_string()) stop(*node, fmt::format("{} should be text", key), "put it in quotes");
    return node->as_string()->get();
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return fs::path(name).is_absolute() ? name : (fs::path(file_).parent_path() / name).string();
  }

  GuestEntry guest(const toml::table& t) {
    only(t, {"name", "image", "memory", "technique", "weight", "max", "console", "disk", "append", "start", "stop", "pause", "steps", "console_bytes"});
    GuestEntry g;
    g.place = place(t.source());
    g.name = text(t, "name", "");
    if (g.name.empty()) stop(t, "this guest has no name", "name = \"a\"");
    if (!names_.insert({g.name, g.place}).second) stop(*t.get("name"), fmt::format("two guests are called {}", vmsim::quoted(g.name)), "give each its own name");
    const std::string image = text(t, "image", "");
    if (image.empty()) stop(t, fmt::format("guest {} has no image", vmsim::quoted(g.name)), "image = \"hello.s\"");
    g.options.image = path(image);
    g.options.memory = static_cast<uint32_t>(number(t, "memory", 16, 4, most_memory));
    g.technique = text(t, "technique", g.technique);
    if (!technique_of(g.technique)) stop(*t.get("technique"), fmt::format("unknown technique {}", vmsim::quoted(g.technique)), fmt::format("known are {}", fmt::join(technique_names, ", ")));
    g.share.weight = static_cast<uint32_t>(number(t, "weight", 100, 1, 10'000));
    if (const toml::node* max = t.get("max")) cap(*max, g.share);
    g.console = text(t, "console", g.console);
    if (g.console != "stdio" && g.console != "none") g.console = path(g.console);
    if (const toml::node* disk = t.get("disk")) {
      const std::string name = path(text(t, "disk", ""));
      const bool shared = name.ends_with(",cow") || name.ends_with(",readonly");
      const auto [it, first] = disks_.insert({fs::weakly_canonical(name.substr(0, name.rfind(','))).string(), g.name});
      if (!first && !shared) stop(*disk, fmt::format("guests {} and {} have one disk", vmsim::quoted(it->second), vmsim::quoted(g.name)), "add ,cow to both, or copy the file");
      g.options.disks.push_back(name);
    }
    g.options.append = text(t, "append", "");
    g.hours.start = number(t, "start", 0, 0, 1ull << 62);
    g.hours.stop = number(t, "stop", ~uint64_t{0}, 1, 1ull << 62);
    if (const toml::node* pause = t.get("pause")) {
      const toml::array* a = pause->as_array();
      const auto from = a != nullptr && a->size() == 2 ? (*a)[0].value_exact<int64_t>() : std::nullopt;
      const auto until = from ? (*a)[1].value_exact<int64_t>() : std::nullopt;
      if (!until || *from < 0 || *until <= *from) stop(*pause, "pause should be [FROM, UNTIL], in steps of machine time", "pause = [1000000, 2000000]");
      g.hours.pause_from = static_cast<uint64_t>(*from);
      g.hours.pause_until = static_cast<uint64_t>(*until);
    }
    g.max_steps = number(t, "steps", g.max_steps, 1, 1ull << 62);
    g.max_console = number(t, "console_bytes", g.max_console, 0, 1ull << 62);
    return g;
  }

  /// "QUOTA PERIOD", as a cgroup's cpu.max has it, in steps.
  void cap(const toml::node& node, Share& share) const {
    unsigned long long quota = 0, period = 0;
    char rest = 0;
    const std::string value = node.is_string() ? node.as_string()->get() : "";
    if (std::sscanf(value.c_str(), "%llu %llu%c", &quota, &period, &rest) != 2 || quota == 0 || period < 100 || quota > period)
      stop(node, "max should be \"QUOTA PERIOD\" in steps, with the quota no more than the period", "max = \"20000 100000\" is a fifth of the machine");
    share.quota = quota;
    share.period = period;
  }

  std::string_view text_;
  std::string file_;
  std::map<std::string, std::string> names_, disks_;
};

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A guest's console: whole lines on the screen, marked with its name; or a file; or nowhere.
class GuestConsole {
 public:
  static Result<std::unique_ptr<GuestConsole>> open(const GuestEntry& guest) {
    auto console = std::make_unique<GuestConsole>();
    console->name_ = guest.name;
    console->screen_ = guest.console == "stdio";
    if (console->screen_ || guest.console == "none") return console;
    console->file_ = File(std::fopen(guest.console.c_str(), "wb"), std::fclose);
    if (!console->file_) return fail("cannot be written", guest.console, "check the path");
    return console;
  }
  ~GuestConsole() { flush(); }
  void put(uint8_t byte) {
    if (file_) std::fputc(byte, file_.get());
    if (!screen_) return;
    if (byte == '\n' || line_.size() >= 512) flush();
    if (byte != '\n' && byte != '\r') line_ += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, static_cast<char>(byte));
  }

 private:
  void flush() {
    if (!line_.empty()) fmt::print("{}| {}\n", name_, line_);
    line_.clear();
  }
  std::string name_, line_;
  bool screen_ = false;
  File file_{nullptr, std::fclose};
};

Result<HostGuest> make_guest(const Isa& isa, Allocator& allocator, const GuestEntry& entry, GuestConsole& console) {
  const auto files = read_guest(isa, entry.options);
  if (!files) return tl::unexpected(files.error());
  auto disks = open_disks(entry.options, false);
  if (!disks) return tl::unexpected(disks.error());
  const ConsoleOptions to{.output = [&console](uint8_t byte) { console.put(byte); }, .max_output = entry.max_console};
  const uint32_t ram = entry.options.memory * mebibyte;
  auto vm = VirtualMachine::make(allocator, ram, board_for(entry.options, *files, entry.technique, to, std::move(*disks)), *technique_of(entry.technique), {},
                                 std::min(VirtualMachine::shadow_pages, ram / page_size / 16));
  if (!vm) return tl::unexpected(vm.error());
  if (const auto booted = boot_guest(**vm, entry.options, *files); !booted) return tl::unexpected(booted.error());
  return HostGuest{entry.name, std::move(*vm), entry.share, entry.hours, entry.max_steps};
}

void show(const Host& host, const std::map<std::string, std::string>& failed, bool json) {
  const Scheduler& scheduler = host.scheduler();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  if (!json) fmt::print("{:16} {:>14} {:>12} {:>12} {:>8} {:>12} {:>12} {:>12} {:>10}\n", "guest", "state", "received", "due", "share", "stolen", "throttled", "idle", "exits");
  for (const Host::Guest& g : host.guests()) {
    const bool started = g.state != Host::State::not_started;
    const Scheduler::Account a = started ? scheduler.account(g.id) : Scheduler::Account{};
    std::string state = name(g.state);
    if (g.state == Host::State::powered_off) state = fmt::format("exit code {}", g.machine->board().exit_code().value_or(0));
    const double share = scheduler.now() != 0 ? 100.0 * static_cast<double>(a.received) / static_cast<double>(scheduler.now()) : 0;
    if (json) {
      list.push_back({{"name", g.name}, {"state", state}, {"received", a.received}, {"due", a.due}, {"stolen", a.stolen}, {"throttled", a.throttled},
                      {"idle", a.idle}, {"exits", g.machine->exits()}});
    } else {
      fmt::print("{:16} {:>14} {:>12} {:>12.0f} {:>7.2f}% {:>12} {:>12} {:>12} {:>10}\n", g.name, state, a.received, a.due, share, a.stolen, a.throttled, a.idle, g.machine->exits());
    }
  }
  for (const auto& [name, why] : failed) {
    if (json) list.push_back({{"name", name}, {"state", "failed to start"}, {"because", why}});
    else fmt::print("{:16} {:>14}\n", name, "not started");
  }
  if (json) fmt::print("{}\n", nlohmann::ordered_json{{"steps", scheduler.now()}, {"idle", scheduler.machine_idle()}, {"guests", list}}.dump());
  else fmt::print("machine: {} steps, of them idle {}\n", scheduler.now(), scheduler.machine_idle());
}

int run_host(const std::string& path, bool json) {
  const auto bytes = read_file(path, 1 << 20);
  if (!bytes) return report(bytes.error());
  HostFile file;
  try {
    file = HostReader({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path).read();
  } catch (const Failure& failure) {
    return report(failure.error);
  }
  // Shadow tables and alignment take some besides.
  Machine machine(Isa::toy32(), std::min(2047u, file.memory + file.memory / 8 + 8 * static_cast<uint32_t>(file.guests.size())) * mebibyte, {});
  Allocator allocator(machine);
  std::vector<std::unique_ptr<GuestConsole>> consoles;
  Host host(file.quantum);
  std::map<std::string, std::string> failed;
  for (const GuestEntry& entry : file.guests) {
    auto console = GuestConsole::open(entry);
    auto guest = console ? make_guest(Isa::toy32(), allocator, entry, **console) : Result<HostGuest>(tl::unexpected(console.error()));
    if (!guest) {
      // One that cannot start does not keep the others from it.
      failed[entry.name] = guest.error().text();
      fmt::print(stderr, "vmsim: {}: guest {} is left out: {}\n", entry.place, vmsim::quoted(entry.name), guest.error().text());
      continue;
    }
    consoles.push_back(std::move(*console));
    host.add(std::move(*guest));
  }
  host.run(file.steps);
  for (auto& console : consoles) console.reset();
  show(host, failed, json);
  return failed.empty() ? 0 : bad_input;
}

}  // namespace

void add_host(CLI::App& app, int& code) {
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* c = app.add_subcommand("host", "Run several guests on one machine, each with its share of time, and report who got what.\n"
                                           "Example: vmsim host guests/host/three.toml\n"
                                           "Exit codes: 0, 64 usage, 65 a bad file, or a guest that could not start.");
  c->add_option("file", *path, "who runs: docs/host.md")->required();
  c->add_flag("--json", *json, "the report as JSON");
  c->callback([path, json, &code] { code = run_host(*path, *json); });
}

}  // namespace vmsim::cli
