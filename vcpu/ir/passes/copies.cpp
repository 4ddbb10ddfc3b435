// Copy propagation: after `set x = get y`, reading x is reading y, until either is set again. The copy itself often is dead then.
#include "vcpu/ir/passes/passes.hpp"

namespace vmsim::ir {

void propagate_copies(Block& block) {
  // A register's value has a number, a new one whenever the register is set: what was noted of an old one no longer holds.
  struct Noted {
    uint8_t reg;  // 0: nothing
    uint32_t number;
  };
  std::array<uint32_t, 32> numbers{};
  std::array<Noted, 32> originals{};    // of each register: another that holds the same
  PerNode<Noted> reads(block, {0, 0});  // the register that a node read
  const auto holds = [&](Noted n) { return n.reg != 0 && numbers[n.reg] == n.number; };
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    Node& n = block.nodes[i];
    if (n.op == Op::get) {
      if (holds(originals[n.what])) n.what = originals[n.what].reg;
      reads[i] = {n.what, numbers[n.what]};
    } else if (n.op == Op::set) {
      const Noted from = holds(reads[n.a]) ? reads[n.a] : Noted{};
      if (from.reg == n.what) continue;  // its own value
      ++numbers[n.what];
      originals[n.what] = from;
    }
  }
}

}  // namespace vmsim::ir
