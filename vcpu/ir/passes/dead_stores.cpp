// Dead register writes, backwards: a register is live where it may be read, and every register is live where the block may be left.
#include "vcpu/ir/passes/passes.hpp"

namespace vmsim::ir {

void remove_dead_stores(Block& block) {
  PerNode<bool> keep(block, true);
  bool dropped = false;
  uint32_t dead = 0;  // a bit per register
  for (size_t i = block.nodes.size(); i-- > 0;) {
    const Node& n = block.nodes[i];
    if (may_leave(n.op)) dead = 0;
    else if (n.op == Op::get) dead &= ~(1u << n.what);
    else if (n.op == Op::set) {
      if ((dead >> n.what & 1) != 0) keep[i] = false, dropped = true;
      dead |= 1u << n.what;
    }
  }
  if (dropped) compact(block, keep);
}

}  // namespace vmsim::ir
