// The stage on which a witness is shown: where a generated guest keeps its code and data. The proof is asked for witnesses that fit it
// (proof/staging.hpp), and guest.cpp builds it. Addresses are physical; with paging off
// virtual ones are the same, and on a machine with relocation they are counted from the beginning of memory, as it boots.
#pragma once

#include <cstdint>

#include "check/verdict.hpp"

namespace vmsim::check::stage {

inline constexpr uint32_t ram = 8u << 20;           // bytes of a computer that runs such a guest
inline constexpr uint32_t vectors = 0x8020'0100;    // sixteen words, any of which may be the trap vector
inline constexpr uint32_t vector_bits = 0x3C;       // of an address there
inline constexpr uint32_t enter = 0x8020'0200;      // what user mode is entered at
inline constexpr uint32_t subject = 0x8020'0300;    // the instruction
inline constexpr uint32_t landing = 0x8020'0400;    // where it may jump
inline constexpr uint32_t registers = 0x8020'2000;  // what they hold before it
inline constexpr uint32_t data = 0x8020'3000;       // what it loads and stores
inline constexpr uint32_t reserved = data + 0x800;  // the word on which a reservation lies
inline constexpr uint32_t data_size = 0x3000;
inline constexpr uint32_t physical = 0x8020'6000;  // a page for what it reaches by physical address
inline constexpr uint32_t end = 0x8020'7000;
inline constexpr uint32_t page = 4096;
inline constexpr uint32_t base = 0x8000'0000;                        // relocation as the guest has it at first
inline constexpr uint32_t moved = 1u << 20;                          // relocated by so much more, the guest finds a copy of itself
inline constexpr uint32_t least_bound = 3u << 20, most_bound = ram;  // within it the guest finds itself, and the monitor its memory
inline constexpr uint32_t untouched = 0x8060'0000;                   // far from everything that it uses

/// The virtual address of what lies at `physical_address`.
inline uint32_t seen(const Isa& isa, uint32_t physical_address) { return isa.mmu().bounds ? physical_address - base : physical_address; }

/// The register in which the guest keeps an address while it looks: one that no added instruction names and no trap takes.
Reg spare(const Isa& isa);

}  // namespace vmsim::check::stage
