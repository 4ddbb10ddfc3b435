// virtio over memory-mapped registers (Virtual I/O Device specification 1.2, section 4.2), in the modern layout (version 2) and the
// legacy one (version 1), with one queue. What kind of device it is, a Backend says.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>

#include "machine/device.hpp"
#include "machine/virtio/queue.hpp"

namespace vmsim::virtio {

enum class Layout : uint8_t { legacy = 1, modern = 2 };

/// One kind of device: what it offers, and what it does with a request.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual uint32_t device_id() const = 0;
  [[nodiscard]] virtual uint32_t features() const { return 0; }  // the low 32 bits
  /// The device's own registers, from offset 0x100.
  [[nodiscard]] virtual std::span<const uint8_t> config() const { return {}; }
  /// What a request came to.
  struct Served {
    uint32_t written = 0;  // bytes, into the chain
    uint64_t work = 0;     // of the host, in bytes that it could have moved instead
  };
  /// Serves one request; nothing where it is malformed.
  virtual std::optional<Served> serve(Dma& dma, const Chain& chain) = 0;
};

class Mmio final : public Device {
 public:
  static constexpr uint32_t base = 0x1000'1000, size = 0x1000, slots = 8;
  static constexpr uint32_t first_source = 1;  // of the PLIC
  /// Steps from a notification to the answer.
  static constexpr uint64_t latency = 5000;
  /// Work that is done at one time, in bytes, one request apart; and how long it takes. Until then the next requests wait, so that in a number of
  /// steps no guest can make the host do more than so much.
  static constexpr uint64_t work_at_once = 4 << 20, work_per_step = 16;

  /// Without a backend it is an empty slot.
  Mmio(Layout layout, std::unique_ptr<Backend> backend, Dma dma);
  [[nodiscard]] std::string_view name() const override { return backend_ ? backend_->name() : "virtio (empty)"; }
  std::optional<uint32_t> read(uint32_t offset, Width width) override;
  bool write(uint32_t offset, uint32_t value, Width width) override;
  void advance(uint64_t now) override;
  [[nodiscard]] uint64_t next_event() const override { return due_.empty() ? never : std::max(due_.front().at, busy_until_); }
  [[nodiscard]] bool interrupt() const override { return interrupt_status_ != 0; }

 private:
  struct Due {
    uint64_t at = 0;
    uint16_t until = 0;  // the available index at its notification
  };
  void reset();
  void serve_until(uint16_t until, uint64_t now);
  void broken();
  [[nodiscard]] uint32_t offered(uint32_t half) const;
  void place_legacy_queue(uint32_t page_frame);

  Layout layout_;
  std::unique_ptr<Backend> backend_;
  Dma dma_;
  Queue queue_;
  uint32_t features_half_ = 0, driver_half_ = 0, queue_selected_ = 0, status_ = 0, interrupt_status_ = 0;
  uint32_t legacy_page_size_ = 4096, legacy_align_ = 4096, legacy_page_frame_ = 0;
  bool notified_ = false;
  std::deque<Due> due_;
  uint64_t busy_until_ = 0;  // whatever the guest does to its registers
};

}  // namespace vmsim::virtio
