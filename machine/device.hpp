// What the board's devices have in common. A device is reached by naturally aligned accesses at offsets in its own range, in the
// order in which the guest makes them; it never sees time but in steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "isa/machine.hpp"

namespace vmsim {

class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The value at `offset`, zero-extended; nothing where this offset or width is not there: an access fault.
  virtual std::optional<uint32_t> read(uint32_t offset, Width width) = 0;
  /// False where this offset or width cannot be written: an access fault.
  virtual bool write(uint32_t offset, uint32_t value, Width width) = 0;
  /// The level of its interrupt line.
  [[nodiscard]] virtual bool interrupt() const { return false; }
};

}  // namespace vmsim
