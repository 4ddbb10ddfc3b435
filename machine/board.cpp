#include "machine/board.hpp"

#include <memory>

#include "machine/power.hpp"

namespace vmsim {

Board::Board(const BoardOptions& options)
    : console_(options.console), uart_(console_), power_(std::make_unique<Power>([this](int code) { power_off(code); })),
      places_{{0x0010'0000, 0x1000, power_.get()}, {0x1000'0000, 0x100, &uart_}} {}

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
  return place != nullptr && place->device->write(at - place->base, value, width);
}

void Board::deliver_input(uint64_t now) {
  while (uart_.has_room()) {
    const auto byte = console_.take(now);
    if (!byte) return;
    uart_.receive(*byte);
  }
}

std::optional<uint8_t> Board::take_input() { return uart_.take(); }

uint64_t Board::next_event() const { return uart_.has_room() ? console_.next_input() : ~uint64_t{0}; }

}  // namespace vmsim
