// What makes a hart run. An engine never changes what a guest can see: any two, given the same hart and memory, make the
// same records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "vcpu/hart.hpp"
#include "vcpu/memory.hpp"
#include "vcpu/trace.hpp"

namespace vmsim {

class Isa;

/// Physical memory and devices as a hart reaches them.
class Bus {
 public:
  explicit Bus(Memory memory) : memory_(std::move(memory)) {}
  virtual ~Bus() = default;
  [[nodiscard]] Memory& memory() { return memory_; }
  /// A device's answer to a naturally aligned access, or nothing where no device takes it: an access fault.
  virtual std::optional<uint32_t> device_read(Physical, Width) { return std::nullopt; }
  virtual bool device_write(Physical, uint32_t, Width) { return false; }

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
using Exit = std::variant<TrapExit, DeviceExit, FirmwareExit, IdleExit, BudgetExit>;

class Engine {
 public:
  virtual ~Engine() = default;
  /// Runs until an exit, for at most `budget` steps. Every step is recorded in `sink` when there is one.
  virtual Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) = 0;
  /// Forgets cached translations: as sfence.vma, for a monitor that changed page tables. No address: all.
  virtual void flush(std::optional<Virtual> address) = 0;
};

/// An engine's switches; each optimisation can be turned off.
struct EngineOptions {
  bool block_cache = true;        // off: every block is decoded anew
  bool translation_cache = true;  // off: every access walks
};

std::unique_ptr<Engine> make_interpreter(const Isa& isa, Bus& bus, EngineOptions options = {});

}  // namespace vmsim
