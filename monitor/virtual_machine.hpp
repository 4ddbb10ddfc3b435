// A computer made of another: its memory is a slice of the platform's, its engine a technique. It is a Platform in turn.
#pragma once

#include "machine/computer.hpp"
#include "monitor/allocator.hpp"
#include "monitor/techniques/technique.hpp"

namespace vmsim {

class VirtualMachine final : public Computer {
 public:
  /// What the allocator takes for a guest with `ram` bytes, the guest's memory apart.
  static constexpr uint32_t shadow_pages = 1024;
  static constexpr uint32_t overhead = shadow_pages * page_size + (8u << 20);

  /// A guest with `ram` bytes of memory, one of those that the allocator serves; an error where there is no room for it. `how` has the
  /// technique's switches.
  static Result<std::unique_ptr<VirtualMachine>> make(Allocator& allocator, uint32_t ram, const BoardOptions& options, Technique technique,
                                                      const TechniqueOptions& how = {}, uint32_t shadow_pages = VirtualMachine::shadow_pages);
  /// The same under a monitor of its own, which serves no other guest.
  static Result<std::unique_ptr<VirtualMachine>> make(Platform& real, uint32_t ram, const BoardOptions& options, Technique technique,
                                                      const TechniqueOptions& how = {});
  ~VirtualMachine() override;

  /// What the guest has been given.
  [[nodiscard]] const Grant& grant() const { return grant_; }
  /// Where the guest's memory lies.
  [[nodiscard]] const Slice& slice() const { return grant_.slice(); }
  /// The guest stops before this step of its own, whatever it was asked to run for.
  void set_deadline(uint64_t step) { grant_.set_deadline(step); }
  /// Exits so far.
  [[nodiscard]] uint64_t exits() const { return count_.exits; }
  /// Privileged instructions so far that were handled in another's exit.
  [[nodiscard]] uint64_t clustered() const { return count_.clustered; }

 private:
  VirtualMachine(Platform& real, Grant grant, const BoardOptions& options, Technique technique, const TechniqueOptions& how);
  void call_firmware(TraceSink* sink) override;
  [[nodiscard]] uint64_t deadline() const override { return grant_.deadline(); }

  std::unique_ptr<Allocator> allocator_;  // where it is this guest's alone; outlives the grant
  Grant grant_;
  ExitCount count_;
};

}  // namespace vmsim
