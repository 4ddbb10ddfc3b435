// The jit: cold code is interpreted, hot code translated. It owns an interpreter, which also takes what translated code leaves: single
// instructions that touch devices, translations or time, faults, and the last steps before a deadline.
#pragma once

#include "vcpu/engine.hpp"
#include "vcpu/interpreter/interpreter.hpp"
#include "vcpu/ir/form.hpp"
#include "vcpu/jit/code_cache.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim {
class Isa;
}

namespace vmsim::jit {

std::unique_ptr<Engine> make_jit(const Isa& isa, Bus& bus, EngineOptions options);

/// The interpreter's way to memory and devices; its fences reach the jit too.
class FencedBus final : public Bus {
 public:
  FencedBus(Bus& inner, Engine& jit) : Bus(inner.memory()), inner_(inner), jit_(jit) {}
  std::optional<uint32_t> device_read(Physical at, Width width) override { return inner_.device_read(at, width); }
  bool device_write(Physical at, uint32_t value, Width width) override { return inner_.device_write(at, value, width); }
  void fenced(const Fence& fence) override;

 private:
  Bus& inner_;
  Engine& jit_;
};

class Jit final : public Engine {
 public:
  Jit(const Isa& isa, Bus& bus, EngineOptions options);
  Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) override;
  void flush(std::optional<Virtual> address) override;
  /// Translations have been flushed: where code is has to be found anew.
  void forget_places() { spaces_known_ = 0; }

  [[nodiscard]] const TranslationCounts& counts() const { return counts_; }

 private:
  /// Ends run(), or nothing: on with the next step.
  using Left = std::optional<Exit>;

  Exit run_to_exit(Hart& hart, uint64_t end, TrapDestination destination);
  Left run_blocks(Hart& hart, uint64_t until, TrapDestination destination);
  /// Interprets `steps` steps.
  Left interpret(Hart& hart, uint64_t steps, TrapDestination destination);
  void with_registers(Hart& hart, auto&& enter);
  Left take(Hart& hart, const TrapExit& trap, TrapDestination destination);
  /// Brings what depends on memory's code marks up to date.
  void refresh();
  /// Makes the hart's address space and mode the current one.
  void enter_space(const Hart& hart);
  /// The spot for the hart's pc; null where its fetch faults.
  Spot* find(Hart& hart, Page** page);
  /// Where the jump cache says that the code for `pc` is.
  [[nodiscard]] const void* known_code(uint32_t pc) const;
  Translated* translate(Page& page, Spot& spot, uint32_t pc);
  /// Instructions from `at` up to the first that may jump, trap or look, that one included; inside the page.
  uint8_t straight_length(Physical at) const;

  static uint64_t slow_load(State* state, uint32_t address, uint64_t info) noexcept;
  static uint64_t slow_store(State* state, uint32_t address, uint64_t info, uint32_t value) noexcept;
  uint64_t leave(uint64_t info);

  const Isa& isa_;
  Bus& bus_;
  EngineOptions options_;
  Mmu mmu_;
  FencedBus fenced_;
  Interpreter interpreter_;  // over the same Mmu
  host::Mapping state_memory_;
  State& state_;
  Emitter emitter_;
  TranslationCounts own_counts_, &counts_;
  CodeCache cache_;
  Hart* hart_ = nullptr;  // the one that runs
  TranslationContext* context_ = nullptr;
  Ground ground_;
  Mode mode_ = Mode::kernel;
  // Address spaces and modes whose jump-cache entries hold, each with the tag of its entries.
  struct Space {
    uint64_t key = 0;
    Mode mode = Mode::kernel;
    uint32_t generation = 0;
  };
  std::array<Space, 16> spaces_{};
  size_t spaces_known_ = 0;
  uint32_t generations_ = 0;
  uint64_t code_epoch_ = 0, mark_epoch_ = 0, losses_ = 0;
};

}  // namespace vmsim::jit
