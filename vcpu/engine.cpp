#include "vcpu/engine.hpp"

#include <cassert>

#ifdef VMSIM_HAS_JIT
#include "vcpu/jit/jit.hpp"
#endif

namespace vmsim {

#ifdef VMSIM_HAS_JIT
bool has_jit() { return true; }
#else
bool has_jit() { return false; }
#endif

std::unique_ptr<Engine> make_engine(const Isa& isa, Bus& bus, EngineOptions options) {
#ifdef VMSIM_HAS_JIT
  if (options.kind == EngineKind::jit) return jit::make_jit(isa, bus, options);
#endif
  assert(options.kind == EngineKind::interpreter);
  return make_interpreter(isa, bus, options);
}

}  // namespace vmsim
