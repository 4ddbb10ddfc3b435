// Any machine state: the jit, with any of its optimisations off, does what the interpreter does, at every one of some cuts.
#include <algorithm>

#include "fuzz/whole_machine.hpp"
#include "support/collect.hpp"
#include "vcpu/fence_races.hpp"

using namespace vmsim;

namespace {

constexpr uint64_t limit = 1000;  // steps

JitOptions options_from(fuzz::Bytes& bytes) {
  const uint8_t off = bytes.byte(), more = bytes.byte();
  return {.threshold = more & 3u,
          .code_bytes = 256 << 10,
          .passes = ~uint32_t{bytes.byte()},
          .longest = (more & 4) != 0 ? 3u : 64u,
          .follow_jumps = (off & 1) == 0,
          .pass_branches = (off & 2) == 0,
          .unroll = (more & 8) == 0,
          .chaining = (off & 4) == 0,
          .jump_cache = (off & 8) == 0,
          .resident = (off & 16) == 0,
          .direct_memory = (off & 32) == 0,
          .share = (more & 16) == 0,
          .bmi2 = (off & 64) == 0,
          .verify = true};
}

/// A run that depends on stale translations has no single outcome.
bool fence_racy(const fuzz::WholeMachine& state) {
  FenceRaces races;
  const test::Made made = test::make("bare", fuzz::WholeMachine::ram_size, {}, {.block_cache = false, .translation_cache = false, .races = &races});
  state.load_into(made.computer());
  made.computer().run(limit, nullptr);
  return races.first().has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (!has_jit()) return 0;
  fuzz::Bytes bytes(data, size);
  const JitOptions jit = options_from(bytes);
  const uint8_t pace = bytes.byte();
  const fuzz::WholeMachine state(bytes);
  const char* technique = pace % 4 == 3 ? "trap" : "bare";
  const test::Made one = test::make(technique, fuzz::WholeMachine::ram_size, {}, {.kind = EngineKind::jit, .jit = jit});
  const test::Made other = test::make(technique, fuzz::WholeMachine::ram_size, {}, {.threaded = false});
  state.load_into(one.computer());
  state.load_into(other.computer());
  for (uint64_t until = 0, cut = 1; until < limit; ++cut) {
    until = std::min(limit, until + 1 + (pace < 128 ? limit : pace * cut % 97));
    const Stopped a = one.computer().run(until, nullptr), b = other.computer().run(until, nullptr);
    const bool over = a != Stopped::budget || until == limit;
    const bool same = a == b && one.computer().hart() == other.computer().hart() &&
                      (!over || std::ranges::equal(one.computer().memory().bytes(), other.computer().memory().bytes()));
    if (!same && !fence_racy(state)) __builtin_trap();
    if (!same || over) break;
  }
  return 0;
}
