// Checks a block's invariant: what a pass leaves behind must be a block.
#pragma once

#include <string>

#include "vcpu/ir/block.hpp"

namespace vmsim::ir {

/// What is wrong with `block`; empty where nothing is.
std::string verify(const Block& block);

}  // namespace vmsim::ir
