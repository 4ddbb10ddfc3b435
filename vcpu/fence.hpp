// What one sfence.vma names, in the hart's own terms.
#pragma once

#include <optional>

#include "isa/csr.hpp"
#include "isa/word.hpp"
#include "vcpu/address.hpp"

namespace vmsim {

struct Fence {
  std::optional<Virtual> address;  // none: all
  std::optional<uint32_t> space;   // an ASID; none: all, and global mappings too

  /// Bits beyond the width of an ASID are ignored (privileged specification 1.12, section 4.2.1).
  static Fence of(const FlushScope<Word>& scope) {
    Fence fence;
    if (!scope.every_address) fence.address = Virtual{scope.address.bits};
    if (!scope.every_space) fence.space = scope.space.bits & satp::asid >> satp::asid_shift;
    return fence;
  }
};

}  // namespace vmsim
