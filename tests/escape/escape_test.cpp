// Resource control: whatever a guest tries, under every technique and on every engine, nothing outside its slice changes or shows, and it
// ends as a trap, an error or a limit, just as on the bare machine. tests/mutants/escape.mutants removes the one check that
// each attack aims at, and shows that the attack then succeeds.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "escape/arena.hpp"
#include "isa/isa.hpp"
#include "support/scale.hpp"

namespace vmsim::escape {
namespace {

std::string told(int code) {
  switch (code) {
    case escaped: return "the guest goes on where it must be stopped";
    case at_the_limit: return "it runs to the limit";
    case idle_for_ever: return "it waits for ever";
    default: return fmt::format("it ends with code {}", code);
  }
}

class Escape : public testing::TestWithParam<Attack> {};

TEST_P(Escape, does_not_succeed) {
  const Attack& attack = GetParam();
  // On a small scale the first engine alone.
  auto engines = test::every_engine();
  engines.resize(std::min<size_t>(test::scaled(engines.size()), engines.size()));
  std::map<std::string, Ending> endings;
  for (const auto& [name, engine] : engines)
    for (const char* technique : {"emulate", "trap", "hybrid", "bare"}) {
      SCOPED_TRACE(std::string(technique) + " on " + name);
      const Ending ending = endings[std::string(technique) + " on " + name] = run(attack, technique, engine);
      EXPECT_EQ(ending.damage, "");
      EXPECT_EQ(told(ending.code), told(attack.ends));
    }
  const Ending expected = endings["bare on interpreter"];
  for (const auto& [where, ending] : endings) {
    EXPECT_EQ(ending.steps, expected.steps) << where;
    EXPECT_EQ(ending.hash, expected.hash) << where << ": other records than on the bare machine";
  }
}

std::string name_of(const testing::TestParamInfo<Attack>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Memory, Escape, testing::ValuesIn(memory_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Paging, Escape, testing::ValuesIn(paging_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Registers, Escape, testing::ValuesIn(register_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Disk, Escape, testing::ValuesIn(disk_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Devices, Escape, testing::ValuesIn(device_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Firmware, Escape, testing::ValuesIn(firmware_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Harmless, Escape, testing::ValuesIn(harmless()), name_of);
INSTANTIATE_TEST_SUITE_P(StoppedTwice, Escape, testing::ValuesIn(stopped_twice()), name_of);

/// The attacks of each entry of tests/mutants/escape.mutants, which takes one check away.
std::map<std::string, std::set<std::string>> entries() {
  std::map<std::string, std::set<std::string>> found;
  std::ifstream list(VMSIM_SOURCE_DIR "/tests/mutants/escape.mutants");
  std::string line, entry;
  const std::string test = "test: test_escape --gtest_filter=*/";
  while (std::getline(list, line)) {
    if (line.starts_with("[")) entry = line.substr(1, line.size() - 2), found[entry];
    if (line.starts_with(test)) found[entry].insert(line.substr(test.size()));
  }
  return found;
}

TEST(Attacks, each_is_tried_where_the_check_that_it_aims_at_is_missing) {
  std::map<std::string, std::set<std::string>> aims;
  size_t count = 0;
  for (const auto& attacks : {memory_attacks(), paging_attacks(), register_attacks(), disk_attacks(), device_attacks(), firmware_attacks()})
    for (const Attack& attack : attacks) aims[attack.aims_at].insert(attack.name), ++count;
  EXPECT_EQ(entries(), aims);
  EXPECT_GE(count, 40u);
}

TEST(TheHost, ends_whoever_passes_the_end_of_a_machines_memory) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Machine real(Isa::toy32(), 1u << 20, {});
  volatile uint8_t* bytes = real.memory().bytes().data();
  EXPECT_DEATH(bytes[1u << 20] = 1, "");
  EXPECT_DEATH(static_cast<void>(bytes[-1]), "");
}

}  // namespace
}  // namespace vmsim::escape
