// The interpreter's machine for one instruction, complete: every effect that a row can have, and its record. The switch form runs all rows
// on it, the threaded form those that it has no handler for.
#pragma once

#include "isa/effects.hpp"
#include "vcpu/fence_races.hpp"
#include "vcpu/hart_machine.hpp"
#include "vcpu/interpreter/interpreter.hpp"

namespace vmsim {

/// The interpreter's machine for one instruction. It lives on the stack of a switch and folds away: what is not used by a
/// row costs nothing there.
template <bool Recorded>
class Interpreter::View : public HartMachine<WordDomain, Recorded> {
 public:
  using Base = HartMachine<WordDomain, Recorded>;
  using Base::hart_, Base::record_, Base::look_, Base::trapped, Base::trap;

  View(Interpreter& engine, Hart& hart, Record* record, TranslationContext& context, uint32_t pc, const DecodedOp* op, uint64_t done)
      : Base(engine.isa_, hart, record), engine_(engine), context_(context), pc_(pc), op_(op), done_(done) {}

  [[nodiscard]] Word pc() const { return pc_; }
  [[nodiscard]] Word word() const { return op_->word; }
  void set_pc(Word target) {
    if (trapped()) return;
    next_ = target.bits;
    jumped_ = true;
  }
  [[nodiscard]] Word x(Reg r) const { return engine_.cpu_.x[r]; }
  void set(Reg r, Word value) {
    if (trapped()) return;
    engine_.cpu_.x[r] = value.bits;
    if constexpr (Recorded)
      if (r != 0 && r != discarded) record_->registers.add({r, value.bits});
  }
  [[nodiscard]] Word counter(Counter which, int half) const {
    const Clock now{hart_.clock.steps + done_, hart_.clock.idle, hart_.clock.retired + done_};
    return static_cast<uint32_t>(now.counter(which) >> 32 * half);
  }

  Word load(Word address, Width width) {
    if (trapped()) return 0;
    uint32_t value = 0;
    const auto& entry = TranslationContext::data_entry(context_.read, address.bits);
    if (entry.tag == TranslationContext::data_tag(address.bits, width)) [[likely]] {
      const auto* host = reinterpret_cast<const uint8_t*>(entry.addend + address.bits);
      std::memcpy(&value, host, static_cast<size_t>(width));
      if constexpr (Recorded) this->record_access(false, width, Virtual{address.bits}, engine_.bus_.memory().address_of(host), value);
      return value;
    }
    const AccessResult r = engine_.slow_access(hart_, Virtual{address.bits}, width, false, 0, done_);
    finish_access(r, address, width, false, r.value);
    return r.value;
  }

  void store(Word address, Word value, Width width) {
    if (trapped()) return;
    const auto& entry = TranslationContext::data_entry(context_.write, address.bits);
    if (entry.tag == TranslationContext::data_tag(address.bits, width)) [[likely]] {
      auto* host = reinterpret_cast<uint8_t*>(entry.addend + address.bits);
      std::memcpy(host, &value.bits, static_cast<size_t>(width));
      if constexpr (Recorded) this->record_access(true, width, Virtual{address.bits}, engine_.bus_.memory().address_of(host), value.bits);
      return;
    }
    const AccessResult r = engine_.slow_access(hart_, Virtual{address.bits}, width, true, value.bits, done_);
    finish_access(r, address, width, true, value.bits);
  }

  Word atomic(Word address, Access access) {
    if (trapped()) return 0;
    const TranslateResult t = engine_.mmu_.translate_to_memory(hart_, Virtual{address.bits}, access);
    if (t.fault) trap(t.cause, address);
    return t.physical.at;
  }
  Word load_physical(Word address, Width width) {
    if (trapped()) return 0;
    const AccessResult r = engine_.slow_physical(hart_, Physical{address.bits}, width, false, 0, done_);
    finish_access(r, address, width, false, r.value);
    return r.value;
  }
  void store_physical(Word address, Word value, Width width) {
    if (trapped()) return;
    const AccessResult r = engine_.slow_physical(hart_, Physical{address.bits}, width, true, value.bits, done_);
    finish_access(r, address, width, true, value.bits);
  }
  Word translate(Word address) {
    if (trapped()) return 0;
    const TranslateResult t = engine_.mmu_.translate(hart_, Virtual{address.bits}, Access::load);
    if (t.fault) trap(t.cause, address);
    return t.physical.at;
  }
  void wait() { look_ = engine_.waiting_ = true; }
  void fence_instructions() {}
  void flush(const FlushScope<Word>& scope) {
    look_ = true;
    // Entries are keyed by the whole of satp, not by ASID: a fence of one space fences all.
    const Fence fence = Fence::of(scope);
    engine_.mmu_.flush(fence.address);
    if (engine_.options_.races != nullptr) engine_.options_.races->fenced(fence);
    engine_.bus_.fenced(fence);
  }

  [[nodiscard]] bool jumped() const { return jumped_; }
  /// A device was reached, or decoded code written to.
  [[nodiscard]] bool must_stop() const { return stop_; }
  [[nodiscard]] uint32_t next_pc() const { return jumped_ ? next_ : pc_ + 4; }

 private:
  void finish_access(const AccessResult& r, Word address, Width width, bool is_store, uint32_t value) {
    if (r.fault) trap(r.cause, r.tval);
    else this->record_access(is_store, width, Virtual{address.bits}, r.physical, value);
    stop_ = r.device || engine_.bus_.memory().code_epoch() != engine_.code_epoch_;
  }

  Interpreter& engine_;
  TranslationContext& context_;
  uint32_t pc_;
  const DecodedOp* op_;
  uint64_t done_;
  uint32_t next_ = 0;
  bool jumped_ = false, stop_ = false;
};

/// Executes a decoded operation that is not illegal.
template <int Handler>
[[gnu::always_inline]] inline void execute_handler(auto& view, const Isa& isa, const DecodedOp& op) {
  if constexpr (Handler != ignored_handler) {
    const Operands<Word> operands{
        .rd = op.rd, .rs1 = op.rs1, .rs2 = op.rs2, .csr = static_cast<uint16_t>(op.word >> 20), .zero_source = (op.word >> 15 & 31) == 0, .imm = op.imm};
    if constexpr (Handler == added_handler) semantics::run(view, *isa.row(isa.decode(op.word).op).does, operands);
    else RowAt<Handler>::execute(view, operands);
  }
}

}  // namespace vmsim
