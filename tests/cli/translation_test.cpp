// What the jit makes of a guest, as a student looks at it: of what ran (`run --show-translation`) and of an image (`disasm --translated`).
#include <fmt/format.h>

#include <algorithm>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

/// True, or the test is left out: this build has a jit.
bool jit_is_there() { return vmsim({"run", guest("hello.s"), "--engine", "jit"}).code == 0; }

/// The parts of one block, in order. A pass that changes nothing shows nothing.
void expect_parts(const std::string& text, const std::string& first) {
  size_t at = 0;
  for (const std::string& part : {first, std::string("\nIR\n"), std::string("\nhost code")}) {
    at = text.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << " in:\n" << text;
  }
}
size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}
size_t blocks_in(const std::string& text) { return count_of(text, "guest code at "); }

TEST(Translations, of_a_run_show_guest_code_ir_and_host_code_with_how_often_each_ran) {
  if (!jit_is_there()) GTEST_SKIP() << "this build has no jit";
  const Ran all = vmsim({"run", guest("hello.s"), "--engine", "jit", "--show-translation"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_GT(blocks_in(all.out), 1u);
  const Ran one = vmsim({"run", guest("hello.s"), "--engine", "jit", "--show-translation=0x80200058"});
  EXPECT_GE(blocks_in(one.out), 1u) << one.out;
  EXPECT_LE(blocks_in(one.out), count_of(one.out, "\n  80200058  sb t1,0(t0)\n  8020005c")) << "each has it, a loop more than once";
  EXPECT_NE(one.out.find(" runs\n"), std::string::npos);
  expect_parts(one.out, "guest code at 80200058, ");
}

TEST(Translations, of_an_image_are_those_of_all_its_code_or_of_one_address) {
  const Ran all = vmsim({"disasm", "--translated", guest("hello.s")});
  if (!jit_is_there()) {
    EXPECT_EQ(all.code, 65);
    GTEST_SKIP() << "this build has no jit";
  }
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_GT(blocks_in(all.out), 3u);
  for (const char* pass : {"constants", "dead-stores", "dead-values"}) EXPECT_GT(count_of(all.out, std::string("\nIR after ") + pass), 0u) << pass;
  const Ran one = vmsim({"disasm", "--translated=0x80200058", guest("hello.s")});
  EXPECT_EQ(blocks_in(one.out), 1u) << one.out;
  expect_parts(one.out, "guest code at 80200058, kernel mode");
}

TEST(Translations, of_what_is_no_address_or_not_in_the_image_are_refused_in_one_line) {
  if (!jit_is_there()) GTEST_SKIP() << "this build has no jit";
  for (const char* address : {"main", "0x80200002", "0x90000000", "0x180200000", "-4"}) {
    const Ran ran = vmsim({"disasm", fmt::format("--translated={}", address), guest("hello.s")});
    EXPECT_EQ(ran.code, 65) << address;
    EXPECT_EQ(ran.out, "") << address;
    EXPECT_NE(ran.err.find("--translated"), std::string::npos) << ran.err;
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
  }
  EXPECT_EQ(vmsim({"run", guest("hello.s"), "--engine", "jit", "--show-translation=main"}).code, 65);
  EXPECT_EQ(vmsim({"run", guest("hello.s"), "--engine", "interpreter", "--show-translation"}).code, 65);
}

}  // namespace
}  // namespace vmsim::test
