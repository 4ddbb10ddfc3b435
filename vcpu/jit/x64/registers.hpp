// Which host register is what in translated code.
#pragma once

#include <array>
#include <cstddef>

#include <xbyak/xbyak.h>

#include "vcpu/jit/state.hpp"

namespace vmsim::jit::x64 {

using Xbyak::Reg32;
using Xbyak::Reg64;
using Code = Xbyak::Operand::Code;

/// Host registers that hold guest registers, and the guest registers they hold: those that compilers use most.
inline constexpr std::array<Code, 10> resident_hosts{Code::RBX, Code::RSI, Code::RDI, Code::R8,  Code::R9,
                                                     Code::R10, Code::R11, Code::R12, Code::R13, Code::R14};
inline constexpr std::array<uint8_t, 10> resident_guests{2, 8, 10, 11, 12, 13, 14, 15, 16, 9};

inline constexpr auto base = Code::RBP;  // State, at base_offset
inline constexpr auto data = Code::R15;  // State::data
/// For values within an instruction. All three are lost by an access to memory.
inline constexpr std::array<Code, 3> temporaries{Code::RAX, Code::RCX, Code::RDX};

/// A field of State as the base register reaches it.
#define VMSIM_STATE(field) (static_cast<int>(offsetof(State, field)) - static_cast<int>(base_offset))

/// The host register of a guest register, or -1.
constexpr int resident(uint8_t guest) {
  for (size_t i = 0; i < resident_guests.size(); ++i)
    if (resident_guests[i] == guest) return resident_hosts[i];
  return -1;
}

}  // namespace vmsim::jit::x64
