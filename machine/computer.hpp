// A computer: a hart, what makes it run, memory, devices, firmware. The real one and a virtual one differ only in their engine
// and in whose memory it is; limits, input, idle time and firmware calls are handled here, once, for both.
#pragma once

#include <memory>

#include "isa/image.hpp"
#include "machine/board.hpp"
#include "machine/platform.hpp"

namespace vmsim {

/// A hart's way to its memory and its board.
class BoardBus final : public Bus {
 public:
  BoardBus(Memory memory, Board& board) : Bus(std::move(memory)), board_(board) {}
  std::optional<uint32_t> device_read(Physical at, Width width) override { return board_.read(at.at, width); }
  bool device_write(Physical at, uint32_t value, Width width) override { return board_.write(at.at, value, width); }

 private:
  Board& board_;
};

/// Why a computer stopped.
enum class Stopped : uint8_t {
  budget,        // the steps asked for are done
  powered_off,   // by the power device or the firmware, with an exit code
  idle_forever,  // wfi, and nothing will ever interrupt
  flooded,       // the guest wrote more than the console's limit
};

class Computer : public Platform {
 public:
  [[nodiscard]] const Isa& isa() const override { return isa_; }
  [[nodiscard]] Hart& hart() { return hart_; }
  [[nodiscard]] Board& board() { return board_; }
  [[nodiscard]] Memory& memory() override { return bus_.memory(); }

  /// Puts an image and a device tree into memory and the hart at its entry, as the firmware leaves it to a kernel.
  Result<void> boot(const Image& image, const std::vector<uint8_t>& device_tree);

  /// Runs as the guest's own machine until `until` steps are done in all, or something else stops it.
  Stopped run(uint64_t until, TraceSink* sink);

  Exit run_user(Hart& hart, uint64_t budget, TraceSink* sink) override {
    return engine_->run(hart, budget, TrapDestination::monitor, sink);
  }
  void flush(std::optional<Virtual> address) override { engine_->flush(address); }
  std::optional<Physical> take(uint32_t size, uint32_t alignment) override;

 protected:
  Computer(const Isa& isa, Memory memory, const BoardOptions& options)
      : isa_(isa), board_(options), bus_(std::move(memory), board_), taken_(bus_.memory().base().at) {}

  /// Answers an ecall from the kernel: one step.
  virtual void call_firmware(TraceSink* sink);

  const Isa& isa_;
  Board board_;
  BoardBus bus_;
  Hart hart_;
  std::unique_ptr<Engine> engine_;

 private:
  /// Lets in what is due. Gives the steps until something next happens by itself.
  uint64_t look_at_board();
  /// Jumps to the first step at which an interrupt ends the hart's wfi. False where none ever will.
  bool skip_idle();

  uint32_t taken_;  // first byte of memory that `take` has not given away
};

/// The real computer: an interpreter on memory of its own.
class Machine final : public Computer {
 public:
  /// `ram` bytes at 0x8000'0000, a multiple of 4096.
  Machine(const Isa& isa, uint32_t ram, const BoardOptions& options, EngineOptions engine = {});
};

inline constexpr uint32_t ram_base = 0x8000'0000;

}  // namespace vmsim
