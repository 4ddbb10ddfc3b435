// Values without a user, backwards: a node without effects stays only for its users. A load stays: it may fault.
#include "vcpu/ir/passes/passes.hpp"

namespace vmsim::ir {

void remove_dead_values(Block& block) {
  PerNode<bool> keep(block, false);
  bool dropped = false;
  for (size_t i = block.nodes.size(); i-- > 0;) {
    const Node& n = block.nodes[i];
    keep[i] = keep[i] || shape(n.op).effect;
    dropped |= !keep[i];
    if (!keep[i]) continue;
    for (const Ref r : {n.a, n.b, n.c})
      if (r != no_ref) keep[r] = true;
  }
  if (dropped) compact(block, keep);
}

}  // namespace vmsim::ir
