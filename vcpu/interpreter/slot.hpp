// What the threaded form runs: operations of 16 bytes, each with the function that executes it and goes on with the next by a tail
// call. Five values travel from one to the next in registers; everything else is in a Cpu. A block is
//   [head] [operations ...] [a stub for each link]
// where an operation that may leave the block has its link in the slot after it. The head is found from any operation by its `index`,
// and tells, for each of them, what it is in the guest: so a run can stop before any element, exactly.
#pragma once

#include <array>
#include <cstdint>

#include "vcpu/interpreter/blocks.hpp"

// Clang has to be asked for a tail call; gcc makes one wherever it can, where it optimises.
#if defined(__clang__)
#define VMSIM_TAIL [[clang::musttail]] return
#else
#define VMSIM_TAIL return
#endif

namespace vmsim {
struct TranslationContext;
class Interpreter;

namespace threaded {

struct Cpu;
struct Slot;

/// Executes one element of a block, or several. `budget`: steps left when the whole block is done. `last` and `before`: the
/// results of the last two elements that had one.
using Handler = void (*)(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before);

/// What one element is in the guest: all that the slow path needs.
struct Site {
  DecodedOp op;
  uint32_t pc = 0;    // virtual; of a head, where the block begins
  uint16_t rest = 0;  // steps of the block from here on, this one included
  bool sets = false;  // it has a result, which becomes `last`
};

struct Slot {
  union {
    Handler run;
    const Slot* target;  // of a link
    const Site* sites;   // of a head, by slot
  };
  union {
    uint32_t imm;
    int32_t delta;   // of a link: what leaving here does to the budget, the target's steps included
    uint32_t count;  // of a head: steps of the block
  };
  Reg rd = 0, rs1 = 0, rs2 = 0;
  uint8_t index = 0;  // from the head
};
static_assert(sizeof(Slot) == 16);

/// Where a jump to `pc` goes: found by address alone, if the key says that it is still the same code.
struct JumpEntry {
  uint64_t key = ~uint64_t{0};  // what fetches depend on, and pc
  const Slot* target = nullptr;
};

struct Cpu {
  std::array<uint32_t, 33> x{};  // x0..x31, and the one that takes writes to x0
  TranslationContext* context = nullptr;
  Interpreter* engine = nullptr;
  uint64_t fetches = 0;  // the upper half of a JumpEntry's key: context, its generation, mode
  static constexpr size_t jump_entries = 1024;
  std::array<JumpEntry, jump_entries> jumps;

  [[nodiscard]] uint64_t jump_key(uint32_t pc) const { return fetches | pc; }
  [[nodiscard]] JumpEntry& jump(uint32_t pc) { return jumps[pc / 4 % jump_entries]; }
};

}  // namespace threaded
}  // namespace vmsim
