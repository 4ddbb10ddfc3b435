// Copy propagation: after `set x = get y`, reading x is reading y, until either is set again. The copy itself often is dead then.
#include "vcpu/ir/passes/passes.hpp"

namespace vmsim::ir {

void propagate_copies(Block& block) {
  std::array<uint8_t, 32> original{};  // of each register: another that holds the same, or 0
  // The register that node i read, where it has not been set since; 0 for another value.
  std::vector<uint8_t> reads(block.nodes.size(), 0);
  const auto forget = [&](uint8_t reg) {  // what copies it, or read it
    for (uint8_t& o : original)
      if (o == reg) o = 0;
    for (uint8_t& r : reads)
      if (r == reg) r = 0;
  };
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    Node& n = block.nodes[i];
    if (n.op == Op::get) {
      if (original[n.what] != 0) n.what = original[n.what];
      reads[i] = n.what;
    } else if (n.op == Op::set) {
      const uint8_t from = reads[n.a];
      if (from == n.what) continue;  // its own value
      forget(n.what);
      original[n.what] = from;
    }
  }
}

}  // namespace vmsim::ir
