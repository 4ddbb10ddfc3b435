// How the monitor runs a guest. To the computer around it a technique is an engine like any other: it runs the (virtual) hart
// and gives the same exits; how much of that happens on a real hart is its own affair. One file each.
#pragma once

#include <memory>
#include <string_view>

#include "machine/platform.hpp"
#include "monitor/slice.hpp"

namespace vmsim {

/// What a technique works with: the machine below, and the guest's own memory and devices.
struct Ground {
  Platform& real;
  Bus& guest;
  Slice slice;
  RealPhysical pool;        // pages for shadow tables
  uint32_t pool_pages = 0;
  uint64_t& exits;          // counts them
};

/// Real user mode for everything; every privileged instruction traps and is emulated.
std::unique_ptr<Engine> make_trap_technique(const Ground& ground);
/// No real hart: the monitor interprets every instruction on the virtual one.
std::unique_ptr<Engine> make_emulate_technique(const Ground& ground);

enum class Technique : uint8_t { emulate, trap };
std::unique_ptr<Engine> make_technique(Technique technique, const Ground& ground);

}  // namespace vmsim
