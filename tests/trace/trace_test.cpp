// The traces as people and tools get them, from the program itself: the lecture's block to the letter, what levels,
// windows and filters leave in, that jsonl has the documented fields and no others, and that Spike's log and the trace
// events say what jsonl says.
#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <regex>
#include <set>

#include "support/command.hpp"
#include "support/scale.hpp"

namespace vmsim::test {
namespace {

using nlohmann::json;

std::vector<std::string> every_guest() {
  std::vector<std::string> names{"hello.s", "tour.s", "syscalls.s", "exceptions.s", "atomics.s", "misaligned.s", "spaces.s", "transmit.s"};
  if (!samples_only()) names.emplace_back("ticks.s");  // two thirds of all the lines
  return names;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The trace of a guest, without its console.
std::string trace(const std::string& name, std::vector<std::string> options) {
  const Scratch files;
  options.insert(options.begin(), {"run", guest(name), "--console", "none", "--trace-out", files / "trace"});
  const Ran ran = vmsim(options);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return read_text(files / "trace");
}
std::vector<json> jsonl(const std::string& name, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"--trace=all", "--trace-format", "jsonl"});
  std::vector<json> lines;
  for (const std::string& line : lines_of(trace(name, options))) lines.push_back(json::parse(line));
  return lines;
}
bool is_record(const json& line) { return line.at("type") == "record"; }
std::vector<json> only(const std::vector<json>& lines, const std::function<bool(const json&)>& wanted) {
  std::vector<json> chosen;
  std::ranges::copy_if(lines, std::back_inserter(chosen), wanted);
  return chosen;
}

// ---- text
// -------------------------------------------------------------------------------------------------------------------

TEST(TheTextTrace, of_the_first_guest_is_the_lectures_five_steps_to_the_letter) {
  const std::string golden = read_text(VMSIM_SOURCE_DIR "/tests/trace/hello.trace");
  EXPECT_EQ(vmsim({"run", guest("hello.s"), "--trace"}).out, golden);
  EXPECT_EQ(vmsim({"run", guest("hello.s"), "--trace=exits"}).out, golden);
}

TEST(TheTextTrace, has_five_numbered_steps_in_every_block_of_every_guest) {
  for (const std::string& name : every_guest()) {
    SCOPED_TRACE(name);
    size_t blocks = 0, step = 0;
    const std::regex comment("  ([1-5]) [a-z][^←→<>]*$");
    for (const std::string& line : lines_of(trace(name, {"--trace"}))) {
      if (line.empty()) {
        EXPECT_EQ(step, 5u);
        ++blocks, step = 0;
        continue;
      }
      std::smatch found;
      const std::string number = "#" + std::to_string(blocks + 1) + "  ";
      EXPECT_EQ(line.starts_with("#"), step == 0) << line;
      EXPECT_EQ(line.starts_with(number), step == 0) << line;
      if (std::regex_search(line, found, comment)) ++step;
      EXPECT_EQ(step, found.empty() ? 4 : std::stoul(found[1])) << "only the virtual CPU's changes take more than one line: " << line;
    }
    EXPECT_EQ(blocks, jsonl(name, {"--trace-filter", "kind=emulate,kind=reflect,kind=inject,kind=fill,kind=device,kind=firmware,kind=wait"}).size());
  }
}

TEST(TheTextTrace, shows_at_each_level_what_the_document_says) {
  for (const char* name : {"hello.s", "tour.s", "syscalls.s"}) {
    SCOPED_TRACE(name);
    const auto lines = jsonl(name);
    const auto records = only(lines, is_record);
    const auto with_memory = only(records, [](const json& r) { return !r.at("memory").empty(); });

    const std::string steps = trace(name, {"--trace=instructions"});
    EXPECT_EQ(lines_of(steps).size(), records.size());
    size_t step = 0;
    for (const std::string& line : lines_of(steps)) {
      EXPECT_EQ(std::stoul(line), step);
      EXPECT_EQ(line.substr(12, 6), records[step].at("mode") == "user" ? "user  " : "kernel");
      EXPECT_EQ(std::stoul(line.substr(20, 8), nullptr, 16), records[step].at("pc"));
      const std::string event = records[step].at("event");
      const std::string says = event == "trap"   ? "→ trap: " + records[step].at("cause_name").get<std::string>()
                               : event == "none" ? records[step].at("instruction").get<std::string>()
                                                 : event;
      EXPECT_NE(line.find(says.substr(0, says.find_first_of("0x"))), std::string::npos) << line;
      ++step;
    }
    EXPECT_EQ(trace(name, {"--trace=instructions", "--technique", "bare"}), steps) << "records are the guest's view";

    size_t accesses = 0;
    for (const json& r : with_memory) accesses += r.at("memory").size();
    const std::string memory = trace(name, {"--trace=memory"});
    EXPECT_EQ(lines_of(memory).size(), accesses);
    for (const std::string& line : lines_of(memory))
      EXPECT_TRUE(std::regex_search(line, std::regex("  (load   \\[.*→ |store  \\[.*← )[0-9a-f]{2,8}$"))) << line;
    EXPECT_EQ(trace(name, {"--trace=memory", "--technique", "bare"}), memory);

    // `all` is the two streams together: without its blocks it is `instructions` with accesses, without its steps it is
    // `exits`.
    std::string blocks;
    size_t shown_steps = 0, shown_accesses = 0;
    bool in_block = false;
    for (const std::string& line : lines_of(trace(name, {"--trace=all"}))) {
      in_block |= line.starts_with("#");
      if (in_block) blocks += line + "\n";
      else ++shown_steps, shown_accesses += line.find("[", 60) != std::string::npos;
      in_block &= !line.empty();
    }
    EXPECT_EQ(blocks, trace(name, {"--trace"}));
    EXPECT_EQ(shown_steps, records.size());
    EXPECT_EQ(shown_accesses, with_memory.size());
  }
}

TEST(TheTextTrace, of_the_bare_machine_shows_traps_and_the_returns_from_them) {
  const auto records = jsonl("syscalls.s", {"--technique", "bare"});
  const auto sret = [](const json& r) { return r.value("instruction", "") == "sret"; };
  const auto expected = only(records, [&](const json& r) { return r.at("event") != "none" || sret(r); });
  const auto lines = lines_of(trace("syscalls.s", {"--trace", "--technique", "bare"}));
  ASSERT_EQ(lines.size(), expected.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(std::stoul(lines[i]), expected[i].at("step"));
    EXPECT_NE(lines[i].find(sret(expected[i]) ? "sret" : "→ trap: "), std::string::npos) << lines[i];
  }
}

// ---- windows and filters
// ----------------------------------------------------------------------------------------------------

TEST(AWindowOrAFilter, leaves_exactly_what_it_names) {
  const auto lines = jsonl("syscalls.s");
  const auto place = [&](const std::string& symbol) {
    for (const json& line : lines)
      if (line.value("symbol", "") == symbol) return line.at("pc").get<uint32_t>() - line.at("offset").get<uint32_t>();
    ADD_FAILURE() << symbol;
    return 0u;
  };
  const uint32_t start = place("_start"), handler = place("kernel");
  const auto word_is = [](const json& l, uint32_t mask, uint32_t match) { return (l.at("word").get<uint32_t>() & mask) == match; };
  const auto hex = [](uint32_t value) {
    std::stringstream text;
    text << std::hex << value;
    return text.str();
  };
  const struct {
    std::vector<std::string> options;
    std::function<bool(const json&)> takes;
  } cases[] = {
      {{"--trace-from", "100"}, [](const json& l) { return l.at("step") >= 100; }},
      {{"--trace-until", "50"}, [](const json& l) { return l.at("step") < 50; }},
      {{"--trace-from", "20", "--trace-until", "40"}, [](const json& l) { return l.at("step") >= 20 && l.at("step") < 40; }},
      {{"--trace-filter", "op=csrrw"}, [&](const json& l) { return word_is(l, 0x707F, 0x1073); }},
      {{"--trace-filter", "op=csrrw,op=ecall"}, [&](const json& l) { return word_is(l, 0x707F, 0x1073) || word_is(l, ~0u, 0x73); }},
      {{"--trace-filter", "mode=user"}, [](const json& l) { return l.at("mode") == "user"; }},
      {{"--trace-filter", "mode=user,op=ecall"}, [&](const json& l) { return l.at("mode") == "user" && word_is(l, ~0u, 0x73); }},
      {{"--trace-filter", "pc=kernel"}, [&](const json& l) { return l.at("pc") == handler; }},
      {{"--trace-filter", "pc=_start-kernel"}, [&](const json& l) { return l.at("pc") >= start && l.at("pc") <= handler; }},
      {{"--trace-filter", "pc=" + hex(start) + "-" + hex(start + 12)}, [&](const json& l) { return l.at("pc").get<uint32_t>() - start <= 12; }},
      {{"--trace-filter", "kind=reflect"}, [](const json& l) { return !is_record(l) && l.at("kind") == "reflect"; }},
      {{"--trace-filter", "kind=reflect,kind=fill"}, [](const json& l) { return !is_record(l) && (l.at("kind") == "reflect" || l.at("kind") == "fill"); }},
      {{"--trace-filter", "cause=user-ecall"}, [](const json& l) { return l.value("cause", 0) == 8 || l.value("real_cause", 0) == 8; }},
      {{"--trace-filter", "cause=8"}, [](const json& l) { return l.value("cause", 0) == 8 || l.value("real_cause", 0) == 8; }},
      {{"--trace-filter", "cause=8", "--trace-from", "300"},
       [](const json& l) { return l.at("step") >= 300 && (l.value("cause", 0) == 8 || l.value("real_cause", 0) == 8); }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.options));
    const auto expected = only(lines, c.takes);
    EXPECT_FALSE(expected.empty());
    EXPECT_LT(expected.size(), lines.size());
    EXPECT_EQ(jsonl("syscalls.s", c.options), expected);
  }
  EXPECT_EQ(jsonl("syscalls.s", {"--trace-filter", "cause=fetch-misaligned"}).size(), 0u) << "cause 0 is not the cause of what has none";
}

// ---- jsonl
// ------------------------------------------------------------------------------------------------------------------

/// The names in the first column of the table of docs/trace.md that follows `heading`.
std::set<std::string> documented_fields(const std::string& heading) {
  const std::string document = read_text(VMSIM_SOURCE_DIR "/docs/trace.md");
  const size_t at = document.find(heading);
  EXPECT_NE(at, std::string::npos) << heading;
  std::set<std::string> fields{"type"};
  bool in_table = false;
  for (const std::string& line : lines_of(document.substr(at))) {
    if (!line.starts_with("|")) {
      if (in_table) break;
      continue;
    }
    in_table = true;
    const size_t end = line.find('|', 1);
    for (const std::string& column : {line.substr(0, end), line.find("of the two in the middle also") != std::string::npos ? line.substr(end) : ""}) {
      const std::regex name("`([a-z_]+)`");
      for (std::sregex_iterator i(column.begin(), column.end(), name), last; i != last; ++i) fields.insert((*i)[1]);
    }
  }
  return fields;
}

TEST(TheJsonlTrace, has_the_documented_fields_and_no_others) {
  const std::map<std::string, std::set<std::string>> sometimes{
      {"record", {"instruction", "symbol", "offset", "cause", "cause_name", "epc", "tval"}},
      {"act", {"instruction", "symbol", "offset", "cause", "cause_name", "detail"}},
  };
  std::map<std::string, std::set<std::string>> seen;
  std::map<std::string, std::set<std::string>> inner;
  for (const std::string& name : every_guest())
    for (const json& line : jsonl(name)) {
      const std::string type = line.at("type");
      for (const auto& [field, value] : line.items()) {
        seen[type].insert(field);
        if (value.is_array())
          for (const json& item : value)
            for (const auto& [key, ignored] : item.items()) inner[field].insert(key);
      }
    }
  for (const auto& [type, optional] : sometimes) {
    const auto documented = documented_fields(type == "record" ? "A `jsonl` record has" : "and an act has");
    EXPECT_EQ(seen[type], documented) << type;
    for (const std::string& name : every_guest())
      for (const json& line : only(jsonl(name, {"--trace-until", "300"}), [&type = type](const json& l) { return l.at("type") == type; }))
        for (const std::string& field : documented) ASSERT_TRUE(line.contains(field) || optional.contains(field)) << field << " is not in " << line;
  }
  const std::map<std::string, std::set<std::string>> items{{"registers", {"register", "value"}},
                                                           {"memory", {"kind", "virtual", "physical", "size", "value"}},
                                                           {"csrs", {"csr", "value"}},
                                                           {"changes", {"what", "before", "after"}}};
  EXPECT_EQ(inner, items);
}

TEST(TheJsonlTrace, has_every_step_once_and_says_where_the_next_one_starts) {
  for (const std::string& name : every_guest()) {
    const auto records = only(jsonl(name), is_record);
    for (size_t i = 0; i < records.size(); ++i) {
      ASSERT_EQ(records[i].at("step"), i) << name;
      if (i > 0) {
        ASSERT_EQ(records[i - 1].at("next_pc"), records[i].at("pc")) << name << " step " << i;
      }
    }
  }
}

TEST(ATraceForATool, has_standard_output_for_itself) {
  const Ran lines = vmsim({"run", guest("hello.s"), "--trace=all", "--trace-format", "jsonl"});
  for (const std::string& line : lines_of(lines.out)) ASSERT_TRUE(json::parse(line).contains("type"));
  const Ran events = vmsim({"run", guest("hello.s"), "--trace=all", "--trace-format", "chrome"});
  EXPECT_FALSE(json::parse(events.out).at("traceEvents").empty());
  const Ran log = vmsim({"run", guest("hello.s"), "--trace=all", "--trace-format", "spike"});
  for (const std::string& line : lines_of(log.out)) ASSERT_TRUE(line.starts_with("core   0: ")) << line;
  for (const Ran& ran : {lines, events, log}) EXPECT_EQ(ran.err, "Hello\nfrom toy32\n");
}

// ---- spike
// ------------------------------------------------------------------------------------------------------------------

std::string hex(const json& value, int digits) {
  std::string text(static_cast<size_t>(digits), '0');
  uint32_t v = value.get<uint32_t>();
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, v >>= 4) *digit = "0123456789abcdef"[v & 15];
  return "0x" + text;
}

/// The line of riscv-isa-sim's commit_log_print_insn, or the lines of its take_trap, for a record.
std::string as_spike_would(const json& r) {
  if (r.at("event") == "interrupt")
    return "core   0: exception interrupt #" + std::to_string(r.at("cause").get<uint32_t>() & 0xFF) + ", epc " + hex(r.at("epc"), 8) + "\n";
  if (r.at("event") == "trap") {
    static const std::map<int, std::string> names{{0, "instruction_address_misaligned"},
                                                  {1, "instruction_access_fault"},
                                                  {2, "illegal_instruction"},
                                                  {3, "breakpoint"},
                                                  {4, "load_address_misaligned"},
                                                  {5, "load_access_fault"},
                                                  {6, "store_address_misaligned"},
                                                  {7, "store_access_fault"},
                                                  {8, "user_ecall"},
                                                  {12, "instruction_page_fault"},
                                                  {13, "load_page_fault"},
                                                  {15, "store_page_fault"}};
    std::string text = "core   0: exception trap_" + names.at(r.at("cause")) + ", epc " + hex(r.at("epc"), 8) + "\n";
    if (r.at("cause") != 8) text += "core   0:           tval " + hex(r.at("tval"), 8) + "\n";
    return text;
  }
  std::string line = std::string("core   0: ") + (r.at("mode") == "user" ? "0 " : "1 ") + hex(r.at("pc"), 8) + " (" + hex(r.at("word"), 8) + ")";
  for (const json& w : r.at("registers")) {
    std::string reg = "x" + std::to_string(w.at("register").get<int>());
    reg.resize(3, ' ');
    line += " " + reg + " " + hex(w.at("value"), 8);
  }
  static const std::map<std::string, int> csrs{{"sstatus", 0x100},  {"sie", 0x104},      {"stvec", 0x105},     {"scounteren", 0x106},
                                               {"sscratch", 0x140}, {"sepc", 0x141},     {"scause", 0x142},    {"stval", 0x143},
                                               {"sip", 0x144},      {"stimecmp", 0x14D}, {"stimecmph", 0x15D}, {"satp", 0x180}};
  for (const json& w : r.at("csrs")) line += " c" + std::to_string(csrs.at(w.at("csr"))) + "_" + w.at("csr").get<std::string>() + " " + hex(w.at("value"), 8);
  for (const json& m : r.at("memory")) {
    line += " mem " + hex(m.at("virtual"), 8);
    if (m.at("kind") == "store") line += " " + hex(m.at("value"), 2 * m.at("size").get<int>());
  }
  return line + "\n";
}

TEST(TheSpikeTrace, is_spikes_commit_log_of_every_step_at_every_level) {
  for (const std::string& name : every_guest()) {
    SCOPED_TRACE(name);
    const auto records = only(jsonl(name), is_record);
    std::string expected;
    for (const json& r : records) {
      for (const json& w : r.at("registers")) EXPECT_NE(w.at("register"), 0) << "Spike never shows x0";
      expected += as_spike_would(r);
    }
    for (const char* level : {"--trace", "--trace=instructions", "--trace=memory", "--trace=all"})
      EXPECT_EQ(trace(name, {level, "--trace-format", "spike"}), expected) << level;
    EXPECT_EQ(trace(name, {"--trace", "--trace-format", "spike", "--technique", "bare"}), expected);
  }
}

// ---- chrome
// -----------------------------------------------------------------------------------------------------------------

TEST(TheChromeTrace, is_trace_event_json_with_nested_slices_and_a_track_for_each_hart_monitor_and_device) {
  const struct {
    const char* name;
    std::set<std::string> tracks;
  } cases[] = {
      {"hello.s", {"hart 0", "monitor", "uart 10000000", "power 00100000"}},
      {"tour.s", {"hart 0", "monitor", "uart 10000000", "power 00100000"}},
      {"transmit.s", {"hart 0", "monitor", "uart 10000000", "plic 0c000000", "power 00100000"}},
      {"syscalls.s", {"hart 0", "monitor", "uart 10000000", "power 00100000"}},
      {"exceptions.s", {"hart 0", "monitor", "uart 10000000", "power 00100000"}},
      {"ticks.s", {"hart 0", "monitor", "uart 10000000", "power 00100000"}},
      {"timers.s", {"hart 0", "monitor", "firmware"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto lines = jsonl(c.name);
    const json document = json::parse(trace(c.name, {"--trace", "--trace-format", "chrome"}));
    std::map<int, std::string> titles;
    std::map<int, std::vector<std::pair<std::string, double>>> open;  // slices that have begun
    std::map<int, double> last;                                       // where the track stands
    std::map<std::string, size_t> slices;
    for (const json& e : document.at("traceEvents")) {
      const std::string kind = e.at("ph");
      const int tid = e.at("tid");
      if (kind == "M") {
        EXPECT_EQ(e.at("name"), "thread_name");
        EXPECT_TRUE(titles.emplace(tid, e.at("args").at("name")).second) << "a track is announced once";
        continue;
      }
      ASSERT_TRUE(titles.contains(tid)) << "a track is announced before it is used";
      const double at = e.at("ts");
      EXPECT_GE(at, last[tid] - 1e-6) << e;
      last[tid] = at;
      if (kind == "B") open[tid].emplace_back(e.at("name"), at);
      if (kind == "X") {
        EXPECT_TRUE(open[tid].empty());
        EXPECT_GT(e.at("dur"), 0);
        last[tid] = at + e.at("dur").get<double>();
      }
      if (kind == "E") {
        ASSERT_FALSE(open[tid].empty()) << e;
        EXPECT_GT(at, open[tid].back().second) << "slices have a length";
        open[tid].pop_back();
      }
      slices[titles.at(tid)] += kind == "X" || kind == "B";
    }
    for (const auto& [tid, slices_open] : open) EXPECT_TRUE(slices_open.empty()) << titles.at(tid);
    std::set<std::string> tracks;
    for (const auto& [tid, title] : titles) EXPECT_TRUE(tracks.insert(title).second) << "two tracks are called " << title;
    EXPECT_EQ(tracks, c.tracks);
    EXPECT_EQ(slices.at("monitor"), only(lines, [](const json& l) { return !is_record(l); }).size());
    size_t device_accesses = 0, device_slices = 0;
    for (const json& r : only(lines, is_record))
      for (const json& m : r.at("memory")) device_accesses += m.at("physical") < 0x8000'0000u;
    for (const auto& [title, count] : slices)
      if (title != "monitor" && title != "firmware" && !title.starts_with("hart")) device_slices += count;
    EXPECT_EQ(device_slices, device_accesses);
    EXPECT_GE(slices.at("hart 0"), only(lines, [](const json& l) { return is_record(l) && (l.at("event") == "trap" || l.at("event") == "interrupt"); }).size());
  }
}

// ---- statistics
// -------------------------------------------------------------------------------------------------------------

TEST(Statistics, count_every_exit_once_with_its_share_and_the_steps_before_it) {
  for (const std::string& name : every_guest()) {
    SCOPED_TRACE(name);
    for (const char* clusters : {"off", "on"}) {
      SCOPED_TRACE(clusters);
      const auto all = jsonl(name, {"--clusters", clusters});
      const auto told = only(all, [](const json& l) { return !is_record(l); });
      const auto acts = only(told, [](const json& l) { return !l.at("clustered"); });
      const Ran ran = vmsim({"run", guest(name), "--console", "none", "--stats", "--clusters", clusters});
      const auto lines = lines_of(ran.out);
      ASSERT_GE(lines.size(), 3u);
      EXPECT_TRUE(std::regex_match(lines.front(), std::regex("exits by reason +count +share +steps since last exit +clustered")));
      std::map<std::string, size_t> by_kind, expected;
      for (const json& a : acts) ++expected[a.at("kind")];
      double share = 0, steps = 0;
      size_t count = 0, clustered = 0, previous = ~size_t{0};
      const std::regex row("([a-z].{38}[^ ]|[a-z].*?) +([0-9]+) +([0-9.]+)% +([0-9.]+) +([0-9]+)");
      for (size_t i = 1; i + 2 < lines.size(); ++i) {
        std::smatch found;
        ASSERT_TRUE(std::regex_match(lines[i], found, row)) << lines[i];
        const size_t here = std::stoul(found[2]);
        EXPECT_LE(here, previous) << "most frequent first";
        previous = here;
        const std::string reason = found[1];
        if (here != 0) by_kind[reason.substr(0, reason.find(' '))] += here;
        clustered += std::stoul(found[5]);
        count += here;
        share += std::stod(found[3]);
        steps += std::stod(found[4]) * static_cast<double>(here);
        EXPECT_NEAR(std::stod(found[3]), 100.0 * static_cast<double>(here) / static_cast<double>(acts.size()), 0.051);
      }
      EXPECT_EQ(by_kind, expected);
      EXPECT_EQ(count, acts.size());
      EXPECT_EQ(clustered, told.size() - acts.size());
      EXPECT_NEAR(share, 100, 0.06 * static_cast<double>(lines.size()));
      EXPECT_NEAR(steps, acts.back().at("step"), 0.06 * static_cast<double>(count)) << "the gaps between exits make up the run";
      EXPECT_NE(lines.back().find("steps " + std::to_string(all.size() - told.size()) + ", exits per million steps "), std::string::npos) << lines.back();
    }
  }
}

}  // namespace
}  // namespace vmsim::test
