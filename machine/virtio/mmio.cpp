#include "machine/virtio/mmio.hpp"

namespace vmsim::virtio {
namespace {

enum Register : uint32_t {
  magic = 0x00,
  version = 0x04,
  device_id = 0x08,
  vendor_id = 0x0C,
  device_features = 0x10,
  device_features_select = 0x14,
  driver_features = 0x20,
  driver_features_select = 0x24,
  guest_page_size = 0x28,  // legacy
  queue_select = 0x30,
  queue_size_max = 0x34,
  queue_size = 0x38,
  queue_align = 0x3C,
  queue_page_frame = 0x40,  // legacy
  queue_ready = 0x44,
  queue_notify = 0x50,
  interrupt_status = 0x60,
  interrupt_acknowledge = 0x64,
  status = 0x70,
  queue_descriptors = 0x80,
  queue_available = 0x90,
  queue_used = 0xA0,  // modern: low halves; high halves at + 4
  config_generation = 0xFC,
  config = 0x100,
};

constexpr uint32_t magic_value = 0x7472'6976;  // "virt"
constexpr uint32_t vendor = 0x6D73'6976;       // "vism"
constexpr uint32_t needs_reset = 0x40;
constexpr uint32_t used_buffer = 1, configuration_change = 2;
constexpr uint32_t version_1_bit = 0;  // of the high half: VIRTIO_F_VERSION_1

void set_half(uint64_t& address, bool high, uint32_t value) {
  address = high ? (address & 0xFFFF'FFFF) | uint64_t{value} << 32 : (address & ~uint64_t{0xFFFF'FFFF}) | value;
}

}  // namespace

Mmio::Mmio(Layout layout, std::unique_ptr<Backend> backend, Dma dma) : layout_(layout), backend_(std::move(backend)), dma_(std::move(dma)) {}

void Mmio::reset() {
  queue_ = {};
  features_half_ = driver_half_ = queue_selected_ = status_ = interrupt_status_ = 0;
  legacy_page_size_ = legacy_align_ = 4096;
  legacy_page_frame_ = 0;
  notified_ = false;
  due_.clear();
}

uint32_t Mmio::offered(uint32_t half) const {
  if (half == 0) return backend_->features();
  return half == 1 && layout_ == Layout::modern ? 1u << version_1_bit : 0;
}

std::optional<uint32_t> Mmio::read(uint32_t offset, Width width) {
  if (offset >= config) {
    const auto bytes = backend_ ? backend_->config() : std::span<const uint8_t>();
    uint32_t value = 0;
    for (uint32_t i = 0; i < static_cast<uint32_t>(width); ++i)
      if (offset - config + i < bytes.size()) value |= uint32_t{bytes[offset - config + i]} << 8 * i;
    return value;
  }
  if (width != Width::word) return std::nullopt;
  const bool legacy = layout_ == Layout::legacy;
  switch (offset) {
    case magic: return magic_value;
    case version: return static_cast<uint32_t>(layout_);
    case device_id: return backend_ ? backend_->device_id() : 0;
    case vendor_id: return vendor;
    case device_features: return backend_ ? offered(features_half_) : 0;
    case queue_size_max: return backend_ && queue_selected_ == 0 ? Queue::largest : 0;
    case queue_page_frame: return legacy && queue_selected_ == 0 ? legacy_page_frame_ : 0;
    case queue_ready: return !legacy && queue_selected_ == 0 && queue_.ready ? 1 : 0;
    case interrupt_status: return interrupt_status_;
    case status: return status_;
    default: return 0;
  }
}

void Mmio::place_legacy_queue(uint32_t page_frame) {
  const uint32_t size = queue_.size;
  queue_ = {};
  queue_.size = size;
  legacy_page_frame_ = page_frame;
  if (page_frame == 0 || size == 0) return;
  queue_.descriptors = uint64_t{page_frame} * legacy_page_size_;
  queue_.available = queue_.descriptors + uint64_t{16} * queue_.size;
  const uint64_t end = queue_.available + 6 + uint64_t{2} * queue_.size;
  queue_.used = (end + legacy_align_ - 1) / legacy_align_ * legacy_align_;
  queue_.ready = true;
}

bool Mmio::write(uint32_t offset, uint32_t value, Width width) {
  if (offset >= config) return true;  // nothing there can be written
  if (width != Width::word) return false;
  if (!backend_) return true;
  const bool legacy = layout_ == Layout::legacy, queue_chosen = queue_selected_ == 0;
  switch (offset) {
    case device_features_select: features_half_ = value; break;
    case driver_features_select: driver_half_ = value; break;
    case guest_page_size:
      if (legacy && value != 0) legacy_page_size_ = value;
      break;
    case queue_select: queue_selected_ = value; break;
    case queue_size:
      // A size that is not allowed leaves the queue without one; it cannot become ready then.
      if (queue_chosen && !queue_.ready) queue_.size = value <= Queue::largest && (value & (value - 1)) == 0 ? value : 0;
      break;
    case queue_align:
      if (legacy && queue_chosen && value != 0 && (value & (value - 1)) == 0) legacy_align_ = value;
      break;
    case queue_page_frame:
      if (legacy && queue_chosen) place_legacy_queue(value);
      break;
    case queue_ready:
      if (legacy || !queue_chosen) break;
      if ((value & 1) == 0) queue_ = {};
      else queue_.ready = queue_.size != 0;
      break;
    case queue_notify: notified_ |= value == 0; break;
    case interrupt_acknowledge: interrupt_status_ &= ~value; break;
    case status:
      if (value == 0) reset();
      else status_ = (status_ & needs_reset) | (value & ~needs_reset);
      break;
    default:
      if (legacy || !queue_chosen || queue_.ready) break;
      for (auto [at, address] : {std::pair(queue_descriptors, &queue_.descriptors), {queue_available, &queue_.available}, {queue_used, &queue_.used}})
        if ((offset & ~4u) == static_cast<uint32_t>(at)) set_half(*address, (offset & 4) != 0, value);
  }
  return true;
}

void Mmio::broken() {
  status_ |= needs_reset;
  interrupt_status_ |= configuration_change;
  due_.clear();
}

void Mmio::advance(uint64_t now) {
  if (notified_) {
    notified_ = false;
    if (queue_.ready && (status_ & needs_reset) == 0) {
      const auto index = queue_.available_index(dma_);
      if (!index) broken();
      else if (due_.empty() || due_.back().until != *index) due_.push_back({now + latency, *index});
    }
  }
  while (!due_.empty() && next_event() <= now) {
    const uint16_t until = due_.front().until;
    due_.pop_front();
    serve_until(until, now);
  }
}

void Mmio::serve_until(uint16_t until, uint64_t now) {
  uint64_t work = 0;
  for (uint32_t count = 0; queue_.ready && queue_.has_before(until); ++count) {
    if (count == queue_.size) return broken();  // more than the ring holds
    if (work >= work_at_once) return due_.push_front({now, until});
    const auto chain = queue_.take(dma_);
    const auto served = chain ? backend_->serve(dma_, *chain) : std::nullopt;
    const auto wanted = served ? queue_.give_back(dma_, *chain, served->written) : std::nullopt;
    if (!wanted) return broken();
    work += served->work;
    busy_until_ = now + work / work_per_step;
    if (*wanted) interrupt_status_ |= used_buffer;
  }
}

}  // namespace vmsim::virtio
