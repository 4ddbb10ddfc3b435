// What stands around a hart, memory apart: devices at their addresses, the console, and the power switch. The same
// board serves the real machine and a virtual one; see docs/toy32.md for the map.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "machine/paravirt.hpp"
#include "machine/plic.hpp"
#include "machine/uart.hpp"
#include "machine/virtio/mmio.hpp"

namespace vmsim {

class Disk;

struct BoardOptions {
  ConsoleOptions console;
  std::vector<std::shared_ptr<Disk>> disks;  // in virtio slots, from the first on
  virtio::Layout layout = virtio::Layout::modern;
  std::optional<uint64_t> entropy_seed = {};  // with one: an entropy source in the last slot
  bool paravirt = false;                      // the firmware answers a paravirtual kernel's calls
  ControlCalls control = {};                  // this guest is the control domain, and here is what answers it
};

class Board {
 public:
  /// Where things are, beyond docs/toy32.md's table: interrupt sources and the most disks.
  static constexpr uint32_t uart_source = 10;
  static constexpr size_t most_disks = virtio::Mmio::slots - 1;

  Board(const BoardOptions& options, const Dma& dma);
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// An access at a physical address; nothing or false where no device takes it.
  std::optional<uint32_t> read(uint32_t at, Width width);
  bool write(uint32_t at, uint32_t value, Width width);

  [[nodiscard]] Console& console() { return console_; }
  /// Ends the run with this code: the power device's or the firmware's word.
  void power_off(int code) { exit_code_ = code; }
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

  /// Lets everything happen that is due by machine time `now`: console input, device work, interrupt requests.
  void advance(uint64_t now);
  /// A received byte for the firmware's console calls.
  std::optional<uint8_t> take_input();
  /// The machine time at which something happens by itself; Device::never for never. Input that finds no room
  /// waits until the guest makes some.
  [[nodiscard]] uint64_t next_event() const;
  /// The same while the hart waits, which it starts to do at `now`.
  [[nodiscard]] uint64_t next_event_waiting(uint64_t now);
  /// The level of the hart's external interrupt line.
  [[nodiscard]] bool external_interrupt() const { return shares_page() ? paravirt_->interrupt() : plic_.interrupt(); }
  /// What answers a paravirtual kernel; null where nobody does.
  [[nodiscard]] Paravirt* paravirt() { return paravirt_ ? &*paravirt_ : nullptr; }
  /// What answers at which physical addresses.
  struct DeviceRange {
    std::string_view name;
    uint32_t base, size;
  };
  [[nodiscard]] std::vector<DeviceRange> device_ranges() const;
  /// What answers the control domain; empty in any other guest.
  [[nodiscard]] const ControlCalls& control() const { return control_; }
  /// The virtio slots that hold a device.
  [[nodiscard]] const std::vector<uint32_t>& virtio_slots() const { return virtio_slots_; }
  /// The guest wrote more than a limit allows: which one; null while it has not.
  [[nodiscard]] const char* limit_reached() const;

 private:
  struct Place {
    uint32_t base, size;
    Device* device;
    uint32_t source = 0;  // of the PLIC; 0 for none
  };
  void deliver_input(uint64_t now);
  [[nodiscard]] uint64_t next_device_event() const;
  [[nodiscard]] bool shares_page() const { return paravirt_ && paravirt_->active(); }
  /// The device whose range holds the access, and the offset in it.
  Place* find(uint32_t at, Width width);

  Console console_;
  Uart uart_;
  Plic plic_;
  std::optional<Paravirt> paravirt_;
  ControlCalls control_;
  std::vector<std::shared_ptr<Disk>> disks_;
  std::vector<uint32_t> virtio_slots_;
  std::vector<std::unique_ptr<Device>> others_;
  std::vector<Place> places_;
  std::optional<int> exit_code_;
};

}  // namespace vmsim
