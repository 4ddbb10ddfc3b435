// The threaded form's slow side: what handlers leave to others, and how a run begins and ends. The functions that handlers reach by tail
// calls stand at the end.
#include "vcpu/interpreter/handlers.hpp"
#include "vcpu/interpreter/view.hpp"

namespace vmsim {

using threaded::Slot;

void Interpreter::set_clock(uint64_t left) {
  hart_->clock.steps = until_ - left;
  hart_->clock.retired = hart_->clock.steps + retired_ahead_;
}

const Slot* Interpreter::step(const Slot* op, int64_t budget) {
  const threaded::Site& site = (op - op->index)->sites[op->index];
  Hart& hart = *hart_;
  set_clock(static_cast<uint64_t>(budget) + site.rest);
  hart.pc = site.pc;
  if (site.op.handler == illegal_handler) {
    trap_.cause = cause::illegal_instruction;
    trap_.tval = trap_.word = site.op.word;
    stop_ = Stop::trap;
    return nullptr;
  }
  View<false> view(*this, hart, nullptr, *cpu_.context, site.pc, &site.op, 0);
  dispatch<handler_count>(
      site.op.handler, [&]<int Handler>() __attribute__((always_inline)) {
        if constexpr (Handler != illegal_handler && Handler != end_handler) execute_handler<Handler>(view, isa_, site.op);
      });
  if (view.trapped()) {
    trap_ = {view.trap_cause(), view.trap_value(), site.op.word};
    stop_ = Stop::trap;
    return nullptr;
  }
  if (!view.jumped() && !view.must_stop() && !view.must_look()) return op + 1;
  hart.pc = view.next_pc();
  ++hart.clock.steps;
  ++hart.clock.retired;
  stop_ = stop_after_step();
  return nullptr;
}

const Slot* Interpreter::enter(uint32_t pc, int64_t budget) {
  if (budget == 0) {  // not even a fetch may fault
    set_clock(0);
    hart_->pc = pc;
    stop_ = Stop::until;
    return nullptr;
  }
  const uint32_t page = pc & ~(page_size - 1);
  const auto& entry = cpu_.context->fetch[TranslationContext::fetch_slot(pc)];
  Physical at = entry.page;
  if (entry.tag != page) {
    hart_->pc = pc;
    const TranslateResult t = mmu_.fetch(*hart_, Virtual{pc});
    if (t.fault) {
      set_clock(static_cast<uint64_t>(budget));
      trap_ = {t.cause, pc, 0};
      stop_ = Stop::trap;
      return nullptr;
    }
    at = t.physical;
  }
  if (code_.full()) {
    code_.clear();
    mmu_.flush_fetches();
    note_fetches();
  }
  threaded::CodePage& code = code_.page(at, page, hart_->mode);
  const Slot* op = code.entries[(pc - page) / 4];
  if (op == nullptr) {
    op = code_.decode(code, at, pc - page);
    refresh();
  }
  if (options_.translation_cache) cpu_.jump(pc) = {cpu_.jump_key(pc), op};
  return op;
}

const Slot* Interpreter::resolve(const Slot* stub, int64_t budget) {
  if (code_.full()) return enter(stub->imm, budget);  // everything, the stub too, is forgotten first
  const Slot* const target = enter(stub->imm, budget);
  if (target == nullptr) return nullptr;
  Slot& link = const_cast<Slot*>(stub)[stub->rd - stub->index];  // blocks are ours, and constant to all others
  link.target = target;
  link.delta -= static_cast<int32_t>(target[-1].count);
  return target;
}

void Interpreter::stop_before(const Slot* op, int64_t budget) {
  set_clock(static_cast<uint64_t>(budget) + op[-1].count);
  hart_->pc = op[-1].sites[0].pc;
  stop_ = Stop::until;
}

void Interpreter::note_fetches() {
  const uint64_t generation = cpu_.context->generation << 1 | static_cast<uint64_t>(hart_->mode);
  cpu_.fetches = generation << 32;
  if (generation >> 32 == era_) return;
  era_ = generation >> 32;
  cpu_.jumps.fill({});
}

Stop Interpreter::run_threaded(Hart& hart, uint64_t until) {
  hart_ = &hart;
  until_ = until;
  retired_ahead_ = hart.clock.retired - hart.clock.steps;
  cpu_.context = &mmu_.select(hart);
  note_fetches();
  const uint64_t left = std::min(until - hart.clock.steps, uint64_t{1} << 62);
  until_ = hart.clock.steps + left;
  const Slot* const op = enter(hart.pc, static_cast<int64_t>(left));
  if (op == nullptr) return stop_;
  stop_ = Stop::until;
  if (op[-1].count <= left) op->run(&cpu_, op, static_cast<int64_t>(left - op[-1].count), 0, 0);
  if (stop_ != Stop::until || hart.clock.steps == until_) return stop_;
  return run_switch<false>(hart, until_, nullptr);  // the exact tail
}

namespace threaded {

void slow(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before) {
  const Slot* const next = cpu->engine->step(op, budget);
  if (next == nullptr) return;
  const Site& site = (op - op->index)->sites[op->index];
  if (site.sets) {
    before = last;
    last = cpu->x[op->rd];
  }
  VMSIM_TAIL next->run(cpu, next, budget, last, before);
}

void find(Cpu* cpu, const Slot*, int64_t budget, uint32_t last, uint32_t before) {
  const Slot* const target = cpu->engine->enter(last, budget);
  if (target == nullptr) return;
  budget -= target[-1].count;
  if (budget < 0) VMSIM_TAIL over_budget(cpu, target, budget, last, before);
  VMSIM_TAIL target->run(cpu, target, budget, last, before);
}

void resolve(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before) {
  const Slot* const target = cpu->engine->resolve(op, budget);
  if (target == nullptr) return;
  budget -= target[-1].count;
  if (budget < 0) VMSIM_TAIL over_budget(cpu, target, budget, last, before);
  VMSIM_TAIL target->run(cpu, target, budget, last, before);
}

void over_budget(Cpu* cpu, const Slot* op, int64_t budget, uint32_t, uint32_t) { cpu->engine->stop_before(op, budget); }

}  // namespace threaded
}  // namespace vmsim
