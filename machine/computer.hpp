// A computer: a hart, what makes it run, memory, devices, firmware. The real one and a virtual one differ only in their engine
// and in whose memory it is; limits, input, idle time and firmware calls are handled here, once, for both.
#pragma once

#include <memory>

#include "isa/image.hpp"
#include "machine/board.hpp"
#include "machine/image_pages.hpp"
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
  waits,         // wfi, and it was asked to stop there
  over_limit,    // the guest wrote more than its console's or disk's limit
};

class Computer : public Platform {
 public:
  [[nodiscard]] const Isa& isa() const override { return isa_; }
  [[nodiscard]] Hart& hart() { return hart_; }
  [[nodiscard]] Board& board() { return board_; }
  [[nodiscard]] Memory& memory() override { return bus_.memory(); }

  /// Puts an image and a device tree into memory and the hart at its entry, as the firmware leaves it to a kernel. An error where they do not
  /// fit, with the initial RAM disk if there is one.
  /// With `pages`, the image's own, its memory shares them with other guests'.
  Result<void> boot(const Image& image, const std::vector<uint8_t>& device_tree, const ImagePages* pages = nullptr);

  /// Puts an initial RAM disk into memory, below where boot() will put the device tree. Gives its first address. It comes before boot().
  Result<uint32_t> place_initrd(std::span<const uint8_t> bytes);

  /// Runs as the guest's own machine until `until` steps are done in all, or something else stops it. A wait takes no time: the
  /// clock jumps. With `stops_at_wait` it is left to the caller how the time passes: see wait_left and pass.
  Stopped run(uint64_t until, TraceSink* sink, bool stops_at_wait = false);
  /// The steps of idle time after which to look again whether the wait is over; 0: it is; nothing: it never will be.
  std::optional<uint64_t> wait_left();
  /// Jumps to the first step at which an interrupt ends the hart's wfi. False where none ever will, unless more input arrives.
  bool skip_idle();
  /// Idle time goes by.
  void pass(uint64_t steps) { hart_.clock.idle += steps; }

  Exit run_user(Hart& hart, uint64_t budget, TraceSink* sink) override { return engine_->run(hart, budget, TrapDestination::monitor, sink); }
  void flush(std::optional<Virtual> address) override { engine_->flush(address); }
  std::optional<Physical> take(uint32_t size, uint32_t alignment) override;

 protected:
  /// `dma` is its devices' way to the memory.
  Computer(const Isa& isa, const Memory& memory, Dma dma, const BoardOptions& options);

  /// The step before which it stops, whatever `run` was asked for.
  [[nodiscard]] virtual uint64_t deadline() const { return ~uint64_t{0}; }
  /// Answers an ecall from the kernel: one step.
  virtual void call_firmware(TraceSink* sink);

  const Isa& isa_;
  Dma dma_;  // how devices and firmware reach memory
  Board board_;
  BoardBus bus_;
  Hart hart_;
  std::unique_ptr<Engine> engine_;

 private:
  /// Lets in what is due. Gives the steps until something next happens by itself; `waiting`: while the hart is in wfi.
  uint64_t look_at_board(bool waiting);

  std::optional<Physical> initrd_;
  uint32_t taken_;  // first byte of memory that `take` has not given away
};

/// The real computer: an interpreter on memory of its own.
class Machine final : public Computer {
 public:
  /// `ram` bytes at 0x8000'0000, a multiple of 4096.
  Machine(const Isa& isa, uint32_t ram, const BoardOptions& options, EngineOptions engine = {});

 private:
  Machine(const Isa& isa, const Memory& memory, const BoardOptions& options, EngineOptions engine);
};

inline constexpr uint32_t ram_base = 0x8000'0000;

}  // namespace vmsim
