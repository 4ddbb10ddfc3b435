// vmsim host: what it says of a bad file, and what it does with a good one.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/command.hpp"
#include "support/scale.hpp"

namespace vmsim::test {
namespace {

constexpr const char* good = "[machine]\nmemory = 32\nsteps = 100000\n[[guest]]\nname = \"a\"\nimage = \"spin.s\"\n";

/// `line`: where the complaint must point, in a file that is `good` and then `more` (from line 7 on).
struct Bad {
  const char* name;
  const char* more;
  int line;
  const char* what;
};
std::ostream& operator<<(std::ostream& out, const Bad& b) { return out << b.name; }

constexpr Bad bad_files[] = {
    {"an_unknown_key_of_a_guest", "wieght = 3\n", 7, "unknown key"},
    {"an_unknown_table", "[[guests]]\nname = \"b\"\n", 7, "unknown key"},
    {"weight_zero", "weight = 0\n", 7, "weight should be a number from 1 to 10000"},
    {"a_negative_weight", "weight = -5\n", 7, "weight should be a number"},
    {"a_weight_that_is_text", "weight = \"much\"\n", 7, "weight should be a number"},
    {"a_weight_with_a_fraction", "weight = 1.5\n", 7, "weight should be a number"},
    {"a_name_that_is_a_number", "[[guest]]\nname = 7\nimage = \"spin.s\"\n", 8, "name should be text"},
    {"a_name_that_commands_a_terminal", "[[guest]]\nname = \"\\u001b[2J\"\nimage = \"spin.s\"\n", 8, "cannot be a name"},
    {"two_guests_of_one_name", "[[guest]]\nname = \"a\"\nimage = \"spin.s\"\n", 8, "two guests are called"},
    {"a_guest_without_a_name", "[[guest]]\nimage = \"spin.s\"\n", 7, "no name"},
    {"a_guest_without_an_image", "[[guest]]\nname = \"b\"\n", 7, "no image"},
    {"more_memory_than_the_machine_has", "[[guest]]\nname = \"b\"\nimage = \"spin.s\"\nmemory = 20\n", 7, "the machine 32"},
    {"memory_beyond_all_machines", "memory = 5000000000\n", 7, "memory should be a number"},
    {"two_guests_with_one_disk", "disk = \"d.img\"\n[[guest]]\nname = \"b\"\nimage = \"spin.s\"\ndisk = \"./d.img\"\n", 11, "have one disk"},
    {"a_disk_written_by_one_and_copied_by_another", "disk = \"d.img\"\n[[guest]]\nname = \"b\"\nimage = \"spin.s\"\ndisk = \"d.img,cow\"\n", 11,
     "have one disk"},
    {"an_unknown_technique", "technique = \"magic\"\n", 7, "unknown technique"},
    {"a_cap_above_its_period", "max = \"200 100\"\n", 7, "max should be"},
    {"a_negative_cap", "max = \"-200 -100\"\n", 7, "max should be"},
    {"a_cap_that_is_a_number", "max = 200\n", 7, "max should be"},
    {"a_pause_that_ends_first", "pause = [10, 5]\n", 7, "pause should be"},
    {"a_pause_that_is_a_number", "pause = 10\n", 7, "pause should be"},
    {"control_in_quotes", "control = \"yes\"\n", 7, "true or false"},
    {"two_control_domains", "control = true\n[[guest]]\nname = \"b\"\nimage = \"spin.s\"\ncontrol = true\n", 11, "already is the control domain"},
    {"two_guests_at_the_keyboard", "console = \"terminal\"\n[[guest]]\nname = \"b\"\nimage = \"spin.s\"\nconsole = \"terminal\"\n", 11,
     "already has the keyboard"},
    {"a_template_that_nobody_can_use", "[[template]]\nname = \"t\"\nimage = \"spin.s\"\n", 7, "nobody can use"},
    {"a_template_with_hours", "control = true\n[[template]]\nname = \"t\"\nimage = \"spin.s\"\nstart = 5\n", 11, "unknown key"},
    {"a_template_with_a_disk_of_its_own", "control = true\n[[template]]\nname = \"t\"\nimage = \"spin.s\"\ndisk = \"d.img\"\n", 11, "many guests"},
    {"a_template_with_a_console_file", "control = true\n[[template]]\nname = \"t\"\nimage = \"spin.s\"\nconsole = \"out\"\n", 11, "many guests"},
    {"not_TOML", "weight 3\n", 7, "not TOML"},
    {"a_key_twice", "weight = 3\nweight = 3\n", 8, "not TOML"},
};

class BadHostFiles : public testing::TestWithParam<Bad> {
 protected:
  Scratch files;
  void SetUp() override {
    files.write("spin.s", "_start: j _start\n");
    files.write("d.img", std::string(4096, '\0'));
  }
};

TEST_P(BadHostFiles, get_one_error_with_its_line) {
  const auto path = files.write("host.toml", std::string(good) + GetParam().more);
  const Ran ran = vmsim({"host", path});
  EXPECT_EQ(ran.code, 65);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_NE(ran.err.find("host.toml:" + std::to_string(GetParam().line) + ":"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(GetParam().what), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Files, BadHostFiles, testing::ValuesIn(bad_files), [](const auto& bad) { return std::string(bad.param.name); });

TEST_F(BadHostFiles, that_are_huge_or_not_there_or_have_no_guest_get_one_error) {
  for (const auto& path :
       {files.write("huge.toml", std::string(2 << 20, '#')), files / "nowhere.toml", files.write("none.toml", "[machine]\n"), files.write("empty.toml", "")}) {
    const Ran ran = vmsim({"host", path});
    EXPECT_EQ(ran.code, 65) << path;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
}

TEST_F(BadHostFiles, do_not_stop_the_others_where_a_guest_cannot_start) {
  files.write("broken.s", "_start: nonsense\n");
  const auto path = files.write("host.toml", std::string(good) +
                                                 "[[guest]]\nname = \"b\"\nimage = \"broken.s\"\nmemory = 4\n"
                                                 "[[guest]]\nname = \"c\"\nimage = \"nowhere.s\"\nmemory = 4\n"
                                                 "[[guest]]\nname = \"d\"\nimage = \"spin.s\"\nmemory = 4\ndisk = \"no.img\"\n");
  const Ran ran = vmsim({"host", path, "--json"});
  EXPECT_EQ(ran.code, 65);
  for (const char* left_out : {"host.toml:7:1: guest 'b' is left out: ", "guest 'c' is left out: ", "guest 'd' is left out: "})
    EXPECT_NE(ran.err.find(left_out), std::string::npos) << ran.err;
  const auto report = nlohmann::json::parse(ran.out);
  EXPECT_EQ(report["guests"][0]["received"], 100000);
  EXPECT_EQ(report["guests"][1]["state"], "failed to start");
  EXPECT_EQ(report["guests"].size(), 4u);
}

class TheControlDomain : public testing::Test {
 protected:
  /// The minikernel as the control domain, `typed` to it a line at a time; the machine's report. `machine` adds to [machine].
  nlohmann::json run(const std::vector<std::string>& typed, const std::string& machine = {}, const std::string& control = "control = true\n") {
    std::string log;
    uint64_t at = 3'000'000;
    for (const std::string& line : typed) {
      log += std::to_string(at) + " \"" + line + "\\n\"\n";
      at += 30'000'000;
    }
    files.write("typed.log", log);
    files.write("spin.s", "_start: addi t0, t0, 1\n j _start\n");
    const std::string guests = VMSIM_BINARY_DIR "/guests/minikernel";
    const std::string steps = std::to_string(typed.size() * 130'000'000);  // the other guest uses up what is left of them
    const auto path =
        files.write("host.toml", "[machine]\nmemory = 64\nsteps = " + steps + "\n" + machine + "[[guest]]\nname = \"first\"\nimage = \"" + guests +
                                     ".elf\"\ndisk = \"" + guests + ".img,cow\"\nconsole = \"console\"\ninput = \"typed.log\"\nsteps = 40_000_000\n" + control +
                                     "[[guest]]\nname = \"other\"\nimage = \"spin.s\"\nmemory = 4\nweight = 10\n" +
                                     (control.empty() ? "" : "[[template]]\nname = \"spinner\"\nimage = \"spin.s\"\nmemory = 4\nweight = 10\n"));
    const Ran ran = vmsim({"host", path, "--json"});
    EXPECT_EQ(ran.err, "");
    console = read_text(files / "console");
    return nlohmann::json::parse(ran.out);
  }
  Scratch files;
  std::string console;
};

TEST_F(TheControlDomain, works_from_the_minikernels_shell) {
  const auto report = run({"vm templates; vm create spinner a; vm create spinner a; vm create nothing b", "vm pause a; vm destroy other; vm list",
                           "vm destroy a; vm list; vm pause first; halt 3"});
  EXPECT_NE(console.find("0 spinner\nmachine 2\nvm: a: no such machine or template, or the name is not free\nvm: nothing: no such machine"), std::string::npos)
      << console;
  EXPECT_NE(console.find("2 paused 4096K 10 "), std::string::npos) << console;
  EXPECT_NE(console.find("vm: first: this machine may not\n"), std::string::npos) << console;
  EXPECT_EQ(report["guests"][0]["state"], "exit code 3") << console;
  EXPECT_EQ(report["guests"][1]["state"], "destroyed");
  EXPECT_EQ(report["guests"][2]["name"], "a");
  EXPECT_EQ(report["guests"][2]["state"], "destroyed");
  EXPECT_GT(report["guests"][2]["received"], 0);
}

TEST_F(TheControlDomain, is_the_same_in_every_run_whether_pages_are_shared_or_not_and_on_both_engines) {
  const std::vector<std::string> typed{"vm create spinner a; vm list", "vm pause a; vm list", "vm list; halt"};
  const auto first = run(typed);
  const std::string shown = console;
  std::vector<std::string> machines{"", "share = false\n", "engine = \"jit\"\n"};
  if (samples_only()) machines = {machines.back()};
  for (const std::string& machine : machines) {
    if (machine.find("jit") != std::string::npos && vmsim({"run", guest("hello.s"), "--engine", "jit"}).code == 65) continue;
    EXPECT_EQ(run(typed, machine), first) << machine;
    EXPECT_EQ(console, shown) << machine;
  }
}

TEST_F(TheControlDomain, is_only_the_guest_that_was_granted_it) {
  const auto report = run({"vm list; vm templates; vm destroy other; halt"}, "", "");
  EXPECT_NE(console.find("vm: list: this machine may not\nvm: templates: this machine may not\nvm: other: this machine may not\n"), std::string::npos)
      << console;
  EXPECT_NE(report["guests"][1]["state"], "destroyed");
}

TEST(TheHostFilesInTheTree, run) {
  const Ran ran = vmsim({"host", VMSIM_SOURCE_DIR "/guests/host/three.toml", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto report = nlohmann::json::parse(ran.out.substr(ran.out.find("{\"steps\"")));
  EXPECT_NEAR(report["guests"][1]["received"].get<double>(), 2 * report["guests"][0]["received"].get<double>(),
              0.02 * report["guests"][1]["received"].get<double>());
}

}  // namespace
}  // namespace vmsim::test
