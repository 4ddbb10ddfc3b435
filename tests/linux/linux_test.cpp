// A Linux that nobody here wrote boots to `Power down` on the bare machine and under every technique, with the same console bytes and the same records.
// The image is $VMSIM_LINUX, or ../shared/guests/linux-6.1-rv32ima.Image from the source folder; docs/linux.md builds one.
// Records are compared by a hash at every million steps; with VMSIM_LOCKSTEP set, one by one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "machine/device_tree.hpp"
#include "machine/loader.hpp"
#include "monitor/verify.hpp"
#include "support/collect.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 64u << 20;
constexpr uint64_t limit = 1'000'000'000;  // steps
constexpr uint64_t million = 1'000'000;

std::string image_path() {
  const char* named = std::getenv("VMSIM_LINUX");
  return named != nullptr ? named : VMSIM_SOURCE_DIR "/../shared/guests/linux-6.1-rv32ima.Image";
}

/// The hash of all records so far, at every million steps.
struct Milestones : test::Digest {
  std::vector<uint64_t> hashes;
  void record(const Record& r) override {
    Digest::record(r);
    if (count % million == 0) hashes.push_back(hash);
  }
};

class Linux : public testing::Test {
 protected:
  struct Run {
    std::string console;
    test::Made made;
    Milestones records;
    [[nodiscard]] Computer& computer() const { return made.computer(); }
  };

  void SetUp() override {
    const std::string path = image_path();
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no Linux image at " << path << ": set VMSIM_LINUX, see docs/linux.md";
    std::ifstream in(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    auto image = load_image(Isa::toy32(), {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, path);
    ASSERT_TRUE(image) << image.error().text();
    image_ = std::move(*image);
  }

  /// A computer with Linux in it, ready to run.
  std::unique_ptr<Run> boot(const char* technique, EngineKind engine = EngineKind::interpreter, bool clusters = true) {
    auto run = std::make_unique<Run>();
    run->made = test::make(technique, ram, {.console = {.output = [to = &run->console](uint8_t byte) { *to += static_cast<char>(byte); }}}, {.kind = engine},
                           Isa::toy32(), clusters);
    const DeviceTreeOptions tree{.ram_size = ram, .bootargs = "console=hvc0 earlycon=sbi", .virtio_slots = run->computer().board().virtio_slots()};
    EXPECT_TRUE(run->computer().boot(image_, build_device_tree(tree)));
    return run;
  }

  Image image_;
};

TEST_F(Linux, boots_to_power_down_with_the_same_console_and_records_on_the_bare_machine_and_under_every_technique) {
  if (test::samples_only()) GTEST_SKIP() << "too long for this scale: the boots without a trace do";
  const auto bare = boot("bare");
  ASSERT_EQ(bare->computer().run(limit, &bare->records), Stopped::powered_off);
  EXPECT_NE(bare->console.find("guest: crc defa9e47"), std::string::npos) << bare->console;
  EXPECT_NE(bare->console.find("guest: child 7"), std::string::npos);
  EXPECT_NE(bare->console.find("Power down"), std::string::npos);
  ASSERT_GT(bare->records.hashes.size(), 10u);
  std::map<std::pair<std::string_view, bool>, uint64_t> exits;
  std::vector<std::pair<std::string_view, bool>> ways{{"trap", false}};
  for (const std::string_view technique : technique_names) ways.emplace_back(technique, true);
  for (const auto& way : ways) {
    const auto [technique, clusters] = way;
    SCOPED_TRACE(std::string(technique) + (clusters ? "" : ", no clusters"));
    const auto run = boot(technique.data(), EngineKind::interpreter, clusters);
    ASSERT_EQ(run->computer().run(limit, &run->records), Stopped::powered_off);
    exits[way] = run->made.guest->exits();
    EXPECT_EQ(run->console, bare->console);
    EXPECT_EQ(run->records.count, bare->records.count);
    ASSERT_EQ(run->records.hashes.size(), bare->records.hashes.size());
    for (size_t i = 0; i < bare->records.hashes.size(); ++i)
      ASSERT_EQ(run->records.hashes[i], bare->records.hashes[i]) << "before step " << (i + 1) * million << "; VMSIM_LOCKSTEP=1 says where";
    EXPECT_EQ(run->records.hash, bare->records.hash);
    EXPECT_EQ(run->computer().hart(), bare->computer().hart());
  }
  const uint64_t on = exits[{"trap", true}], off = exits[{"trap", false}];
  EXPECT_LT(on, off) << "exits with clusters and without";
}

// Without a trace engines run other code: no records, but the same hart at every million steps, the same console and the same end.
TEST_F(Linux, boots_the_same_without_a_trace_on_every_engine) {
  std::vector<Hart> milestones;
  std::string console;
  for (const EngineKind engine : {EngineKind::interpreter, EngineKind::jit}) {
    if (engine == EngineKind::jit && !has_jit()) continue;
    std::vector<std::string_view> techniques{"bare"};
    techniques.insert(techniques.end(), technique_names.begin(), technique_names.end());
    for (const std::string_view technique : techniques) {
      SCOPED_TRACE(std::string(technique) + (engine == EngineKind::jit ? ", jit" : ", interpreter"));
      const auto run = boot(technique.data(), engine);
      std::vector<Hart> harts;
      Stopped why = Stopped::budget;
      for (uint64_t until = million; why == Stopped::budget && until < limit; until += million) {
        why = run->computer().run(until, nullptr);
        harts.push_back(run->computer().hart());
      }
      ASSERT_EQ(why, Stopped::powered_off);
      if (milestones.empty()) {
        milestones = std::move(harts);
        console = run->console;
        EXPECT_NE(console.find("Power down"), std::string::npos);
        continue;
      }
      EXPECT_EQ(run->console, console);
      ASSERT_EQ(harts.size(), milestones.size());
      for (size_t i = 0; i < harts.size(); ++i) ASSERT_TRUE(harts[i] == milestones[i]) << "before step " << (i + 1) * million;
    }
  }
}

TEST_F(Linux, boots_in_full_lock_step_on_request) {
  if (std::getenv("VMSIM_LOCKSTEP") == nullptr) GTEST_SKIP() << "set VMSIM_LOCKSTEP to compare record by record";
  for (const std::string_view technique : technique_names) {
    SCOPED_TRACE(technique);
    const auto bare = boot("bare"), run = boot(technique.data());
    const Verdict verdict = verify({bare->computer(), bare->console}, {run->computer(), run->console}, {.max_steps = limit});
    EXPECT_FALSE(verdict.difference) << "step " << verdict.difference->step << ": " << verdict.difference->what;
    EXPECT_EQ(verdict.why, Stopped::powered_off);
    std::cout << technique << ": " << verdict.steps << " steps, " << verdict.traps << " traps, " << verdict.interrupts << " interrupts\n";
  }
}

}  // namespace
}  // namespace vmsim
