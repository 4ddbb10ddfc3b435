#include "machine/virtio/blk.hpp"

namespace vmsim::virtio {
namespace {

constexpr uint32_t feature_segment_max = 1 << 2, feature_read_only = 1 << 5, feature_block_size = 1 << 6, feature_flush = 1 << 9;
constexpr uint32_t type_in = 0, type_out = 1, type_flush = 4, type_get_id = 8;
constexpr uint8_t status_ok = 0, status_io_error = 1, status_unsupported = 2;
constexpr uint32_t id_size = 20;

struct Header {
  uint32_t type, reserved;
  uint64_t sector;
};
static_assert(sizeof(Header) == 16);

}  // namespace

Blk::Blk(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {
  const uint64_t capacity = disk_->sectors();
  const uint32_t segments = Queue::largest - 2, block = Disk::sector_size;
  std::memcpy(&config_[0], &capacity, sizeof capacity);
  std::memcpy(&config_[12], &segments, sizeof segments);
  std::memcpy(&config_[20], &block, sizeof block);
}

uint32_t Blk::features() const { return feature_segment_max | feature_block_size | feature_flush | (disk_->read_only() ? feature_read_only : 0); }

std::optional<Blk::Served> Blk::serve(Dma& dma, const Chain& chain) {
  Header header{};
  const uint64_t writable = chain.total(true);
  if (!chain.read(dma, 0, {reinterpret_cast<uint8_t*>(&header), sizeof header}) || writable == 0) return std::nullopt;
  const Answer a = answer(dma, chain, header.type, header.sector);
  // The status is the last byte that the device may write.
  if (!chain.write(dma, writable - 1, {&a.status, 1})) return std::nullopt;
  return Served{a.written + 1, a.work};
}

Blk::Answer Blk::answer(Dma& dma, const Chain& chain, uint32_t type, uint64_t sector) {
  const uint64_t to_write = chain.total(true) - 1, to_read = chain.total(false) - sizeof(Header);
  switch (type) {
    case type_in:
      if (to_write > largest_request) return {status_io_error, 0, 0};
      buffer_.resize(to_write);
      if (!disk_->read(sector, buffer_) || !chain.write(dma, 0, buffer_)) return {status_io_error, 0, to_write};
      return {status_ok, static_cast<uint32_t>(to_write), to_write};
    case type_out:
      if (to_read > largest_request) return {status_io_error, 0, 0};
      buffer_.resize(to_read);
      if (!chain.read(dma, sizeof(Header), buffer_) || !disk_->write(sector, buffer_)) return {status_io_error, 0, to_read};
      return {status_ok, 0, to_read};
    case type_flush: return {disk_->flush() ? status_ok : status_io_error, 0, flush_work};
    case type_get_id: {
      std::array<uint8_t, id_size> id{'v', 'm', 's', 'i', 'm', '-', 'd', 'i', 's', 'k'};
      if (to_write < id_size || !chain.write(dma, 0, id)) return {status_io_error, 0, 0};
      return {status_ok, id_size, id_size};
    }
    default: return {status_unsupported, 0, 0};
  }
}

}  // namespace vmsim::virtio
