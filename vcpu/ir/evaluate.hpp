// Runs a block's IR on a hart, one node after the other: the oracle of every emitter, and the measure of every pass. An access that
// memory does not take at once (a fault, a device, a store to decoded code) leaves the block before its instruction, as emitted code does.
#pragma once

#include <functional>
#include <optional>

#include "vcpu/hart.hpp"
#include "vcpu/ir/block.hpp"

namespace vmsim::ir {

/// Why a block was left.
enum class Left : uint8_t {
  on,    // at a known or computed address: exit_if, go, jump
  look,  // system state changed
  trap,
  step,  // the next instruction has to be run on its own
};

struct Outcome {
  Left left = Left::on;
  uint32_t pc = 0;                         // of the next instruction; of the one that traps
  uint32_t retired = 0;                    // instructions
  uint32_t cause = 0, tval = 0, word = 0;  // of a trap
  bool operator==(const Outcome&) const = default;
};

/// Main memory as a block sees it; nothing, or false, where the access is not simply main memory's.
struct DataAccess {
  std::function<std::optional<uint32_t>(uint32_t address, Width)> load;  // zero-extended
  std::function<bool(uint32_t address, uint32_t value, Width)> store;
};

/// Runs `block`; changes registers, control registers and mode of `hart`, but neither pc nor clock.
Outcome evaluate(const Block& block, Hart& hart, const DataAccess& memory);

}  // namespace vmsim::ir
