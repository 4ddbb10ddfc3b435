#include "machine/board.hpp"

#include <algorithm>
#include <memory>

#include "machine/disk.hpp"
#include "machine/power.hpp"
#include "machine/virtio/blk.hpp"
#include "machine/virtio/entropy.hpp"

namespace vmsim {

Board::Board(const BoardOptions& options, const Dma& dma) : console_(options.console), uart_(console_), control_(options.control), disks_(options.disks) {
  places_ = {{Plic::base, Plic::size, &plic_}, {0x1000'0000, 0x100, &uart_, uart_source}};
  others_.push_back(std::make_unique<Power>([this](int code) { power_off(code); }));
  places_.push_back({0x0010'0000, 0x1000, others_.back().get()});
  if (options.paravirt) paravirt_.emplace(console_, dma);
  using virtio::Mmio;
  for (uint32_t slot = 0; slot < Mmio::slots; ++slot) {
    std::unique_ptr<virtio::Backend> backend;
    if (slot < std::min(disks_.size(), most_disks)) backend = std::make_unique<virtio::Blk>(disks_[slot]);
    else if (slot == Mmio::slots - 1 && options.entropy_seed) backend = std::make_unique<virtio::Entropy>(*options.entropy_seed);
    if (backend) virtio_slots_.push_back(slot);
    others_.push_back(std::make_unique<Mmio>(options.layout, std::move(backend), dma));
    places_.push_back({Mmio::base + slot * Mmio::size, Mmio::size, others_.back().get(), Mmio::first_source + slot});
  }
}

Board::Place* Board::find(uint32_t at, Width width) {
  const auto size = static_cast<uint32_t>(width);
  if (at % size != 0) return nullptr;
  for (Place& place : places_)
    if (at - place.base < place.size) return &place;
  return nullptr;
}

std::optional<uint32_t> Board::read(uint32_t at, Width width) {
  const Place* place = find(at, width);
  return place != nullptr ? place->device->read(at - place->base, width) : std::nullopt;
}

bool Board::write(uint32_t at, uint32_t value, Width width) {
  const Place* place = find(at, width);
  const uint32_t kept = width == Width::word ? value : value & ((1u << 8 * static_cast<int>(width)) - 1);
  return place != nullptr && place->device->write(at - place->base, kept, width);
}

void Board::deliver_input(uint64_t now) {
  while (uart_.has_room()) {
    const auto byte = console_.take(now);
    if (!byte) return;
    uart_.receive(*byte);
  }
}

void Board::advance(uint64_t now) {
  if (!shares_page()) deliver_input(now);
  for (const Place& place : places_) {
    place.device->advance(now);
    if (place.source != 0) plic_.set_line(place.source, place.device->interrupt());
  }
  if (paravirt_) paravirt_->advance(now, plic_.interrupt());
}

std::vector<Board::DeviceRange> Board::device_ranges() const {
  std::vector<DeviceRange> ranges;
  for (const Place& place : places_) ranges.push_back({place.device->name(), place.base, place.size});
  return ranges;
}

std::optional<uint8_t> Board::take_input() { return uart_.take(); }

uint64_t Board::next_device_event() const {
  uint64_t next = uart_.has_room() && !shares_page() ? console_.next_input() : Device::never;
  for (const Place& place : places_) next = std::min(next, place.device->next_event());
  return next;
}

uint64_t Board::next_event() const { return paravirt_ ? std::min(next_device_event(), paravirt_->next_event(false)) : next_device_event(); }

uint64_t Board::next_event_waiting(uint64_t now) {
  if (!paravirt_) return next_device_event();
  paravirt_->look(now);
  return std::min(next_device_event(), paravirt_->next_event(true));
}

const char* Board::limit_reached() const {
  if (console_.flooded()) return "console";
  const bool disk = std::ranges::any_of(disks_, [](const auto& d) { return d->over_limit(); });
  return disk ? "disk" : nullptr;
}

}  // namespace vmsim
