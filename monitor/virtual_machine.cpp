#include "monitor/virtual_machine.hpp"

#include "isa/table.hpp"
#include "machine/firmware.hpp"
#include "monitor/dispatcher.hpp"

namespace vmsim {

Result<std::unique_ptr<VirtualMachine>> VirtualMachine::make(Platform& real, uint32_t ram, const BoardOptions& options,
                                                             Technique technique) {
  constexpr uint32_t superpage = 4u << 20;
  const auto pool = real.take(shadow_pages * page_size, page_size);
  const auto memory = pool ? real.take(ram, superpage) : std::nullopt;
  if (!memory) return fail("the machine has no room for a guest of this size", {}, "give the guest less --memory");
  const Slice slice{RealPhysical{memory->at}, GuestPhysical{ram_base}, ram};
  return std::unique_ptr<VirtualMachine>(new VirtualMachine(real, slice, RealPhysical{pool->at}, options, technique));
}

VirtualMachine::VirtualMachine(Platform& real, const Slice& slice, RealPhysical pool, const BoardOptions& options, Technique technique)
    : Computer(real.isa(), real.memory().slice(Physical{slice.real.at}, slice.size, Physical{slice.guest.at}), options),
      slice_(slice) {
  engine_ = make_technique(technique, {real, bus_, slice_, pool, shadow_pages, exits_});
}

void VirtualMachine::call_firmware(TraceSink* sink) {
  if (sink == nullptr) return Computer::call_firmware(sink);
  const Hart before = hart_;
  Computer::call_firmware(sink);
  sink->act({.number = exits_, .step = before.clock.steps, .mode = before.mode, .resume_mode = hart_.mode,
             .pc = before.pc, .word = RowAt<op<"ecall">()>::pattern.match, .real_cause = cause::user_ecall,
             .kind = ActKind::firmware, .detail = firmware_extension_name(before.x[17]), .changes = changes(before, hart_), .resume = hart_.pc});
}

}  // namespace vmsim
