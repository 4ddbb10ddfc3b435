// A guest's main memory as a slice of real memory. The two kinds of address never mix: what is GuestPhysical becomes
// RealPhysical here, with its bounds checked, or not at all.
#pragma once

#include <optional>
#include <utility>

#include "isa/word.hpp"
#include "vcpu/address.hpp"

namespace vmsim {

using GuestPhysical = Address<struct GuestPhysicalSpace>;
using RealPhysical = Address<struct RealPhysicalSpace>;

struct Slice {
  RealPhysical real;    // where it lies
  GuestPhysical guest;  // where the guest sees it
  uint32_t size = 0;    // bytes

  /// The real address of `count` bytes of the guest's, or nothing where not all of them are its own.
  [[nodiscard]] std::optional<RealPhysical> to_real(GuestPhysical at, uint32_t count) const {
    const uint32_t offset = at.at - guest.at;
    if (offset >= size || count > size - offset) return std::nullopt;
    return RealPhysical{real.at + offset};
  }
  /// The same for an aligned word, as a pair of values.
  [[nodiscard]] std::pair<Flag, Word> word_to_real(Word at) const {
    const auto real_word = to_real(GuestPhysical{at.bits}, 4);
    return {{real_word.has_value()}, real_word ? real_word->at : 0};
  }
  /// For an address inside the slice.
  [[nodiscard]] GuestPhysical to_guest(RealPhysical at) const { return GuestPhysical{at.at - real.at + guest.at}; }
};

}  // namespace vmsim
