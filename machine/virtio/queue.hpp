// A split virtqueue (Virtual I/O Device specification 1.2, section 2.7) from the device's side. Everything in it is the
// guest's and may be hostile: whatever is out of bounds, loops or contradicts itself makes the queue broken, never the device.
#pragma once

#include <vector>

#include "machine/dma.hpp"

namespace vmsim::virtio {

/// One descriptor's buffer.
struct Buffer {
  uint64_t at = 0;
  uint32_t size = 0;  // bytes; all of them the guest's
  bool for_device_to_write = false;
};

/// A chain of buffers: those to read come first.
struct Chain {
  uint16_t head = 0;
  std::vector<Buffer> buffers;
  /// Bytes of one kind in all.
  [[nodiscard]] uint64_t total(bool for_device_to_write) const;
  /// Gathers from the readable buffers, or scatters to the writable ones, from byte `offset` of them on. False where they are too short.
  bool read(const Dma& dma, uint64_t offset, std::span<uint8_t> to) const;
  bool write(Dma& dma, uint64_t offset, std::span<const uint8_t> from) const;
};

class Queue {
 public:
  static constexpr uint32_t largest = 128;  // descriptors

  uint32_t size = 0;                                  // descriptors
  uint64_t descriptors = 0, available = 0, used = 0;  // addresses of the three parts
  bool ready = false;

  /// The guest's count of chains made available, modulo 65536; nothing where it cannot be read.
  [[nodiscard]] std::optional<uint16_t> available_index(const Dma& dma) const { return dma.get<uint16_t>(available + 2); }
  /// True while chains before `until` have not been taken. Cannot hold for more than `size` of them.
  [[nodiscard]] bool has_before(uint16_t until) const { return taken_ != until; }
  /// The next chain; nothing where it is malformed: the queue is broken then.
  std::optional<Chain> take(const Dma& dma);
  /// Gives a chain back with `written` bytes in it. True where the guest wants an interrupt; nothing where the queue is broken.
  std::optional<bool> give_back(Dma& dma, const Chain& chain, uint32_t written);

 private:
  uint16_t taken_ = 0, returned_ = 0;
};

}  // namespace vmsim::virtio
