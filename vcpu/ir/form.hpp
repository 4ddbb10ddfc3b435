// Forms a block: decodes from an address on and runs each row on the builder. A block follows direct jumps and goes on where a forward
// branch is not taken, and round a short loop more than once, inside one page: what lies in another page depends on a mapping that may change.
#pragma once

#include "isa/isa.hpp"
#include "vcpu/address.hpp"
#include "vcpu/ir/block.hpp"
#include "vcpu/memory.hpp"

namespace vmsim::ir {

struct FormOptions {
  uint32_t most = 64;         // guest instructions
  bool follow_jumps = true;   // through direct jumps
  bool pass_branches = true;  // on where a forward branch is not taken
  bool unroll = true;         // a short loop back to the start goes round several times
};

/// The block that starts at `pc`, whose page lies at `page` (both of main memory).
Block form(const Isa& isa, const Memory& memory, Physical page, uint32_t pc, Mode mode, const FormOptions& options = {});

}  // namespace vmsim::ir
