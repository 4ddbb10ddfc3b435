#include "vcpu/ir/passes/passes.hpp"

namespace vmsim::ir {

void run_passes(Block& block, PassSet set, const std::function<void(const Pass&, const Block&)>& after) {
  for (size_t i = 0; i < passes.size(); ++i) {
    if ((set >> i & 1) == 0) continue;
    passes[i].run(block);
    if (after) after(passes[i], block);
  }
}

void compact(Block& block, const PerNode<bool>& keep) {
  PerNode<Ref> now(block, no_ref);
  size_t count = 0;
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    if (!keep[i]) continue;
    Node n = block.nodes[i];
    for (Ref* r : {&n.a, &n.b, &n.c})
      if (*r != no_ref) *r = now[*r];
    now[i] = static_cast<Ref>(count);
    block.nodes[count++] = n;
  }
  block.nodes.resize(count);
}

}  // namespace vmsim::ir
