// The stage on which a witness is shown: where a generated guest keeps its code and data. The proof is asked for witnesses that fit it
// (proof/staging.hpp), and guest.cpp builds it. Everything lies in the guest's first four megabytes, and addresses are the same translated and not.
#pragma once

#include <cstdint>

#include "check/verdict.hpp"

namespace vmsim::check::stage {

inline constexpr uint32_t ram = 8u << 20;          // bytes of a computer that runs such a guest
inline constexpr uint32_t vectors = 0x8020'0100;   // sixteen words, any of which may be the trap vector
inline constexpr uint32_t vector_bits = 0x3C;      // of an address there
inline constexpr uint32_t enter = 0x8020'0200;     // what user mode is entered at
inline constexpr uint32_t subject = 0x8020'0300;   // the instruction
inline constexpr uint32_t landing = 0x8020'0400;   // where it may jump
inline constexpr uint32_t registers = 0x8020'2000; // what they hold before it
inline constexpr uint32_t data = 0x8020'3000;      // a page for what it loads and stores
inline constexpr uint32_t reserved = data + 0x800; // the word on which a reservation lies
inline constexpr uint32_t physical = 0x8020'4000;  // a page for what it reaches by physical address
inline constexpr uint32_t page = 4096;
inline constexpr uint32_t moved = 1u << 20;        // relocated by so much, the guest finds a copy of itself
inline constexpr uint32_t least_bound = 0x9000'0000;

/// The register in which the guest keeps an address while it looks: one that no added instruction names and no trap takes.
Reg spare(const Isa& isa);

}  // namespace vmsim::check::stage
