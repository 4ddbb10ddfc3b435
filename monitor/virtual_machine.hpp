// A computer made of another: its memory is a slice of the platform's, its engine a technique. It is a Platform in turn.
#pragma once

#include "machine/computer.hpp"
#include "monitor/techniques/technique.hpp"

namespace vmsim {

class VirtualMachine final : public Computer {
 public:
  /// What the allocator takes for a guest with `ram` bytes, the guest's memory apart.
  static constexpr uint32_t shadow_pages = 1024;
  static constexpr uint32_t overhead = shadow_pages * page_size + (8u << 20);

  /// A guest with `ram` bytes of memory; an error where the platform has no room for it.
  static Result<std::unique_ptr<VirtualMachine>> make(Platform& real, uint32_t ram, const BoardOptions& options, Technique technique);

  /// Where the guest's memory lies.
  [[nodiscard]] const Slice& slice() const { return slice_; }
  /// Exits so far.
  [[nodiscard]] uint64_t exits() const { return exits_; }

 private:
  VirtualMachine(Platform& real, const Slice& slice, RealPhysical pool, const BoardOptions& options, Technique technique);
  void call_firmware(TraceSink* sink) override;

  Slice slice_;
  uint64_t exits_ = 0;
};

}  // namespace vmsim
