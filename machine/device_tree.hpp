// The flattened device tree that a kernel finds in a1: what the board holds, as QEMU's virt board would say it (Devicetree
// Specification 0.4; Linux bindings).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vmsim {

struct DeviceTreeOptions {
  static constexpr size_t longest_bootargs = 4096;

  uint32_t ram_base = 0x8000'0000;
  uint32_t ram_size = 0;
  std::string bootargs;                       // at most longest_bootargs bytes
  std::vector<uint32_t> virtio_slots;         // those that hold a device
  uint32_t initrd_start = 0, initrd_end = 0;  // addresses; equal: none
};

std::vector<uint8_t> build_device_tree(const DeviceTreeOptions& options);

}  // namespace vmsim
