#include "cli/host_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>

#include "isa/toml.hpp"
#include "monitor/control.hpp"

namespace vmsim::cli {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t most_memory = 1024;  // MiB, of the machine

struct Failure {
  Error error;
};

class HostReader {
 public:
  HostReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  HostFile read() {
    const toml::parse_result parsed = toml::parse(text_, file_);
    if (!parsed) throw Failure{{fmt::format("not TOML: {}", parsed.error().description()), place(parsed.error().source()), "see docs/host.md"}};
    const toml::table& top = parsed.table();
    only(top, {"machine", "guest", "template"});
    HostFile file;
    if (const toml::node* machine = top.get("machine")) {
      if (!machine->is_table()) stop(*machine, "[machine] should be a table", "see docs/host.md");
      const toml::table& m = *machine->as_table();
      only(m, {"memory", "quantum", "steps", "engine", "share", "creations"});
      file.memory = static_cast<uint32_t>(number(m, "memory", file.memory, 4, most_memory));
      file.quantum = number(m, "quantum", file.quantum, 100, 1'000'000'000);
      file.steps = number(m, "steps", 0, 1, 1ull << 62);
      file.creations = static_cast<uint32_t>(number(m, "creations", file.creations, 0, 100'000));
      file.share = yes_or_no(m, "share", file.share);
      const std::string engine = text(m, "engine", "interpreter");
      if (engine != "interpreter" && (engine != "jit" || !has_jit()))
        stop(*m.get("engine"), fmt::format("unknown engine {}", vmsim::quoted(engine)),
             has_jit() ? "known are interpreter, jit" : "this build knows interpreter");
      if (engine == "jit") file.engine = EngineKind::jit;
    }
    const toml::node* guests = top.get("guest");
    if (guests == nullptr || !guests->is_array_of_tables()) throw Failure{{"there is no guest", file_ + ":1", "add [[guest]] with a name and an image"}};
    uint64_t memory = 0;  // MiB
    for (const toml::node& node : *guests->as_array()) {
      file.guests.push_back(guest(*node.as_table(), Kind::guest));
      memory += file.guests.back().options.memory;
      if (memory > file.memory)
        stop(node, fmt::format("with this guest, the guests have {} MiB, and the machine {}", memory, file.memory),
             "give the machine more memory, or a guest less");
    }
    if (file.steps == 0) file.steps = terminal_.empty() ? 100'000'000 : 1ull << 62;
    if (const toml::node* templates = top.get("template")) {
      if (!templates->is_array_of_tables()) stop(*templates, "[[template]] should be a list of tables", "see docs/control.md");
      names_.clear();
      for (const toml::node& node : *templates->as_array()) file.templates.push_back(guest(*node.as_table(), Kind::of_many));
      if (control_.empty()) stop(*templates, "nobody can use a template", "give a guest control = true");
    }
    return file;
  }

 private:
  [[nodiscard]] std::string place(const toml::source_region& at) const { return fmt::format("{}:{}:{}", file_, at.begin.line, at.begin.column); }
  [[noreturn]] void stop(const toml::node& at, const std::string& what, const std::string& hint) const { throw Failure{{what, place(at.source()), hint}}; }

  void only(const toml::table& t, const std::set<std::string_view>& known) const {
    for (const auto& [key, value] : t)
      if (!known.contains(key.str()))
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

  bool yes_or_no(const toml::table& t, std::string_view key, bool otherwise) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) return otherwise;
    if (!node->is_boolean()) stop(*node, fmt::format("{} should be true or false", key), "without quotes");
    return node->as_boolean()->get();
  }

  enum class Kind : uint8_t { guest, of_many };

  GuestEntry guest(const toml::table& t, Kind kind) {
    static const std::set<std::string_view> both{"name",    "image", "memory", "technique", "weight",        "max",
                                                 "console", "disk",  "append", "steps",     "console_bytes", "disk_bytes"};
    std::set<std::string_view> known = both;
    if (kind == Kind::guest) known.insert({"start", "stop", "pause", "control", "input"});
    only(t, known);
    const std::string word = kind == Kind::guest ? "guest" : "template";
    GuestEntry g;
    g.place = place(t.source());
    g.name = text(t, "name", "");
    if (g.name.empty()) stop(t, fmt::format("this {} has no name", word), "name = \"a\"");
    if (!Control::may_be_a_name(g.name))
      stop(*t.get("name"), fmt::format("{} cannot be a name", vmsim::quoted(g.name)), "a name is at most 31 letters, digits and -._");
    if (!names_.insert(g.name).second) stop(*t.get("name"), fmt::format("two {}s are called {}", word, vmsim::quoted(g.name)), "give each its own name");
    const std::string image = text(t, "image", "");
    if (image.empty()) stop(t, fmt::format("{} {} has no image", word, vmsim::quoted(g.name)), "image = \"hello.s\"");
    g.options.image = path(image);
    g.options.memory = static_cast<uint32_t>(number(t, "memory", 16, 4, most_memory));
    g.technique = text(t, "technique", g.technique);
    if (!technique_of(g.technique))
      stop(*t.get("technique"), fmt::format("unknown technique {}", vmsim::quoted(g.technique)), fmt::format("known are {}", fmt::join(technique_names, ", ")));
    g.share.weight = static_cast<uint32_t>(number(t, "weight", 100, 1, 10'000));
    if (const toml::node* max = t.get("max")) cap(*max, g.share);
    g.console = text(t, "console", g.console);
    if (g.console == "terminal") only_one(*t.get("console"), terminal_, g, "has the keyboard");
    const bool to_file = g.console != "stdio" && g.console != "none" && g.console != "terminal";
    if (kind == Kind::of_many && (to_file || g.console == "terminal"))
      stop(*t.get("console"), "many guests cannot share this console", "console = \"stdio\" or \"none\"");
    if (to_file) g.console = path(g.console);
    if (const toml::node* disk = t.get("disk")) add_disk(*disk, path(text(t, "disk", "")), kind, g);
    g.options.append = text(t, "append", "");
    if (const std::string input = text(t, "input", ""); !input.empty()) g.options.input = path(input);
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
    g.options.max_disk = number(t, "disk_bytes", 1ull << 30, 0, 1ull << 62);
    g.control = yes_or_no(t, "control", false);
    if (g.control) only_one(*t.get("control"), control_, g, "is the control domain");
    return g;
  }

  void only_one(const toml::node& at, std::string& who, const GuestEntry& g, std::string_view what) const {
    if (!who.empty()) stop(at, fmt::format("{} already {}", vmsim::quoted(who), what), "one guest can");
    who = g.name;
  }

  /// A disk that is written to belongs to one guest; copies and readers may be many.
  void add_disk(const toml::node& at, const std::string& disk, Kind kind, GuestEntry& g) {
    const bool many = disk.ends_with(",cow") || disk.ends_with(",readonly");
    if (kind == Kind::of_many && !many) stop(at, "many guests cannot share this disk", "add ,cow or ,readonly");
    const auto [it, first] = disks_.insert({fs::weakly_canonical(disk.substr(0, disk.rfind(','))).string(), {g.name, many}});
    if (!first && !(many && it->second.many))
      stop(at, fmt::format("guests {} and {} have one disk", vmsim::quoted(it->second.owner), vmsim::quoted(g.name)), "add ,cow to both, or copy the file");
    g.options.disks.push_back(disk);
  }

  /// "QUOTA PERIOD", as a cgroup's cpu.max has it, in steps.
  void cap(const toml::node& node, Share& share) const {
    unsigned long long quota = 0, period = 0;
    char rest = 0;
    const std::string value = node.is_string() ? node.as_string()->get() : "";
    const bool two = value.find('-') == std::string::npos && std::sscanf(value.c_str(), "%llu %llu%c", &quota, &period, &rest) == 2;
    if (!two || quota == 0 || period < 100 || period > 1ull << 62 || quota > period)
      stop(node, "max should be \"QUOTA PERIOD\" in steps, with the quota no more than the period", "max = \"20000 100000\" is a fifth of the machine");
    share.quota = quota;
    share.period = period;
  }

  std::string_view text_;
  std::string file_;
  struct DiskUse {
    std::string owner;
    bool many;
  };
  std::set<std::string> names_;
  std::map<std::string, DiskUse> disks_;
  std::string control_, terminal_;  // the names of the control domain and of who has the keyboard
};

}  // namespace

Result<HostFile> read_host_file(const std::string& path) {
  const auto bytes = read_file(path, 1 << 20);
  if (!bytes) return tl::unexpected(bytes.error());
  try {
    return HostReader({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path).read();
  } catch (const Failure& failure) {
    return tl::unexpected(failure.error);
  }
}

}  // namespace vmsim::cli
