// virtio entropy source (Virtual I/O Device specification 1.2, section 5.4). Seeded: two runs see the same bytes.
#pragma once

#include <algorithm>
#include <random>

#include "machine/virtio/mmio.hpp"

namespace vmsim::virtio {

class Entropy final : public Backend {
 public:
  explicit Entropy(uint64_t seed) : random_(seed) {}
  [[nodiscard]] std::string_view name() const override { return "virtio-entropy"; }
  [[nodiscard]] uint32_t device_id() const override { return 4; }
  std::optional<Served> serve(Dma& dma, const Chain& chain) override {
    constexpr uint64_t most = 4096;  // the device may give fewer than asked for
    std::vector<uint8_t> bytes(std::min(chain.total(true), most));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
    return chain.write(dma, 0, bytes) ? std::optional(Served{static_cast<uint32_t>(bytes.size()), bytes.size()}) : std::nullopt;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace vmsim::virtio
