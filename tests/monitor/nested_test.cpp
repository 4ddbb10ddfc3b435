// Popek and Goldberg's theorem 2: a virtual machine is a platform, so a monitor runs over a monitor.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "machine/device_tree.hpp"
#include "machine/loader.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

TEST(AMonitorUnderAMonitor, runs_hello_with_the_records_of_the_bare_machine) {
  std::ifstream in(VMSIM_SOURCE_DIR "/guests/asm/hello.s");
  std::stringstream source;
  source << in.rdbuf();
  const std::string text = source.str();
  const auto image = load_image(Isa::toy32(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "hello.s");
  ASSERT_TRUE(image) << image.error().text();
  constexpr uint32_t ram = 8u << 20;
  const auto tree = build_device_tree({.ram_size = ram});
  std::string console;
  const BoardOptions board{.console = {.output = [&](uint8_t byte) { console += static_cast<char>(byte); }}};

  Machine bare(Isa::toy32(), ram, {});
  test::Collect expected;
  ASSERT_TRUE(bare.boot(*image, tree));
  ASSERT_EQ(bare.run(100'000, &expected), Stopped::powered_off);

  Machine real(Isa::toy32(), ram + 2 * VirtualMachine::overhead + (16u << 20), {});
  const auto outer = VirtualMachine::make(real, ram + VirtualMachine::overhead + (8u << 20), {}, Technique::trap);
  ASSERT_TRUE(outer) << outer.error().text();
  const auto inner = VirtualMachine::make(**outer, ram, board, Technique::trap);
  ASSERT_TRUE(inner) << inner.error().text();
  test::Collect found;
  ASSERT_TRUE((*inner)->boot(*image, tree));
  ASSERT_EQ((*inner)->run(100'000, &found), Stopped::powered_off);
  EXPECT_EQ(console, "Hello\nfrom toy32\n");
  EXPECT_EQ(found.records, expected.records);
  EXPECT_GT((*inner)->exits(), 0u);
  EXPECT_GT((*outer)->exits(), 0u);
}

}  // namespace
}  // namespace vmsim
