// Addresses that cannot be mixed up. `Physical` is an address in the physical space of whichever hart is meant: of the real
// machine, or, under a monitor, of the virtual one; the monitor's own names for the two are GuestPhysical and RealPhysical.
#pragma once

#include <compare>
#include <cstdint>

namespace vmsim {

template <class Space>
struct Address {
  uint32_t at = 0;
  constexpr Address() = default;
  constexpr explicit Address(uint32_t value) : at(value) {}
  [[nodiscard]] constexpr uint32_t page() const { return at >> 12; }
  [[nodiscard]] constexpr uint32_t offset() const { return at & 0xFFF; }
  constexpr auto operator<=>(const Address&) const = default;
};

using Virtual = Address<struct VirtualSpace>;
using Physical = Address<struct PhysicalSpace>;

inline constexpr uint32_t page_size = 4096;

}  // namespace vmsim
