// The firmware below the kernel: the SBI calls of docs/toy32.md (RISC-V Supervisor Binary Interface 2.0, and its legacy
// extensions). Pointers come from the guest: whatever is not wholly in its main memory is refused.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "machine/dma.hpp"
#include "vcpu/hart.hpp"

namespace vmsim {

class Board;

/// Errors that calls give in a0 (SBI specification 2.0, section 2).
namespace firmware_error {
inline constexpr uint32_t failed = static_cast<uint32_t>(-1), not_supported = static_cast<uint32_t>(-2), invalid_parameter = static_cast<uint32_t>(-3),
                          denied = static_cast<uint32_t>(-4);
}

/// A program to go on with: its registers, its pc, and what sstatus held when it was interrupted.
struct ResumedProgram {
  std::array<uint32_t, 32> x{};
  uint32_t pc = 0, status = 0;
};

/// What a call leaves in the hart; registers that are not named keep their values.
struct FirmwareReply {
  std::optional<uint32_t> a0, a1;
  std::optional<uint64_t> set_timer;     // the new stimecmp
  std::vector<Virtual> forget;           // addresses whose translations have changed
  std::optional<ResumedProgram> resume;  // instead of the kernel, after the call
};

/// What answers the calls on other guests, for the one guest that may make them (monitor/control.hpp); none: there is
/// no such extension.
using ControlCalls = std::function<FirmwareReply(const std::array<uint32_t, 8>&, Dma&)>;
/// Their extension: SBI's space for vendors, with vmsim's id.
inline constexpr uint32_t control_extension = 0x0900'766D;

/// `a` is a0 to a7: a7 the extension, a6 the function. `hart` is the caller, at machine time `now`.
FirmwareReply firmware_call(const std::array<uint32_t, 8>& a, const Hart& hart, uint64_t now, Board& board, Dma& dma);

/// The extension's name, for traces; "unknown" where there is none.
const char* firmware_extension_name(uint32_t extension);

}  // namespace vmsim
