// virtio-blk (Virtual I/O Device specification 1.2, section 5.2) over a Disk.
#pragma once

#include "machine/disk.hpp"
#include "machine/virtio/mmio.hpp"

namespace vmsim::virtio {

class Blk final : public Backend {
 public:
  explicit Blk(std::shared_ptr<Disk> disk);
  [[nodiscard]] std::string_view name() const override { return "virtio-blk"; }
  [[nodiscard]] uint32_t device_id() const override { return 2; }
  [[nodiscard]] uint32_t features() const override;
  [[nodiscard]] std::span<const uint8_t> config() const override { return config_; }
  std::optional<Served> serve(Dma& dma, const Chain& chain) override;

  /// The largest request: longer ones fail.
  static constexpr uint64_t largest_request = 4 << 20;
  /// A flush waits for the host's own disk: as much work as moving so many bytes.
  static constexpr uint64_t flush_work = 512 << 10;

 private:
  struct Answer {
    uint8_t status;
    uint32_t written;  // data bytes
    uint64_t work;
  };
  Answer answer(Dma& dma, const Chain& chain, uint32_t type, uint64_t sector);

  std::shared_ptr<Disk> disk_;
  std::array<uint8_t, 24> config_{};
  std::vector<uint8_t> buffer_;
};

}  // namespace vmsim::virtio
