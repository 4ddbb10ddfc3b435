// The interpreter: decoded blocks, one switch made from the rows. A block is entered when all its steps fit the budget; the last
// steps before a deadline run one by one from the same decoded instructions, so every cut is exact.
#include <algorithm>

#include "isa/effects.hpp"
#include "isa/trap.hpp"
#include "vcpu/engine.hpp"
#include "vcpu/hart_machine.hpp"
#include "vcpu/interpreter/blocks.hpp"
#include "vcpu/mmu.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim {
namespace {

using Registers = std::array<uint32_t, 33>;  // x0..x31, and the one that takes writes to x0

/// Why a run of blocks ended.
enum class Stop : uint8_t { until, look, trap, wait, device };

/// What one instruction left to do.
enum class Next : uint8_t { op, jump, leave, trap, block };

/// Stands where a run without a trace would have a record.
struct NoRecord {};
Record* address_of(Record& record) { return &record; }
Record* address_of(NoRecord&) { return nullptr; }

class Interpreter final : public Engine {
 public:
  Interpreter(const Isa& isa, Bus& bus, EngineOptions options)
      : isa_(isa), bus_(bus), options_(options), mmu_(isa, bus, options.translation_cache),
        blocks_(isa, bus.memory(), options.block_cache) {}

  Exit run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) override {
    return sink != nullptr ? run_to_exit<true>(hart, budget, destination, sink)
                           : run_to_exit<false>(hart, budget, destination, nullptr);
  }
  void flush(std::optional<Virtual> address) override { mmu_.flush(address); }

 private:
  template <bool Recorded>
  class View;

  template <bool Recorded>
  Exit run_to_exit(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink);
  template <bool Recorded>
  Stop run_blocks(Hart& hart, uint64_t until, TraceSink* sink);
  /// Drops what stores to code, or new code pages, made stale.
  void refresh();
  /// A data access that missed the cache. `done` instructions of the block are complete.
  AccessResult slow_access(Hart& hart, Virtual address, Width width, bool is_store, uint32_t value, uint64_t done);

  const Isa& isa_;
  Bus& bus_;
  EngineOptions options_;
  Mmu mmu_;
  BlockCache blocks_;
  Registers x_{};
  uint64_t code_epoch_ = 0, mark_epoch_ = 0;
  bool reached_device_ = false, waiting_ = false;
  TrapExit trap_;
};

/// The interpreter's machine for one instruction. It lives on the stack of the switch and folds away: what is not used by a
/// row costs nothing there.
template <bool Recorded>
class Interpreter::View : public HartMachine<Recorded> {
 public:
  using Base = HartMachine<Recorded>;
  using Base::hart_, Base::record_, Base::trapped_, Base::trap;

  View(Interpreter& engine, Hart& hart, Record* record, TranslationContext& context, uint32_t pc, const DecodedOp* op,
       uint64_t done)
      : Base(engine.isa_, hart, record), engine_(engine), context_(context), pc_(pc), op_(op), done_(done) {}

  [[nodiscard]] Word pc() const { return pc_; }
  [[nodiscard]] Word word() const { return op_->word; }
  void set_pc(Word target) {
    if (trapped_) return;
    next_ = target.bits;
    jumped_ = true;
  }
  [[nodiscard]] Word x(Reg r) const { return engine_.x_[r]; }
  void set(Reg r, Word value) {
    if (trapped_) return;
    engine_.x_[r] = value.bits;
    if constexpr (Recorded)
      if (r != 0 && r != discarded) record_->registers.add({r, value.bits});
  }
  [[nodiscard]] Word counter(Counter which, int half) const {
    const Clock now{hart_.clock.steps + done_, hart_.clock.idle, hart_.clock.retired + done_};
    return static_cast<uint32_t>(now.counter(which) >> 32 * half);
  }

  Word load(Word address, Width width) {
    if (trapped_) return 0;
    uint32_t value = 0;
    const auto& entry = context_.read[TranslationContext::data_slot(address.bits)];
    if (entry.tag == TranslationContext::data_tag(address.bits, width)) [[likely]] {
      const auto* host = reinterpret_cast<const uint8_t*>(entry.addend + address.bits);
      std::memcpy(&value, host, static_cast<size_t>(width));
      if constexpr (Recorded)
        this->record_access(false, width, Virtual{address.bits}, engine_.bus_.memory().address_of(host), value);
      return value;
    }
    const AccessResult r = engine_.slow_access(hart_, Virtual{address.bits}, width, false, 0, done_);
    finish_access(r, address, width, false, r.value);
    return r.value;
  }

  void store(Word address, Word value, Width width) {
    if (trapped_) return;
    const auto& entry = context_.write[TranslationContext::data_slot(address.bits)];
    if (entry.tag == TranslationContext::data_tag(address.bits, width)) [[likely]] {
      auto* host = reinterpret_cast<uint8_t*>(entry.addend + address.bits);
      std::memcpy(host, &value.bits, static_cast<size_t>(width));
      if constexpr (Recorded)
        this->record_access(true, width, Virtual{address.bits}, engine_.bus_.memory().address_of(host), value.bits);
      return;
    }
    const AccessResult r = engine_.slow_access(hart_, Virtual{address.bits}, width, true, value.bits, done_);
    finish_access(r, address, width, true, value.bits);
  }

  Word atomic(Word address, Access access) {
    if (trapped_) return 0;
    const TranslateResult t = engine_.mmu_.translate_to_memory(hart_, Virtual{address.bits}, access);
    if (t.fault) trap(t.cause, address);
    return t.physical.at;
  }
  void wait() { engine_.waiting_ = true; }
  void fence_instructions() {}
  void flush(const FlushScope<Word>& scope) {
    // Entries are keyed by the whole of satp, not by ASID: a fence of one space fences all.
    engine_.mmu_.flush(scope.every_address ? std::nullopt : std::optional(Virtual{scope.address.bits}));
  }

  [[nodiscard]] bool jumped() const { return jumped_; }
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

void Interpreter::refresh() {
  const Memory& memory = bus_.memory();
  if (memory.mark_epoch() != mark_epoch_) {
    mark_epoch_ = memory.mark_epoch();
    mmu_.flush_writes();
  }
  if (memory.code_epoch() == code_epoch_) return;
  code_epoch_ = memory.code_epoch();
  mmu_.flush_fetches();
}

AccessResult Interpreter::slow_access(Hart& hart, Virtual address, Width width, bool is_store, uint32_t value, uint64_t done) {
  // Devices may look at the clock.
  const Clock before = hart.clock;
  hart.clock.steps += done;
  hart.clock.retired += done;
  const AccessResult r = is_store ? mmu_.store(hart, address, value, width) : mmu_.load(hart, address, width);
  hart.clock = before;
  reached_device_ |= r.device;
  return r;
}

template <bool Recorded>
Stop Interpreter::run_blocks(Hart& hart, uint64_t until, TraceSink* sink) {
  static_assert(MachineConcept<View<Recorded>>);
  TranslationContext& context = mmu_.select(hart);
  const auto mode = static_cast<size_t>(hart.mode);
  uint32_t page = 1;  // the virtual page of `code`; 1 is none
  Physical at;        // where it lies
  CodePage* code = nullptr;
  uint32_t pc = hart.pc;

  for (;;) {
    if ((pc & ~(page_size - 1)) != page) {
      page = pc & ~(page_size - 1);
      const auto& entry = context.fetch[TranslationContext::fetch_slot(pc)];
      at = entry.page;
      if (entry.tag != page) {
        const TranslateResult t = mmu_.fetch(hart, Virtual{pc});
        if (t.fault) {
          hart.pc = pc;
          trap_ = {t.cause, pc, 0};
          return Stop::trap;
        }
        at = t.physical;
      }
      code = &blocks_.page(at);
    }
    const Block* block = code->blocks[mode][(pc & (page_size - 1)) / 4];
    if (block == nullptr) {
      block = &blocks_.decode(*code, Physical{at.at + (pc & (page_size - 1))}, hart.mode);
      refresh();
    }
    if (block->count > until - hart.clock.steps) block = &blocks_.first_of(*block);

    const DecodedOp* const first = block->ops.get();
    const DecodedOp* op = first;
    Next next = Next::op;
    while (next == Next::op) {
      next = dispatch<handler_count>(op->handler, [&]<int Handler>() __attribute__((always_inline)) -> Next {
        if constexpr (Handler == end_handler) {
          pc = page + op->offset;
          return Next::block;
        } else if constexpr (Handler == illegal_handler) {
          trap_ = {cause::illegal_instruction, op->word, op->word};
          return Next::trap;
        } else {
          const auto done = static_cast<uint64_t>(op - first);
          std::conditional_t<Recorded, Record, NoRecord> record;
          View<Recorded> view(*this, hart, address_of(record), context, page + op->offset, op, done);
          if constexpr (Recorded) {
            record.step = hart.clock.steps + done;
            record.mode = hart.mode;
            record.pc = page + op->offset;
            record.word = op->word;
          }
          if constexpr (Handler != ignored_handler) {
            const Operands<Word> operands{.rd = op->rd, .rs1 = op->rs1, .rs2 = op->rs2,
                                          .csr = static_cast<uint16_t>(op->word >> 20),
                                          .zero_source = (op->word >> 15 & 31) == 0, .imm = op->imm};
            RowAt<Handler>::execute(view, operands);
          }
          if (view.trapped()) {
            trap_ = {view.trap_cause(), view.trap_value(), op->word};
            return Next::trap;
          }
          if constexpr (Recorded) {
            record.next_pc = view.next_pc();
            sink->record(record);
          }
          if constexpr (Handler != ignored_handler) {
            constexpr Effects does = effects<Handler>();
            if constexpr (does.sets_pc || does.system) {
              if (does.system || view.jumped()) {
                pc = view.next_pc();
                ++op;
                return does.system ? Next::leave : Next::block;
              }
            }
          }
          if (view.must_stop()) {
            pc = page + op->offset + 4;
            ++op;
            return Next::leave;
          }
          ++op;
          return Next::op;
        }
      });
    }

    const auto done = static_cast<uint64_t>(op - first);
    hart.clock.steps += done;
    hart.clock.retired += done;
    if (next == Next::trap) {
      hart.pc = page + op->offset;
      return Stop::trap;
    }
    if (next == Next::leave) {
      hart.pc = pc;
      refresh();
      if (reached_device_) return reached_device_ = false, Stop::device;
      if (waiting_) return waiting_ = false, Stop::wait;
      return Stop::look;
    }
    if (hart.clock.steps >= until) {
      hart.pc = pc;
      return Stop::until;
    }
  }
}

template <bool Recorded>
Exit Interpreter::run_to_exit(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) {
  const uint64_t start = hart.clock.steps;
  const uint64_t end = budget > ~uint64_t{0} - start ? ~uint64_t{0} : start + budget;
  const bool to_guest = destination == TrapDestination::guest;
  std::copy(hart.x.begin(), hart.x.end(), x_.begin());
  auto leave = [&](Exit exit) {
    std::copy_n(x_.begin(), hart.x.size(), hart.x.begin());
    return exit;
  };
  refresh();  // memory may have been written to since the last run
  while (hart.clock.steps < end) {
    if (to_guest && take_interrupt(isa_, hart, sink)) continue;
    switch (run_blocks<Recorded>(hart, to_guest ? std::min(end, timer_step(hart)) : end, sink)) {
      case Stop::until:
      case Stop::look: break;
      case Stop::device: return leave(DeviceExit{});
      case Stop::wait:
        if (!has_wake_up(isa_, hart)) return leave(IdleExit{});
        break;
      case Stop::trap:
        if (!to_guest) return leave(trap_);
        if (trap_.cause == cause::kernel_ecall) return leave(FirmwareExit{});
        take_trap(isa_, hart, trap_, sink);
        break;
    }
  }
  return leave(BudgetExit{});
}

}  // namespace

std::unique_ptr<Engine> make_interpreter(const Isa& isa, Bus& bus, EngineOptions options) {
  return std::make_unique<Interpreter>(isa, bus, options);
}

}  // namespace vmsim
