// What a run's options and image become in memory: image, initial RAM disk and device tree, of any size and at any
// place. Either an error in one line, or all three stand in memory, whole and apart, and the tree says so.
#include <libfdt.h>

#include <string>

#include "fuzz/bytes.hpp"
#include "isa/isa.hpp"
#include "machine/computer.hpp"
#include "machine/device_tree.hpp"
#include "machine/disk.hpp"

using namespace vmsim;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

uint32_t cell(const void* tree, int node, const char* name, int index = 0) {
  int length = 0;
  const auto* cells = static_cast<const fdt32_t*>(fdt_getprop(tree, node, name, &length));
  require(cells != nullptr && length >= 4 * (index + 1));
  return fdt32_to_cpu(cells[index]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Bytes in(data, size);
  const uint32_t ram = (1 + in.half() % 512) * page_size;
  BoardOptions board;
  for (uint32_t i = in.below(1 + Board::most_disks); i > 0; --i) board.disks.push_back(Disk::in_memory(std::vector<uint8_t>(Disk::sector_size)));
  if (in.below(2) == 1) board.entropy_seed = 1;
  const std::vector<uint8_t> initrd(in.half() * (in.below(4) == 0 ? 64u : 1u), 0x1D);
  Image image{.entry = in.word(), .kind = "image"};
  for (uint32_t i = in.below(4); i > 0; --i) {
    const uint32_t at = in.below(4) == 0 ? in.word() : ram_base + in.word() % ram;
    image.segments.push_back({at, std::vector<uint8_t>(in.half(), 0x33), in.below(4) == 0 ? in.word() : in.half()});
  }
  std::string append;
  for (const uint8_t b : in.some(DeviceTreeOptions::longest_bootargs)) append += static_cast<char>(b != 0 ? b : ' ');  // a command line has no zero byte

  Machine machine(Isa::toy32(), ram, board);
  DeviceTreeOptions options{.ram_size = ram, .bootargs = append, .virtio_slots = machine.board().virtio_slots()};
  const auto error_is_told = [](const auto& result) { require(!result.error().what.empty() && result.error().text().find('\n') == std::string::npos); };
  if (!initrd.empty()) {
    const auto at = machine.place_initrd(initrd);
    if (!at) return error_is_told(at), 0;
    options.initrd_start = *at;
    options.initrd_end = *at + static_cast<uint32_t>(initrd.size());
  }
  const auto tree = build_device_tree(options);
  if (const auto booted = machine.boot(image, tree); !booted) return error_is_told(booted), 0;

  const Memory& memory = machine.memory();
  const Physical at{machine.hart().x[11]};
  require(memory.contains(at, static_cast<uint32_t>(tree.size())));
  const void* found = memory.host(at);
  require(fdt_check_full(found, memory.base().at + memory.size() - at.at) == 0);
  const int chosen = fdt_path_offset(found, "/chosen"), ram_node = fdt_path_offset(found, "/memory@80000000");
  require(cell(found, ram_node, "reg") == ram_base && cell(found, ram_node, "reg", 1) == ram);
  if (!append.empty()) require(append == static_cast<const char*>(fdt_getprop(found, chosen, "bootargs", nullptr)));
  if (!initrd.empty()) {
    const uint32_t start = cell(found, chosen, "linux,initrd-start"), end = cell(found, chosen, "linux,initrd-end");
    require(end - start == initrd.size() && start >= ram_base && end <= at.at);
    require(std::memcmp(memory.host(Physical{start}), initrd.data(), initrd.size()) == 0);
  }
  for (const Segment& s : image.segments) require(s.address >= ram_base && s.address + s.size() <= at.at);
  for (const uint32_t slot : machine.board().virtio_slots()) {
    char path[64];
    std::snprintf(path, sizeof path, "/soc/virtio@%x", virtio::Mmio::base + slot * virtio::Mmio::size);
    require(fdt_path_offset(found, path) >= 0);
  }
  return 0;
}
