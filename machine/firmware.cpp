#include "machine/firmware.hpp"

#include <algorithm>
#include <string_view>

#include "machine/board.hpp"

namespace vmsim {
namespace {

using Arguments = std::array<uint32_t, 8>;

using firmware_error::invalid_parameter, firmware_error::not_supported;
constexpr uint32_t specification_version = 2 << 24, implementation_id = 0x766D, implementation_version = 1;

FirmwareReply value(uint32_t v) { return {.a0 = 0, .a1 = v}; }
FirmwareReply error(uint32_t code) { return {.a0 = code, .a1 = 0}; }
FirmwareReply legacy(uint32_t v) { return {.a0 = v}; }

struct Extension;
const Extension* find(uint32_t number);

bool is_there(uint32_t extension, Board& board) {
  if (extension == Paravirt::extension) return board.paravirt() != nullptr;
  if (extension == control_extension) return board.control() != nullptr;
  return find(extension) != nullptr;
}

FirmwareReply base(const Arguments& a, Board& board, Dma&) {
  switch (a[6]) {
    case 0: return value(specification_version);
    case 1: return value(implementation_id);
    case 2: return value(implementation_version);
    case 3: return value(is_there(a[0], board) ? 1 : 0);
    case 4:
    case 5:
    case 6: return value(0);
    default: return error(not_supported);
  }
}

FirmwareReply set_timer(const Arguments& a, Board&, Dma&) {
  if (a[6] != 0) return error(not_supported);
  return {.a0 = 0, .a1 = 0, .set_timer = uint64_t{a[1]} << 32 | a[0]};
}

FirmwareReply system_reset(const Arguments& a, Board& board, Dma&) {
  if (a[6] != 0) return error(not_supported);
  if (a[0] > 2 || a[1] > 1) return error(invalid_parameter);
  board.power_off(static_cast<int>(a[1]));
  return error(0);
}

FirmwareReply console(const Arguments& a, Board& board, Dma& dma) {
  if (a[6] == 2) {
    board.console().put(static_cast<uint8_t>(a[0]));
    return value(0);
  }
  if (a[6] > 2) return error(not_supported);
  const uint32_t count = a[0];
  const uint64_t at = uint64_t{a[2]} << 32 | a[1];
  if (count != 0 && !dma.contains(at, count)) return error(invalid_parameter);
  if (a[6] == 0) {
    for (uint32_t i = 0; i < count && !board.console().flooded(); ++i) board.console().put(*dma.get<uint8_t>(at + i));
    return value(count);
  }
  uint32_t done = 0;
  while (done < count) {
    const auto byte = board.take_input();
    if (!byte) break;
    dma.put(at + done++, *byte);
  }
  return value(done);
}

FirmwareReply legacy_set_timer(const Arguments& a, Board&, Dma&) { return {.a0 = 0, .set_timer = uint64_t{a[1]} << 32 | a[0]}; }
FirmwareReply legacy_put(const Arguments& a, Board& board, Dma&) {
  board.console().put(static_cast<uint8_t>(a[0]));
  return legacy(0);
}
FirmwareReply legacy_get(const Arguments&, Board& board, Dma&) {
  const auto byte = board.take_input();
  return legacy(byte ? *byte : ~0u);
}
FirmwareReply legacy_shutdown(const Arguments&, Board& board, Dma&) {
  board.power_off(0);
  return {};
}

struct Extension {
  uint32_t number;
  const char* name;
  FirmwareReply (*call)(const Arguments&, Board&, Dma&);
};
constexpr Extension extensions[] = {
    {0, "legacy set-timer", legacy_set_timer},
    {1, "legacy putchar", legacy_put},
    {2, "legacy getchar", legacy_get},
    {8, "legacy shutdown", legacy_shutdown},
    {0x10, "base", base},
    {0x4442434E, "debug console", console},
    {0x53525354, "system reset", system_reset},
    {0x54494D45, "timer", set_timer},
};

const Extension* find(uint32_t number) {
  const auto* it = std::ranges::find(extensions, number, &Extension::number);
  return it == std::end(extensions) ? nullptr : it;
}

}  // namespace

FirmwareReply firmware_call(const Arguments& a, const Hart& hart, uint64_t now, Board& board, Dma& dma) {
  if (a[7] == Paravirt::extension && board.paravirt() != nullptr) return board.paravirt()->call(a, hart, now);
  if (a[7] == control_extension && board.control() != nullptr) return board.control()(a, dma);
  const Extension* extension = find(a[7]);
  return extension != nullptr ? extension->call(a, board, dma) : error(not_supported);
}

const char* firmware_extension_name(uint32_t extension) {
  if (extension == Paravirt::extension) return "paravirt";
  if (extension == control_extension) return "control";
  const Extension* found = find(extension);
  return found != nullptr ? found->name : "unknown";
}

}  // namespace vmsim
