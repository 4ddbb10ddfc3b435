#include "vcpu/jit/sharing.hpp"

#include <algorithm>

namespace vmsim::jit {

using ir::Node;
using ir::Op;

void Sharing::join(ir::Ref access, const Origin& address, uint32_t bytes, bool store) {
  for (size_t i = groups_.size(); i-- > 0;) {
    Group& group = groups_[i];
    if (group.root != address.root || (store && !group.stores)) continue;
    const auto distance = static_cast<int32_t>(address.offset - group.offset);
    if (distance < -longest || distance > longest) continue;
    const int32_t low = std::min(group.low, distance), high = std::max(group.high, distance + static_cast<int32_t>(bytes));
    if (high - low > longest) continue;
    group.low = low;
    group.high = high;
    ++group.members;
    members_[access] = {static_cast<uint8_t>(i), false, distance};
    return;
  }
  if (groups_.size() == alone) return;
  members_[access] = {static_cast<uint8_t>(groups_.size()), true, 0};
  groups_.push_back({.root = address.root, .offset = address.offset, .stores = store, .members = 1, .high = static_cast<int32_t>(bytes)});
}

void Sharing::find(const ir::Block& block, bool on) {
  members_.clear();
  groups_.clear();
  if (!on) return;
  members_.resize(block.nodes.size());
  origins_.resize(block.nodes.size());
  // Roots are numbered: what is in each register at the start, and then each value that is no sum with a constant.
  std::array<Origin, 32> registers;
  for (uint32_t i = 0; i < registers.size(); ++i) registers[i] = {i, 0};
  auto next_root = static_cast<uint32_t>(registers.size());
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    const Node& n = block.nodes[i];
    switch (n.op) {
      case Op::constant: origins_[i] = {0, n.k}; continue;  // x0 is never read as a register
      case Op::get: origins_[i] = registers[n.what]; continue;
      case Op::set: registers[n.what] = origins_[n.a]; continue;
      case Op::store: join(static_cast<ir::Ref>(i), origins_[n.a], n.what, true); continue;
      case Op::load: join(static_cast<ir::Ref>(i), origins_[n.a], n.what, false); break;
      case Op::add:
        if (block.nodes[n.b].op == Op::constant) {
          origins_[i] = {origins_[n.a].root, origins_[n.a].offset + block.nodes[n.b].k};
          continue;
        }
        break;
      default: break;
    }
    origins_[i] = {next_root++, 0};
  }
  uint8_t places = 0;
  for (Group& group : groups_)
    if (group.members > 1 && places < most_groups) group.place = places++;
}

}  // namespace vmsim::jit
