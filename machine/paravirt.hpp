// What a paravirtual kernel and the firmware below it say to each other, on the bare machine and under a monitor alike: a page of the kernel's
// memory that both read and write without an exit, and six calls. docs/paravirt.md is the interface.
// Invariant: the firmware looks at the page only at times that follow from the guest's own steps, so every technique sees the same page at the same step.
#pragma once

#include <span>
#include <vector>

#include "machine/console.hpp"
#include "machine/dma.hpp"
#include "machine/firmware.hpp"

namespace vmsim {

class Paravirt {
 public:
  /// Byte offsets in the shared page. The rest of it is the kernel's own. A kernel that maps it at the top of its address space reaches
  /// the words from x0, without a register.
  enum Offset : uint32_t {
    output_ring = 0,
    input_ring = 1024,
    enabled = 4064,   // kernel: may it be interrupted?
    pending = 4068,   // firmware sets bits, acknowledge clears them
    time_low = 4072,  // the clock as of the last look
    time_high = 4076,
    output_written = 4080,  // bytes in all; the ring holds the last of them
    output_taken = 4084,
    input_written = 4088,
    input_taken = 4092,
  };
  static constexpr uint32_t output_room = 1024, input_room = 256;
  /// Bits of `pending`.
  static constexpr uint32_t timer_event = 1, console_event = 2, device_event = 4;
  /// Steps of machine time between two looks at the page, at most.
  static constexpr uint64_t between_looks = 100'000;
  static constexpr uint32_t most_entries = 512;  // of a page-table batch

  /// The firmware extension: SBI's space for calls of one firmware's own, with vmsim's implementation id.
  static constexpr uint32_t extension = 0x0A00'766D;

  Paravirt(Console& console, const Dma& dma) : console_(console), dma_(dma) {}

  /// One call, at machine time `now`, by a kernel whose hart is `hart`.
  FirmwareReply call(const std::array<uint32_t, 8>& a, const Hart& hart, uint64_t now);

  [[nodiscard]] bool active() const { return page_ != 0; }
  /// Does what is due by `now`. `devices`: the interrupt controller's line.
  void advance(uint64_t now, bool devices);
  /// The kernel waits: what it has written is looked at now, for nothing more will come.
  void look(uint64_t now);
  /// When something happens next by itself; looks apart where the kernel waits.
  [[nodiscard]] uint64_t next_event(bool waiting) const;
  /// The level of the hart's external interrupt line.
  [[nodiscard]] bool interrupt() const { return line_; }

 private:
  FirmwareReply share(uint32_t page, uint64_t now);
  FirmwareReply page_tables(uint32_t list, uint32_t count);
  FirmwareReply trap_taken(uint32_t frame, const Hart& hart);
  FirmwareReply resume(uint32_t frame);
  void take_output();
  void give_input(uint64_t now);
  void raise(uint32_t event);
  [[nodiscard]] uint32_t word(uint32_t offset) const { return dma_.get<uint32_t>(page_ + offset).value_or(0); }
  void set_word(uint32_t offset, uint32_t value) { dma_.put(page_ + offset, value); }

  Console& console_;
  Dma dma_;
  uint32_t page_ = 0;  // physical address; 0: no page is shared
  uint64_t next_look_ = ~uint64_t{0}, timer_ = ~uint64_t{0};
  bool devices_ = false, line_ = false;
  bool input_waits_ = false;  // for room in the ring; tried again at every look
};

}  // namespace vmsim
