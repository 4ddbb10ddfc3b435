// What a kernel finds in memory when it starts: its image, the initial RAM disk, and the device tree that names both the board and the options.
#include <gtest/gtest.h>
#include <libfdt.h>

#include "isa/isa.hpp"
#include "machine/computer.hpp"
#include "machine/device_tree.hpp"
#include "machine/disk.hpp"

namespace vmsim {
namespace {

uint32_t cell(const void* tree, const char* path, const char* name, int index = 0) {
  int length = 0;
  const auto* cells = static_cast<const fdt32_t*>(fdt_getprop(tree, fdt_path_offset(tree, path), name, &length));
  if (cells == nullptr || length < 4 * (index + 1)) throw std::runtime_error(std::string("no ") + path + " " + name);
  return fdt32_to_cpu(cells[index]);
}

TEST(TheDeviceTree, names_memory_command_line_initial_ram_disk_and_devices) {
  const BoardOptions board{.disks = {Disk::in_memory(std::vector<uint8_t>(512))}, .entropy_seed = 1};
  Machine machine(Isa::toy32(), 4 << 20, board);
  const std::vector<uint8_t> initrd(5000, 0x1D);
  const uint32_t at = machine.place_initrd(initrd).value();
  const auto tree = build_device_tree(
      {.ram_size = 4 << 20, .bootargs = "root=/dev/vda quiet", .virtio_slots = machine.board().virtio_slots(), .initrd_start = at, .initrd_end = at + 5000});
  ASSERT_TRUE(machine.boot({.segments = {{ram_base, {1, 2, 3, 4}, 100}}, .entry = ram_base}, tree));
  const void* found = machine.memory().host(Physical{machine.hart().x[11]});
  ASSERT_EQ(fdt_check_full(found, tree.size()), 0);
  EXPECT_EQ(cell(found, "/memory@80000000", "reg"), ram_base);
  EXPECT_EQ(cell(found, "/memory@80000000", "reg", 1), 4u << 20);
  EXPECT_STREQ(static_cast<const char*>(fdt_getprop(found, fdt_path_offset(found, "/chosen"), "bootargs", nullptr)), "root=/dev/vda quiet");
  EXPECT_EQ(cell(found, "/chosen", "linux,initrd-start"), at);
  EXPECT_EQ(cell(found, "/chosen", "linux,initrd-end"), at + 5000);
  EXPECT_TRUE(std::equal(initrd.begin(), initrd.end(), machine.memory().host(Physical{at})));
  EXPECT_EQ(cell(found, "/soc/virtio@10001000", "interrupts"), 1u);
  EXPECT_EQ(cell(found, "/soc/virtio@10008000", "interrupts"), 8u);
  EXPECT_LT(fdt_path_offset(found, "/soc/virtio@10002000"), 0) << "an empty slot";
  EXPECT_EQ(cell(found, "/soc/serial@10000000", "interrupts"), Board::uart_source);
}

TEST(TheDeviceTree, says_nothing_of_what_there_is_not) {
  const auto tree = build_device_tree({.ram_size = 4 << 20});
  const int chosen = fdt_path_offset(tree.data(), "/chosen");
  EXPECT_EQ(fdt_getprop(tree.data(), chosen, "bootargs", nullptr), nullptr);
  EXPECT_EQ(fdt_getprop(tree.data(), chosen, "linux,initrd-start", nullptr), nullptr);
}

TEST(AnImage, is_refused_where_it_reaches_into_what_stands_above_it) {
  for (const bool with_initrd : {false, true}) {
    Machine machine(Isa::toy32(), 1 << 20, {});
    const uint32_t end = with_initrd ? machine.place_initrd(std::vector<uint8_t>(4096)).value() : ram_base + (1 << 20) - 4096;
    const auto tree = build_device_tree({.ram_size = 1 << 20});
    EXPECT_TRUE(machine.boot({.segments = {{end - 100, {}, 100}}, .entry = ram_base}, tree));
    const auto booted = machine.boot({.segments = {{end - 100, {}, 101}}, .entry = ram_base}, tree);
    ASSERT_FALSE(booted);
    EXPECT_EQ(booted.error().what, with_initrd ? "the image reaches into the initial RAM disk" : "the image reaches into the device tree");
  }
}

}  // namespace
}  // namespace vmsim
