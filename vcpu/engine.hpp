// What makes a hart run. An engine never changes what a guest can see: any two, given the same hart and memory, make the
// same records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "vcpu/fence.hpp"
#include "vcpu/hart.hpp"
#include "vcpu/memory.hpp"
#include "vcpu/trace.hpp"
#include "vcpu/translation.hpp"

namespace vmsim {

class Isa;
class FenceRaces;

/// Physical memory and devices as a hart reaches them.
class Bus {
 public:
  explicit Bus(Memory memory) : memory_(std::move(memory)) {}
  virtual ~Bus() = default;
  [[nodiscard]] Memory& memory() { return memory_; }
  /// A device's answer to a naturally aligned access, or nothing where no device takes it: an access fault.
  virtual std::optional<uint32_t> device_read(Physical, Width) { return std::nullopt; }
  virtual bool device_write(Physical, uint32_t, Width) { return false; }
  /// The hart executed sfence.vma.
  virtual void fenced(const Fence&) {}

 private:
  Memory memory_;
};

/// Where a trap goes: into the hart's own vector, or out of the engine, to a monitor, with the hart as it was before the
/// trapping instruction. Towards a monitor no interrupt is taken: the monitor injects its guest's.
enum class TrapDestination : uint8_t { guest, monitor };

struct TrapExit {
  uint32_t cause = 0, tval = 0;
  uint32_t word = 0;  // the instruction; 0 where its fetch failed
};
struct DeviceExit {};    // a step that reached a device is complete; lines and power may have changed
struct FirmwareExit {};  // an ecall from kernel mode, not yet executed
struct IdleExit {};      // a wfi is complete and no enabled interrupt is pending
struct BudgetExit {};    // the given number of steps is done
struct ModeExit {};      // the hart is in user mode, and the engine was made for the kernel only
using Exit = std::variant<TrapExit, DeviceExit, FirmwareExit, IdleExit, BudgetExit, ModeExit>;

class Engine {
 public:
  virtual ~Engine() = default;
  /// Runs until an exit, for at most `budget` steps. Every step is recorded in `sink` when there is one.
  virtual Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) = 0;
  /// Forgets cached translations: as sfence.vma, for a monitor that changed page tables. No address: all.
  virtual void flush(std::optional<Virtual> address) = 0;
};

enum class EngineKind : uint8_t { interpreter, jit };

/// The jit's own switches; each optimisation can be turned off.
struct JitOptions {
  uint32_t threshold = 12;       // times that code is interpreted before it is translated, at most 255
  size_t code_bytes = 32 << 20;  // of translated code; the oldest is evicted
  uint32_t passes = ~0u;         // ir::PassSet
  uint32_t longest = 64;         // guest instructions of a block
  bool follow_jumps = true;      // blocks go on through direct jumps ...
  bool pass_branches = true;     // ... and past forward branches
  bool unroll = true;            // short loops go round several times in one block
  bool chaining = true;          // exits go straight to the next block
  bool jump_cache = true;        // computed jumps look their target up in line
  bool resident = true;          // guest registers in host registers
  bool direct_memory = true;     // paging off: no translation cache in between
  bool share = true;             // paging on: accesses close together look up one translation
  bool bmi2 = true;
  bool verify = false;                  // check the IR's invariant after each pass
  Translations* shown = nullptr;        // translations are kept there, and their executions counted
  TranslationCounts* counts = nullptr;  // counted there; several engines may share one
  std::FILE* perf_map = nullptr;        // host code is listed there as perf reads it: address, size, name
};

/// An engine's switches; each optimisation can be turned off.
struct EngineOptions {
  EngineKind kind = EngineKind::interpreter;
  JitOptions jit;
  bool threaded = true;           // off: the interpreter's switch form, which also runs whatever is recorded
  bool fusion = true;             // off: a handler of its own for each instruction
  bool forwarding = true;         // off: every source is read from the register file
  bool constants = true;          // off: what is known at decoding is computed again at every run
  bool extended_blocks = true;    // off: blocks end at every jump and branch
  bool block_cache = true;        // off: every block is decoded anew, by the switch form
  bool translation_cache = true;  // off: every access walks
  bool kernel_only = false;       // on: a ModeExit comes before any step in user mode
  FenceRaces* races = nullptr;    // looks for fence races; only where nothing is cached does it see every access
};

std::unique_ptr<Engine> make_interpreter(const Isa& isa, Bus& bus, EngineOptions options = {});

/// True where this build has a jit for its host.
bool has_jit();
/// An engine of `options.kind`. Where there is no jit, asking for one is for the caller to prevent.
std::unique_ptr<Engine> make_engine(const Isa& isa, Bus& bus, EngineOptions options = {});

}  // namespace vmsim
