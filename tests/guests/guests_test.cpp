// Every guest prints what its .expected says, and makes the same records on the bare machine and under every technique.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "machine/device_tree.hpp"
#include "machine/loader.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t ram = 16u << 20;
constexpr uint64_t limit = 100'000'000;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Guest {
  std::string name;
  fs::path image, expected, input;  // input: an input log to replay, where there is one
};
std::ostream& operator<<(std::ostream& out, const Guest& g) { return out << g.name; }

std::vector<Guest> all_guests() {
  std::vector<Guest> guests;
  const fs::path source = fs::path(VMSIM_SOURCE_DIR) / "guests";
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (entry.path().extension() != ".expected") continue;
    const std::string name = entry.path().stem();
    const fs::path assembly = fs::path(entry.path()).replace_extension(".s");
    guests.push_back({name, fs::exists(assembly) ? assembly : fs::path(VMSIM_BINARY_DIR) / "guests" / (name + ".elf"), entry.path(),
                      fs::path(entry.path()).replace_extension(".input")});
  }
  std::ranges::sort(guests, {}, &Guest::name);
  return guests;
}

struct Result {
  std::string console;
  int code = -1;
  uint64_t hash = 0, steps = 0;
  Hart hart;
};

Result run(const Guest& guest, std::string_view technique, bool traced, EngineKind kind = EngineKind::interpreter) {
  Result r;
  ConsoleOptions console{.output = [&](uint8_t byte) { r.console += static_cast<char>(byte); }};
  if (fs::exists(guest.input)) console.input = parse_input_log(text_of(guest.input), guest.input).value();
  const test::Made made = test::make(technique, ram, {.console = console}, {.kind = kind});
  const std::string bytes = text_of(guest.image);
  const auto image = load_image(Isa::toy32(), {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, guest.image);
  if (!image) throw std::runtime_error(image.error().text());
  EXPECT_TRUE(made.computer().boot(*image, build_device_tree({.ram_size = ram})));
  test::Digest digest;
  EXPECT_EQ(made.computer().run(limit, traced ? &digest : nullptr), Stopped::powered_off) << technique;
  r.code = made.computer().board().exit_code().value_or(-1);
  r.hash = digest.hash;
  r.hart = made.computer().hart();
  r.steps = r.hart.clock.steps;
  EXPECT_EQ(digest.count, traced ? r.steps : 0);
  return r;
}

class EveryGuest : public testing::TestWithParam<Guest> {};

TEST_P(EveryGuest, prints_what_is_expected_and_runs_the_same_under_every_technique) {
  const Result bare = run(GetParam(), "bare", true);
  EXPECT_EQ(bare.console, text_of(GetParam().expected));
  EXPECT_EQ(bare.code, 0);
  for (const char* technique : {"trap", "emulate", "hybrid"}) {
    const Result r = run(GetParam(), technique, true);
    EXPECT_EQ(r.console, bare.console) << technique;
    EXPECT_EQ(r.steps, bare.steps) << technique;
    EXPECT_EQ(r.hash, bare.hash) << technique;
  }
  EXPECT_TRUE(run(GetParam(), "trap", false).hart == bare.hart) << "without a trace";
  if (!has_jit()) return;
  for (const char* technique : {"bare", "trap", "emulate", "hybrid"}) {  // unrecorded: translated code makes no records
    const Result r = run(GetParam(), technique, false, EngineKind::jit);
    EXPECT_EQ(r.console, bare.console) << technique << " by the jit";
    EXPECT_EQ(r.steps, bare.steps) << technique << " by the jit";
    EXPECT_TRUE(r.hart == bare.hart) << technique << " by the jit";
    EXPECT_EQ(r.code, bare.code) << technique << " by the jit";
  }
}

INSTANTIATE_TEST_SUITE_P(Guests, EveryGuest, testing::ValuesIn(all_guests()), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace vmsim
