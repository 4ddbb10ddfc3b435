#include "monitor/emulator.hpp"

#include "monitor/answer.hpp"

namespace vmsim {

/// The guest's memory through its own tables, its devices, and the shadow that its fences reach.
class Emulator::GuestMemory {
 public:
  using View = VirtualView<WordDomain, true, GuestMemory>;
  GuestMemory(Emulator& emulator, Hart& hart) : emulator_(emulator), hart_(hart) {}

  Word load(View& view, Word address, Width width) {
    return view.trapped()
               ? Word{0}
               : finish(view, emulator_.mmu_.load(hart_, Virtual{address.bits}, width), false, address, width, 0);
  }
  void store(View& view, Word address, Word value, Width width) {
    if (!view.trapped())
      finish(view, emulator_.mmu_.store(hart_, Virtual{address.bits}, value.bits, width), true, address, width, value);
  }
  Word atomic(View& view, Word address, Access access) {
    if (view.trapped()) return 0;
    const TranslateResult t = emulator_.mmu_.translate_to_memory(hart_, Virtual{address.bits}, access);
    if (t.fault) view.trap(t.cause, address);
    return t.physical.at;
  }
  Word load_physical(View& view, Word address, Width width) {
    const Virtual same{address.bits};
    return view.trapped()
               ? Word{0}
               : finish(view, emulator_.mmu_.access_physical(Physical{address.bits}, same, width, Access::load, 0),
                        false, address, width, 0);
  }
  void store_physical(View& view, Word address, Word value, Width width) {
    const Virtual same{address.bits};
    if (!view.trapped())
      finish(view, emulator_.mmu_.access_physical(Physical{address.bits}, same, width, Access::store, value.bits), true,
             address, width, value);
  }
  Word translate(View& view, Word address) {
    if (view.trapped()) return 0;
    const TranslateResult t = emulator_.mmu_.translate(hart_, Virtual{address.bits}, Access::load);
    if (t.fault) view.trap(t.cause, address);
    return t.physical.at;
  }
  void flush(View& view, const FlushScope<Word>& scope) {
    if (!view.trapped()) emulator_.shadow_.fence(Fence::of(scope));
  }

  bool device = false;  // one was reached

 private:
  Word finish(View& view, const AccessResult& r, bool is_store, Word address, Width width, Word stored) {
    device |= r.device;
    if (r.fault)
      view.trap(r.cause, r.tval);
    else
      view.record_access(is_store, width, Virtual{address.bits}, r.physical, is_store ? stored.bits : r.value);
    return r.value;
  }

  Emulator& emulator_;
  Hart& hart_;
};

Emulator::Result Emulator::emulate(Hart& virtual_hart, uint32_t word, TraceSink* sink) {
  Record record{.step = virtual_hart.clock.steps, .mode = virtual_hart.mode, .pc = virtual_hart.pc, .word = word};
  static_assert(MachineConcept<GuestMemory::View>);
  GuestMemory memory(*this, virtual_hart);
  GuestMemory::View view(isa_, virtual_hart, memory, word, &record);
  const Instruction i = isa_.decode(word);
  emulate_instruction(view, i.op, i.legal() ? decode_operands<Word>(isa_.row(i.op).format, word) : Operands<Word>{});
  Result result{.waits = view.waits().on, .device = memory.device};
  if (view.trapped()) {
    result.trap = TrapExit{view.trap_cause(), view.trap_value(), word};
    return result;
  }
  ++virtual_hart.clock.steps;
  ++virtual_hart.clock.retired;
  record.next_pc = virtual_hart.pc;
  if (sink != nullptr && sink->wants_records()) sink->record(record);
  return result;
}

}  // namespace vmsim
