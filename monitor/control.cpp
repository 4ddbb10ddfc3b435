#include "monitor/control.hpp"

#include <algorithm>

namespace vmsim {
namespace {

/// A guest as `list` writes it: little-endian, without gaps.
struct Entry {
  std::array<char, Control::name_room> name;
  uint32_t id, life, memory, weight;  // memory in KiB
  uint64_t received;                  // steps of machine time
  uint32_t is_caller, exit_code;
};
static_assert(sizeof(Entry) == Control::entry_size);

FirmwareReply done(uint32_t value = 0) { return {.a0 = 0, .a1 = value}; }
FirmwareReply refused(uint32_t error = firmware_error::invalid_parameter) { return {.a0 = error, .a1 = 0}; }

std::array<char, Control::name_room> padded(const std::string& name) {
  std::array<char, Control::name_room> text{};
  std::copy_n(name.begin(), std::min(name.size(), text.size() - 1), text.begin());
  return text;
}

}  // namespace

FirmwareReply Control::call(const std::array<uint32_t, 8>& a, Dma& dma) {
  switch (a[6]) {
    case list: return list_guests(a[0], a[1], a[2], dma);
    case templates: return name_template(a[0], a[1], dma);
    case create: return create_guest(a[0], a[1], dma);
    case pause:
    case resume:
    case destroy: break;
    default: return refused(firmware_error::not_supported);
  }
  const uint32_t id = a[0];
  if (id >= host_.guests().size() || host_.guests()[id].state == Host::State::destroyed) return refused();
  if (host_.whose_turn() == id) return refused(firmware_error::denied);
  if (a[6] == destroy) {
    host_.destroy(id);
    return done();
  }
  if (life(host_.guests()[id]) == Life::ended) return refused();
  if (a[6] == pause) host_.pause(id);
  else host_.resume(id);
  return done();
}

Control::Life Control::life(const Host::Guest& guest) const {
  if (guest.state != Host::State::not_started && !guest.lives()) return Life::ended;
  if (guest.held || (guest.lives() && host_.scheduler().is_paused(*guest.id))) return Life::paused;
  if (guest.state == Host::State::not_started) return Life::not_started;
  return guest.state == Host::State::waiting ? Life::waiting : Life::ready;
}

FirmwareReply Control::list_guests(uint32_t to, uint32_t room, uint32_t first, Dma& dma) const {
  if (room > most_entries || (room != 0 && !dma.contains(to, room * entry_size))) return refused();
  const std::deque<Host::Guest>& guests = host_.guests();
  uint32_t written = 0;
  for (uint32_t id = first; id < guests.size() && written < room; ++id) {
    const Host::Guest& g = guests[id];
    if (g.state == Host::State::destroyed) continue;
    const Entry entry{.name = padded(g.name),
                      .id = id,
                      .life = static_cast<uint32_t>(life(g)),
                      .memory = g.machine->slice().size / 1024,
                      .weight = g.share.weight,
                      .received = g.id ? host_.scheduler().account(*g.id).received : 0,
                      .is_caller = host_.whose_turn() == id,
                      .exit_code = static_cast<uint32_t>(g.machine->board().exit_code().value_or(0))};
    dma.put(to + written++ * entry_size, entry);
  }
  return done(written);
}

FirmwareReply Control::name_template(uint32_t which, uint32_t to, Dma& dma) const {
  if (which >= options_.templates.size() || !dma.put(to, padded(options_.templates[which]))) return refused();
  return done();
}

bool Control::may_be_a_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return !name.empty() && name.size() < name_room && name.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<std::string> Control::new_name(uint32_t at, const Dma& dma) const {
  const auto text = dma.get<std::array<char, name_room>>(at);
  if (!text) return std::nullopt;
  const std::string name(text->begin(), std::ranges::find(*text, '\0'));
  const auto has_it = [&](const Host::Guest& g) { return g.state != Host::State::destroyed && g.name == name; };
  if (!may_be_a_name(name) || std::ranges::any_of(host_.guests(), has_it)) return std::nullopt;
  return name;
}

FirmwareReply Control::create_guest(uint32_t which, uint32_t name, const Dma& dma) {
  const auto called = new_name(name, dma);
  if (which >= options_.templates.size() || !called) return refused();
  if (made_ == options_.most_made) return refused(firmware_error::failed);
  ++made_;
  auto guest = options_.make(which, *called);
  if (!guest) return refused(firmware_error::failed);
  return done(static_cast<uint32_t>(host_.add(std::move(*guest))));
}

}  // namespace vmsim
