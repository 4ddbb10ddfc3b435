// How the monitor runs a guest. To the computer around it a technique is an engine like any other: it runs the
// (virtual) hart and gives the same exits; how much of that happens on a real hart is its own affair. One file each.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "machine/platform.hpp"
#include "monitor/dispatcher.hpp"
#include "monitor/slice.hpp"

namespace vmsim {

/// A technique's switches.
struct TechniqueOptions {
  EngineOptions engine = {};  // of what the monitor itself interprets
  bool clusters = true;       // off: every privileged instruction makes an exit of its own
};

/// What a technique works with: the machine below, and the guest's own memory and devices.
struct Ground {
  Platform& real;
  Bus& guest;
  Slice slice;
  RealPhysical pool;  // pages for shadow tables
  uint32_t pool_pages = 0;
  ExitCount& count;
  TechniqueOptions options = {};
};

/// Real user mode for everything; every privileged instruction traps and is emulated.
std::unique_ptr<Engine> make_trap_technique(const Ground& ground);
/// No real hart: the monitor interprets every instruction on the virtual one.
std::unique_ptr<Engine> make_emulate_technique(const Ground& ground);

/// As trap, for a kernel that knows that it is virtual and calls the monitor instead of trapping into it.
std::unique_ptr<Engine> make_paravirt_technique(const Ground& ground);

/// The virtual kernel interpreted, the virtual user directly on the real hart.
std::unique_ptr<Engine> make_hybrid_technique(const Ground& ground);

enum class Technique : uint8_t { emulate, trap, hybrid, paravirt };
inline constexpr std::array<std::string_view, 4> technique_names{"emulate", "trap", "hybrid", "paravirt"};
/// The technique of this name; nothing where there is none.
std::optional<Technique> technique_of(std::string_view name);
std::unique_ptr<Engine> make_technique(Technique technique, const Ground& ground);

}  // namespace vmsim
