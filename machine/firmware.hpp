// The firmware below the kernel: the SBI calls of docs/toy32.md (RISC-V Supervisor Binary Interface 2.0, and its legacy
// extensions). Pointers come from the guest: whatever is not wholly in its main memory is refused.
#pragma once

#include <array>

#include "machine/board.hpp"
#include "vcpu/memory.hpp"

namespace vmsim {

/// What a call leaves in the hart; registers that are not named keep their values.
struct FirmwareReply {
  std::optional<uint32_t> a0, a1;
  std::optional<uint64_t> set_timer;  // the new stimecmp
};

/// `a` is a0 to a7: a7 the extension, a6 the function.
FirmwareReply firmware_call(const std::array<uint32_t, 8>& a, Board& board, Memory& memory);

/// The extension's name, for traces; "unknown" where there is none.
const char* firmware_extension_name(uint32_t extension);

}  // namespace vmsim
