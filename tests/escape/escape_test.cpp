// Resource control: whatever a guest tries, under every technique and on every engine, nothing outside its slice changes or shows, and it
// ends as a trap, an error or a limit, just as on the bare machine. tests/mutants/escape.mutants shows that each attack
// succeeds where the check that it aims at is missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "escape/arena.hpp"
#include "isa/isa.hpp"
#include "support/scale.hpp"

namespace vmsim::escape {
namespace {

class Escape : public testing::TestWithParam<Attack> {};

TEST_P(Escape, does_not_succeed) {
  const Attack& attack = GetParam();
  const Ending expected = run(attack, "bare", {});
  EXPECT_EQ(expected.code, attack.ends) << "bare";
  EXPECT_EQ(expected.damage, "") << "bare";
  // On a small scale the first engine alone.
  for (const auto& [name, engine] : std::span(test::every_engine).first(std::min<size_t>(test::scaled(test::every_engine.size()), test::every_engine.size())))
    for (const char* technique : {"bare", "emulate", "trap", "hybrid"}) {
      SCOPED_TRACE(std::string(technique) + " on " + name);
      const Ending ending = run(attack, technique, engine);
      EXPECT_EQ(ending.damage, "");
      EXPECT_EQ(ending.code, attack.ends);
      EXPECT_EQ(ending.steps, expected.steps);
      EXPECT_EQ(ending.hash, expected.hash) << "other records than on the bare machine";
    }
}

std::string name_of(const testing::TestParamInfo<Attack>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Memory, Escape, testing::ValuesIn(memory_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Paging, Escape, testing::ValuesIn(paging_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Registers, Escape, testing::ValuesIn(register_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Disk, Escape, testing::ValuesIn(disk_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Devices, Escape, testing::ValuesIn(device_attacks()), name_of);
INSTANTIATE_TEST_SUITE_P(Firmware, Escape, testing::ValuesIn(firmware_attacks()), name_of);

TEST(TheHost, ends_whoever_passes_the_end_of_a_machines_memory) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Machine real(Isa::toy32(), 1u << 20, {});
  volatile uint8_t* bytes = real.memory().bytes().data();
  EXPECT_DEATH(bytes[1u << 20] = 1, "");
  EXPECT_DEATH(static_cast<void>(bytes[-1]), "");
}

}  // namespace
}  // namespace vmsim::escape
