// The passes: each takes a block and leaves one that does the same. Their order is run_passes'; each can be switched off.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "vcpu/ir/block.hpp"

namespace vmsim::ir {

/// Operations on constants become constants; registers whose value is known are not read. Identities (x + 0) go.
void propagate_constants(Block& block);
/// A register that is another's copy is not read: the other one is.
void propagate_copies(Block& block);
/// A load and the sign extension of what it loaded become one.
void extend_loads(Block& block);
/// A write to a register goes where another follows before anything reads it or the block can be left.
void remove_dead_stores(Block& block);
/// Values that nothing uses go.
void remove_dead_values(Block& block);

/// Something for each node of a block, while a pass runs; most blocks are short, and then it lies on the stack.
template <class T>
class PerNode {
 public:
  PerNode(const Block& block, T value) : more_(block.nodes.size() > few ? new T[block.nodes.size()] : nullptr), all_(more_ ? more_.get() : here_.data()) {
    std::fill_n(all_, block.nodes.size(), value);
  }
  T& operator[](size_t i) { return all_[i]; }
  const T& operator[](size_t i) const { return all_[i]; }

 private:
  static constexpr size_t few = 400;
  std::array<T, few> here_;
  std::unique_ptr<T[]> more_;
  T* all_;
};

struct Pass {
  std::string_view name;
  void (*run)(Block&);
};
inline constexpr std::array<Pass, 5> passes{{
    {"constants", propagate_constants},
    {"copies", propagate_copies},
    {"extensions", extend_loads},
    {"dead-stores", remove_dead_stores},
    {"dead-values", remove_dead_values},
}};

/// Bit i switches pass i on.
using PassSet = uint32_t;
inline constexpr PassSet all_passes = (1u << passes.size()) - 1;

/// Runs the passes of `set` in order. `after`, if there is one, sees the block after each.
void run_passes(Block& block, PassSet set = all_passes, const std::function<void(const Pass&, const Block&)>& after = {});

/// For passes that drop nodes: keeps those for which `keep` holds, and renumbers. A kept node's operands must be kept.
void compact(Block& block, const PerNode<bool>& keep);

}  // namespace vmsim::ir
