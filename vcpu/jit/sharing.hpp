// Which accesses of a block lie close together: those at constant distances from one register's value, or from one another's. One look into the
// translation cache does for all of them, since no translation changes inside a block: the first finds its host address, for the whole reach of
// the group, and the others lie at known distances from it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vcpu/ir/block.hpp"

namespace vmsim::jit {

class Sharing {
 public:
  static constexpr uint8_t alone = 0xFF;
  static constexpr size_t most_groups = 8;  // that get a place for their host address
  static constexpr int32_t longest = 128;   // bytes; the reach of a longer one would often cross a page

  /// An access: which group it belongs to, and how far it is from the group's first.
  struct Member {
    uint8_t group = alone;
    bool first = false;
    int32_t distance = 0;
  };
  struct Group {
    uint32_t root = 0, offset = 0;  // of the first access
    bool stores = false;            // the first is a store: pages that can be written can be read
    uint8_t place = alone;          // a number below most_groups
    uint16_t members = 0;
    int32_t low = 0, high = 0;  // the bytes that the group touches, from the first's address on
  };

  /// Looks `block` through; not `on`: every access is alone.
  void find(const ir::Block& block, bool on);
  /// Of a load or store that shares; null for one that is alone.
  [[nodiscard]] const Member* member(ir::Ref access) const {
    if (members_.empty() || members_[access].group == alone || groups_[members_[access].group].place == alone) return nullptr;
    return &members_[access];
  }
  [[nodiscard]] const Group& group(const Member& member) const { return groups_[member.group]; }

 private:
  /// A value as `offset` more than another one, which has a number.
  struct Origin {
    uint32_t root = 0, offset = 0;
  };
  void join(ir::Ref access, const Origin& address, uint32_t bytes, bool store);

  std::vector<Member> members_;  // by node
  std::vector<Origin> origins_;  // by node
  std::vector<Group> groups_;
};

}  // namespace vmsim::jit
