// Shows what the jit makes of the code at an address: guest code, IR as it was built and after each pass that changed it, host code.
#pragma once

#include "isa/isa.hpp"
#include "vcpu/engine.hpp"
#include "vcpu/jit/translated.hpp"

namespace vmsim::jit {

struct Explained {
  std::string text;
  std::vector<uint32_t> guests;  // addresses of the instructions in it
};

/// The block at `pc`, whose page lies at `page`, as the jit translates it under `options`.
Explained explain(const Isa& isa, const Memory& memory, Physical page, uint32_t pc, Mode mode, const JitOptions& options, const Ground& ground);

}  // namespace vmsim::jit
