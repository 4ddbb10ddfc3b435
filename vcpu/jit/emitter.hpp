// The emitter of the host this was built for. Another host is another folder with a class of this interface (x64/emitter.hpp), and a line here.
#pragma once

#include "vcpu/jit/x64/emitter.hpp"

namespace vmsim::jit {
using x64::Emitter;
using x64::Features;
using x64::info_bytes;
using x64::info_left;
using x64::info_pc;
using x64::leave_before;
}  // namespace vmsim::jit
