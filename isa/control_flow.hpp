// Jumps, as rows and trap returns share them: a target off a 4-byte boundary traps on the jump itself, before
// anything commits (unprivileged specification, section 2.5; IALIGN = 32).
#pragma once

#include "isa/machine.hpp"

namespace vmsim {

template <class M>
constexpr void jump(M& m, typename M::Value target) {
  m.branch(ne(target & 3u, 0u), [&] { m.trap(cause::fetch_misaligned, target); });
  m.set_pc(target);
}

}  // namespace vmsim
