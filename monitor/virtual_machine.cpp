#include "monitor/virtual_machine.hpp"

#include "isa/table.hpp"
#include "machine/firmware.hpp"
#include "monitor/dispatcher.hpp"

namespace vmsim {

Result<std::unique_ptr<VirtualMachine>> VirtualMachine::make(Allocator& allocator, uint32_t ram, const BoardOptions& options, Technique technique,
                                                             const TechniqueOptions& how, uint32_t shadow_pages) {
  auto grant = allocator.grant(GuestPhysical{ram_base}, ram, shadow_pages);
  if (!grant) return tl::unexpected(grant.error());
  return std::unique_ptr<VirtualMachine>(new VirtualMachine(allocator.real(), std::move(*grant), options, technique, how));
}

Result<std::unique_ptr<VirtualMachine>> VirtualMachine::make(Platform& real, uint32_t ram, const BoardOptions& options, Technique technique,
                                                             const TechniqueOptions& how) {
  auto allocator = std::make_unique<Allocator>(real);
  auto made = make(*allocator, ram, options, technique, how);
  if (made) (*made)->allocator_ = std::move(allocator);
  return made;
}

VirtualMachine::VirtualMachine(Platform& real, Grant grant, const BoardOptions& options, Technique technique, const TechniqueOptions& how)
    : Computer(real.isa(), grant.memory(), grant.dma(), options), grant_(std::move(grant)) {
  engine_ = make_technique(technique, {real, bus_, grant_.slice(), grant_.pool(), grant_.pool_pages(), count_, how});
}

// The technique works in what the grant gives back.
VirtualMachine::~VirtualMachine() { engine_.reset(); }

void VirtualMachine::call_firmware(TraceSink* sink) {
  if (sink == nullptr || !sink->wants_acts()) return Computer::call_firmware(sink);
  const Hart before = hart_;
  Computer::call_firmware(sink);
  sink->act({.number = count_.exits,
             .step = before.clock.steps,
             .mode = before.mode,
             .resume_mode = hart_.mode,
             .pc = before.pc,
             .word = RowAt<op<"ecall">()>::pattern.match,
             .real_cause = cause::user_ecall,
             .kind = ActKind::firmware,
             .detail = firmware_extension_name(before.x[17]),
             .changes = changes(before, hart_),
             .resume = hart_.pc});
}

}  // namespace vmsim
