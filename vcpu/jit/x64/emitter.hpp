// x86-64 code for blocks of IR, by Xbyak. Ten guest registers live in host registers all the time, across blocks: no block loads or stores
// them at its ends. The others lie in the state. The runtime (entry, exits, slow accesses) is written once, at the start of the code cache.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "vcpu/jit/state.hpp"
#include "vcpu/jit/translated.hpp"

namespace vmsim::jit::x64 {

/// What translated code calls where an access is not in the translation cache. `info` is access_info's; a load gives the value,
/// zero-extended, a store 0; either gives `leave_before` where its instruction has to be run on its own.
using SlowLoad = uint64_t (*)(State*, uint32_t address, uint64_t info);
using SlowStore = uint64_t (*)(State*, uint32_t address, uint64_t info, uint32_t value);
inline constexpr uint64_t leave_before = uint64_t{1} << 63;

/// pc of the instruction, steps of the block not yet done with it, bytes of the access.
constexpr uint64_t access_info(uint32_t pc, uint32_t left, uint32_t bytes) { return pc | uint64_t{left} << 32 | uint64_t{bytes} << 48; }
constexpr uint32_t info_pc(uint64_t info) { return static_cast<uint32_t>(info); }
constexpr uint32_t info_left(uint64_t info) { return info >> 32 & 0xFFFF; }
constexpr uint32_t info_bytes(uint64_t info) { return static_cast<uint32_t>(info >> 48); }

/// Host features and choices of which there is an off switch.
struct Features {
  bool bmi2 = true;        // shifts by any register; used where the host has it
  bool resident = true;    // guest registers in host registers
  bool jump_cache = true;  // computed jumps look their target up in line
  bool share = true;       // accesses close together look up one translation
};

class BlockEmitter;

class Emitter {
 public:
  explicit Emitter(const Features& features);
  ~Emitter();

  /// Writes the runtime at `cache`; gives its size. Executed, it lies at `executable`.
  uint32_t write_runtime(uint8_t* cache, const uint8_t* executable, uint32_t room, SlowLoad load, SlowStore store);

  /// Writes `block` to `at` in the cache and fills in `out`. False where it is longer than `room` or too hard: out is not changed then.
  enum class Result : uint8_t { done, no_room, too_hard };
  Result emit(const ir::Block& block, const Ground& ground, Translated& out, uint8_t* cache, uint32_t at, uint32_t room) const;

  /// Makes the exit go to `to`, at physical page `page`; and to its stub again.
  static void join(uint8_t* cache, Link& link, const Translated& to);
  static void part(uint8_t* cache, Link& link);

  /// Runs translated code from `code` on.
  [[nodiscard]] Reason run(State& state, const void* code) const { return enter_(&state, code); }

  static constexpr size_t resident_count = 10;

 private:
  friend class BlockEmitter;
  std::unique_ptr<BlockEmitter> block_emitter_;
  Features features_;
  using Enter = Reason (*)(State*, const void*);
  Enter enter_ = nullptr;
  uint32_t slow_load_ = 0, slow_store_ = 0;
  std::array<uint32_t, 3> looked_up_loads_{}, looked_up_stores_{};  // by bytes / 2; the slow ones stand behind them
  std::array<uint32_t, 6> exits_{};                                 // by Reason
};

}  // namespace vmsim::jit::x64
