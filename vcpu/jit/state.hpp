// What translated code works on. It reaches all of this from one base register, so the layout is part of the emitter's contract: the
// registers first, what every block touches next to them, the big tables last.
#pragma once

#include <array>
#include <cstdint>

#include "vcpu/hart.hpp"

namespace vmsim::jit {

struct Link;

/// Why translated code came back.
enum class Reason : uint32_t {
  link,    // it goes on at `pc`, over the exit `link`, which has not been joined to a block yet
  lookup,  // it goes on at `pc`, by a computed jump that the jump cache does not know
  tail,    // the block at `pc` has more steps than the budget
  look,    // an instruction changed system state; it goes on at `pc`
  step,    // the instruction at `pc` has to be run on its own
  trap,    // the instruction at `pc` traps: cause, tval, word
};

struct JumpEntry {
  uint64_t tag = 0;  // generation << 32 | pc
  const void* code = nullptr;
};
inline constexpr size_t jump_entries = 4096;

/// Where the base register points: short displacements reach the registers below it and the fields above it.
inline constexpr size_t base_offset = 128;
inline constexpr size_t slot_count = 32, shared_count = 8;

struct State {
  std::array<uint32_t, 32> x;
  // base
  int64_t budget;       // steps left once the running block is complete
  uint64_t generation;  // << 32: tags the jump cache's entries that hold in this address space, mode and state of the cache
  const void* data;     // guest memory as blocks reach it: the translation context, or the host's bytes
  uint32_t* csr;        // of the running hart
  Mode* mode;
  uint32_t pc;
  uint32_t cause, tval, word;  // of a trap
  const Link* link;
  void* engine;
  std::array<uint64_t, shared_count> shared;  // host addresses that accesses of a block share; 0 where there is none
  std::array<uint32_t, slot_count> slots;     // values that found no register
  alignas(64) std::array<JumpEntry, jump_entries> jumps;
  /// With paging off, by page of main memory: 1 where stores may go straight there.
  alignas(4096) std::array<uint8_t, 1 << 20> writable;
};
static_assert(sizeof(State::x) == base_offset);

}  // namespace vmsim::jit
