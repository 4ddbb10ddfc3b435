// One definition, many readers. This program is built from the project's own sources and a table in which one row is changed:
// "sltu" is called "sgeu" and computes the opposite (see tests/CMakeLists.txt). Every reader must follow it, with no other line
// changed; and the reference interpreter, which does not read the table, must notice.
#include <gtest/gtest.h>

#include "isa/assembler/assemble.hpp"
#include "isa/disassemble.hpp"
#include "lockstep/against_reference.hpp"
#include "support/collect.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

using lockstep::Program;

constexpr uint32_t sltu_word = 0x00C5'B533;  // sltu a0, a1, a2

/// Runs `sltu a0, a1, a2` with 1 and 2; gives the record of that step.
Record run_it(std::string_view technique) {
  const test::Made made = test::make(technique, Program::ram_size);
  Computer& computer = made.computer();
  computer.memory().write(Physical{Program::ram}, sltu_word, Width::word);
  Hart& hart = computer.hart();
  hart.pc = Program::ram;
  hart.x[11] = 1;
  hart.x[12] = 2;
  test::Collect sink;
  EXPECT_EQ(computer.run(1, &sink), Stopped::budget);
  return sink.records.at(0);
}

TEST(OneRowChanged, decoder_and_disassembler_follow) {
  const Isa& isa = Isa::toy32();
  EXPECT_EQ(isa.find("sltu"), illegal_op);
  EXPECT_EQ(isa.decode(sltu_word).op, isa.find("sgeu"));
  EXPECT_EQ(disassemble(isa, sltu_word, 0), "sgeu\ta0,a1,a2");
  EXPECT_EQ(isa.encode(isa.find("sgeu"), {.rd = 10, .rs1 = 11, .rs2 = 12}), sltu_word);
}

TEST(OneRowChanged, assembler_follows) {
  const auto changed = assemble(Isa::toy32(), "sgeu a0, a1, a2", "changed.s");
  ASSERT_TRUE(changed) << changed.error().text();
  EXPECT_EQ(to_flat(*changed), (std::vector<uint8_t>{0x33, 0xB5, 0xC5, 0x00}));
  EXPECT_FALSE(assemble(Isa::toy32(), "sltu a0, a1, a2", "unchanged.s"));
}

TEST(OneRowChanged, interpreter_and_emulator_follow) {
  const Record bare = run_it("bare");
  ASSERT_EQ(bare.registers.count, 1);
  EXPECT_EQ(*bare.registers.begin(), (RegisterWrite{10, 0})) << "1 is less than 2, so toy32's sltu gives 1";
  EXPECT_EQ(run_it("trap"), bare);
  EXPECT_EQ(run_it("emulate"), bare);
}

TEST(OneRowChanged, the_reference_notices) {
  const uint64_t first = test::first_seed(), count = std::max<uint64_t>(20, test::scaled(200));
  uint64_t noticed = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const auto result = compare_with_reference(lockstep::make_program(seed, {.paging = seed % 2 != 0}));
    if (result.difference.empty()) continue;  // a program that never comes to the row
    ++noticed;
    EXPECT_TRUE(result.difference.starts_with("sgeu ")) << result.difference;
  }
  std::cout << noticed << " of " << count << " programs differ\n";
  EXPECT_GE(10 * noticed, count);
}

}  // namespace
}  // namespace vmsim
