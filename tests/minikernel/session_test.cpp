// The minikernel, used as a person would use it: a scripted session gives the same console and the same disk on the bare machine and under every
// technique, and the lock-step holds record by record.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "minikernel/session.hpp"
#include "monitor/verify.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

using test::bytes_of, test::Session;

TEST(AScriptedSession, shows_what_each_line_should) {
  Session bare("bare");
  ASSERT_EQ(bare.run(), Stopped::powered_off) << bare.console;
  EXPECT_EQ(bare.made.computer().board().exit_code(), 7);
  size_t at = 0;
  for (const test::Line& line : test::script) {
    const std::string wanted = std::string("$ ") + line.typed + line.shown;
    const size_t found = bare.console.find(wanted, at);
    EXPECT_NE(found, std::string::npos) << "not shown after the lines before it:\n" << wanted << "\nthe whole console:\n" << bare.console;
    if (found != std::string::npos) at = found;
  }
}

struct Case {
  const char* technique;
  bool paravirtual_kernel;
  EngineKind engine = EngineKind::interpreter;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.technique << (c.paravirtual_kernel ? ", the paravirtual kernel" : "") << (c.engine == EngineKind::jit ? ", on the jit" : "");
}

class UnderTechnique : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (GetParam().engine == EngineKind::jit && !has_jit()) GTEST_SKIP() << "this build has no jit for its host";
    bare.emplace("bare", GetParam().paravirtual_kernel);
    guest.emplace(GetParam().technique, GetParam().paravirtual_kernel, EngineOptions{.kind = GetParam().engine});
  }
  std::optional<Session> bare, guest;
};

TEST_P(UnderTechnique, the_session_has_the_same_console_and_the_same_disk_as_on_the_bare_machine) {
  const std::string_view technique = GetParam().technique;
  if (test::samples_only() && technique != "trap" && technique != "paravirt") GTEST_SKIP() << "too long for this scale";
  ASSERT_EQ(bare->run(), Stopped::powered_off);
  ASSERT_EQ(guest->run(), Stopped::powered_off);
  EXPECT_EQ(guest->console, bare->console);
  EXPECT_EQ(guest->made.computer().hart(), bare->made.computer().hart());
  EXPECT_TRUE(guest->disk_bytes() == bare->disk_bytes()) << "the disks differ";
  EXPECT_FALSE(bare->disk_bytes() == bytes_of("minikernel.img")) << "the session should have written to the disk";
}

TEST_P(UnderTechnique, the_records_are_the_same_from_power_on) {
  const Verdict verdict = verify({bare->made.computer(), bare->console}, {guest->made.computer(), guest->console}, {.max_steps = test::scaled(4'000'000)});
  EXPECT_FALSE(verdict.difference) << verdict.difference->what << " at step " << verdict.difference->step;
  EXPECT_GT(verdict.traps, 0u);
}

INSTANTIATE_TEST_SUITE_P(Techniques, UnderTechnique,
                         testing::Values(Case{"trap", false}, Case{"hybrid", false}, Case{"emulate", false}, Case{"paravirt", true}, Case{"trap", true},
                                         Case{"hybrid", true}, Case{"emulate", true}));
INSTANTIATE_TEST_SUITE_P(OnTheJit, UnderTechnique,
                         testing::Values(Case{"bare", false, EngineKind::jit}, Case{"trap", false, EngineKind::jit}, Case{"hybrid", false, EngineKind::jit},
                                         Case{"emulate", false, EngineKind::jit}, Case{"bare", true, EngineKind::jit},
                                         Case{"paravirt", true, EngineKind::jit}));

TEST(TheKernel, has_at_most_2500_lines_in_both_its_forms) {
  size_t lines = 0;
  for (const char* folder : {"kernel", "native", "paravirt"})
    for (const auto& file : std::filesystem::directory_iterator(std::string(VMSIM_SOURCE_DIR "/guests/minikernel/") + folder)) {
      std::ifstream in(file.path());
      lines += static_cast<size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
    }
  EXPECT_GT(lines, 1000u);
  EXPECT_LE(lines, 2500u);
}

TEST(Clusters, make_fewer_exits_of_the_same_session_and_the_same_records) {
  Session off("trap", false, {}, false), on("trap");
  test::Digest without, with;
  ASSERT_EQ(off.run(&without), Stopped::powered_off);
  ASSERT_EQ(on.run(&with), Stopped::powered_off);
  EXPECT_EQ(with.count, without.count);
  EXPECT_EQ(with.hash, without.hash) << "the records";
  EXPECT_EQ(on.console, off.console);
  EXPECT_EQ(on.made.computer().hart(), off.made.computer().hart());
  EXPECT_EQ(off.made.guest->clustered(), 0u);
  EXPECT_LT(on.made.guest->exits(), off.made.guest->exits());
}

/// Without clusters, which take from the native kernel what the paravirtual one never had.
TEST(TheParavirtualKernel, has_the_native_kernels_console_and_disk_with_a_third_of_its_exits) {
  Session native("trap", false, {}, false), paravirtual("paravirt", true, {}, false);
  ASSERT_EQ(native.run(), Stopped::powered_off);
  ASSERT_EQ(paravirtual.run(), Stopped::powered_off);
  EXPECT_EQ(paravirtual.console, native.console);
  EXPECT_TRUE(paravirtual.disk_bytes() == native.disk_bytes()) << "the disks differ";
  EXPECT_LT(3 * paravirtual.made.guest->exits(), native.made.guest->exits());
}

}  // namespace
}  // namespace vmsim
