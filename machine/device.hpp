// What the board's devices have in common. A device is reached by naturally aligned accesses at offsets in its own range, in the
// order in which the guest makes them; it never sees time but in steps, and reaches memory only through a Dma.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "isa/machine.hpp"

namespace vmsim {

class Device {
 public:
  static constexpr uint64_t never = ~uint64_t{0};

  virtual ~Device() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The value at `offset`, zero-extended; nothing where this offset or width is not there: an access fault.
  virtual std::optional<uint32_t> read(uint32_t offset, Width width) = 0;
  /// False where this offset or width cannot be written: an access fault.
  virtual bool write(uint32_t offset, uint32_t value, Width width) = 0;
  /// Does what is due by machine time `now` (steps and idle steps); called before the step that follows any device access,
  /// and at every next_event().
  virtual void advance(uint64_t) {}
  /// The machine time at which it next does something by itself.
  [[nodiscard]] virtual uint64_t next_event() const { return never; }
  /// The level of its interrupt line.
  [[nodiscard]] virtual bool interrupt() const { return false; }
};

}  // namespace vmsim
