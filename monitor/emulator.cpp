#include "monitor/emulator.hpp"

#include "isa/execute.hpp"

namespace vmsim {

/// The machine concept over a virtual hart and its guest's memory.
class Emulator::View : public HartMachine<true> {
 public:
  View(Emulator& emulator, Hart& hart, Record& record)
      : HartMachine(emulator.isa_, hart, &record), emulator_(emulator), pc_(hart.pc), word_(record.word) {}

  [[nodiscard]] Word pc() const { return pc_; }
  [[nodiscard]] Word word() const { return word_; }
  void set_pc(Word target) {
    if (!trapped_) next_ = target.bits;
  }
  [[nodiscard]] uint32_t next() const { return next_.value_or(pc_ + 4); }

  Word load(Word address, Width width) {
    return trapped_ ? Word{0} : finish(emulator_.mmu_.load(hart_, Virtual{address.bits}, width), false, address, width, 0);
  }
  void store(Word address, Word value, Width width) {
    if (!trapped_) finish(emulator_.mmu_.store(hart_, Virtual{address.bits}, value.bits, width), true, address, width, value);
  }
  Word atomic(Word address, Access access) {
    if (trapped_) return 0;
    const TranslateResult t = emulator_.mmu_.translate_to_memory(hart_, Virtual{address.bits}, access);
    if (t.fault) trap(t.cause, address);
    return t.physical.at;
  }
  void wait() { result.waits = true; }
  void fence_instructions() {}
  void flush(const FlushScope<Word>& scope) {
    if (trapped_) return;
    emulator_.shadow_.flush(scope.every_address ? std::nullopt : std::optional(Virtual{scope.address.bits}));
  }

  Result result;

 private:
  Word finish(const AccessResult& r, bool is_store, Word address, Width width, Word stored) {
    result.device |= r.device;
    if (r.fault) trap(r.cause, r.tval);
    else record_access(is_store, width, Virtual{address.bits}, r.physical, is_store ? stored.bits : r.value);
    return r.value;
  }

  Emulator& emulator_;
  uint32_t pc_, word_;
  std::optional<uint32_t> next_;
};

Emulator::Result Emulator::emulate(Hart& virtual_hart, uint32_t word, TraceSink* sink) {
  Record record{.step = virtual_hart.clock.steps, .mode = virtual_hart.mode, .pc = virtual_hart.pc, .word = word};
  static_assert(MachineConcept<View>);
  View view(*this, virtual_hart, record);
  execute(view, isa_.decode(word));
  if (view.trapped()) {
    view.result.trap = TrapExit{view.trap_cause(), view.trap_value(), word};
    return view.result;
  }
  virtual_hart.pc = record.next_pc = view.next();
  ++virtual_hart.clock.steps;
  ++virtual_hart.clock.retired;
  if (sink != nullptr && sink->wants_records()) sink->record(record);
  return view.result;
}

}  // namespace vmsim
