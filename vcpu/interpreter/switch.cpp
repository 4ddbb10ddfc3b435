// The switch form: decoded blocks, one switch made from the rows. A block is entered when all its steps fit the budget; the last
// steps before a deadline run one by one from the same decoded instructions, so every cut is exact.
#include "vcpu/interpreter/view.hpp"

namespace vmsim {
namespace {

/// What one instruction left to do.
enum class Next : uint8_t { op, jump, leave, trap, block };

/// What an added instruction does is not known here: anything.
template <int Handler>
consteval Effects effects_of() {
  if constexpr (Handler == added_handler) return {.sets_pc = true, .system = true};
  else return effects<Handler>();
}

// One function of all rows is what makes it fast, and what makes sanitizers take minutes to compile it.
#ifdef VMSIM_SANITIZE
#define VMSIM_ROW noinline
#else
#define VMSIM_ROW always_inline
#endif

/// Stands where a run without a trace would have a record.
struct NoRecord {};
Record* address_of(Record& record) { return &record; }
Record* address_of(NoRecord&) { return nullptr; }

}  // namespace

template <bool Recorded>
Stop Interpreter::run_switch(Hart& hart, uint64_t until, TraceSink* sink) {
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
      next = dispatch<handler_count>(
          op->handler, [&]<int Handler>() __attribute__((VMSIM_ROW))->Next {
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
              execute_handler<Handler>(view, isa_, *op);
              if (view.trapped()) {
                trap_ = {view.trap_cause(), view.trap_value(), op->word};
                return Next::trap;
              }
              if constexpr (Recorded) {
                record.next_pc = view.next_pc();
                sink->record(record);
              }
              if constexpr (Handler != ignored_handler) {
                constexpr Effects does = effects_of<Handler>();
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
      return stop_after_step();
    }
    if (hart.clock.steps >= until) {
      hart.pc = pc;
      return Stop::until;
    }
  }
}

template Stop Interpreter::run_switch<false>(Hart&, uint64_t, TraceSink*);
template Stop Interpreter::run_switch<true>(Hart&, uint64_t, TraceSink*);

}  // namespace vmsim
