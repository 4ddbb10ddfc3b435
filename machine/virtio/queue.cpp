#include "machine/virtio/queue.hpp"

#include <algorithm>

namespace vmsim::virtio {
namespace {

struct Descriptor {
  uint64_t at;
  uint32_t size;
  uint16_t flags, next;
};
static_assert(sizeof(Descriptor) == 16);

constexpr uint16_t has_next = 1, device_writes = 2, indirect = 4;
constexpr uint16_t no_interrupt = 1;

/// Walks the bytes [offset, offset + count) of the buffers of one kind: f(guest address, position, bytes).
bool each_piece(const std::vector<Buffer>& buffers, bool for_device_to_write, uint64_t offset, uint64_t count, auto f) {
  uint64_t done = 0;
  for (const Buffer& b : buffers) {
    if (b.for_device_to_write != for_device_to_write) continue;
    if (offset >= b.size) {
      offset -= b.size;
      continue;
    }
    const uint64_t piece = std::min(b.size - offset, count - done);
    if (piece != 0 && !f(b.at + offset, done, piece)) return false;
    done += piece;
    offset = 0;
  }
  return done == count;
}

}  // namespace

uint64_t Chain::total(bool for_device_to_write) const {
  uint64_t sum = 0;
  for (const Buffer& b : buffers) sum += b.for_device_to_write == for_device_to_write ? b.size : 0;
  return sum;
}

bool Chain::read(const Dma& dma, uint64_t offset, std::span<uint8_t> to) const {
  return each_piece(buffers, false, offset, to.size(), [&](uint64_t at, uint64_t done, uint64_t count) { return dma.read(at, to.subspan(done, count)); });
}

bool Chain::write(Dma& dma, uint64_t offset, std::span<const uint8_t> from) const {
  return each_piece(buffers, true, offset, from.size(), [&](uint64_t at, uint64_t done, uint64_t count) { return dma.write(at, from.subspan(done, count)); });
}

std::optional<Chain> Queue::take(const Dma& dma) {
  const auto head = dma.get<uint16_t>(available + 4 + 2 * (taken_ % size));
  if (!head || *head >= size) return std::nullopt;
  ++taken_;
  Chain chain{.head = *head};
  uint16_t index = *head;
  for (;;) {
    const auto d = dma.get<Descriptor>(descriptors + uint64_t{16} * index);
    if (!d || (d->flags & indirect) != 0 || !dma.contains(d->at, d->size)) return std::nullopt;
    const bool writes = (d->flags & device_writes) != 0;
    if (!writes && !chain.buffers.empty() && chain.buffers.back().for_device_to_write) return std::nullopt;
    if (chain.buffers.size() == size) return std::nullopt;  // more than there are: a loop
    chain.buffers.push_back({d->at, d->size, writes});
    if ((d->flags & has_next) == 0) return chain;
    if (d->next >= size) return std::nullopt;
    index = d->next;
  }
}

std::optional<bool> Queue::give_back(Dma& dma, const Chain& chain, uint32_t written) {
  struct Used {
    uint32_t head, written;
  };
  if (!dma.put(used + 4 + uint64_t{8} * (returned_ % size), Used{chain.head, written})) return std::nullopt;
  if (!dma.put(used + 2, ++returned_)) return std::nullopt;
  const auto flags = dma.get<uint16_t>(available);
  return flags ? std::optional((*flags & no_interrupt) == 0) : std::nullopt;
}

}  // namespace vmsim::virtio
