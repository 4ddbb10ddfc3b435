// `lb` is the sign extension of a byte load: hosts do both in one instruction. Only where nothing else uses the loaded value.
#include <algorithm>

#include "vcpu/ir/passes/passes.hpp"

namespace vmsim::ir {

void extend_loads(Block& block) {
  if (std::ranges::find(block.nodes, Op::sext, &Node::op) == block.nodes.end()) return;
  PerNode<uint16_t> uses(block, 0);
  for (const Node& n : block.nodes)
    for (const Ref r : {n.a, n.b, n.c})
      if (r != no_ref) ++uses[r];
  PerNode<Ref> instead(block, no_ref);
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    Node& n = block.nodes[i];
    for (Ref* r : {&n.a, &n.b, &n.c})
      if (*r != no_ref && instead[*r] != no_ref) *r = instead[*r];
    if (n.op != Op::sext) continue;
    Node& loaded = block.nodes[n.a];
    if (loaded.op != Op::load || loaded.k != 0 || n.k != 8u * loaded.what || loaded.what == 4 || uses[n.a] != 1) continue;
    loaded.k = 1;
    instead[i] = n.a;
  }
}

}  // namespace vmsim::ir
