#include "vcpu/jit/jit.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "isa/effects.hpp"
#include "isa/execute.hpp"
#include "vcpu/ir/passes/passes.hpp"
#include "vcpu/ir/verify.hpp"
#include "vcpu/jit/explain.hpp"
#include "vcpu/trap_entry.hpp"

namespace vmsim::jit {
namespace {

constexpr auto ends_straight = []<int... Row>(std::integer_sequence<int, Row...>) {
  return std::array<bool, row_count>{(effects<Row>().sets_pc || effects<Row>().system || effects<Row>().traps)...};
}
(std::make_integer_sequence<int, row_count>{});

EngineOptions without_jit(EngineOptions options) {
  options.kind = EngineKind::interpreter;
  return options;
}

}  // namespace

std::unique_ptr<Engine> make_jit(const Isa& isa, Bus& bus, EngineOptions options) { return std::make_unique<Jit>(isa, bus, options); }

void FencedBus::fenced(const Fence& fence) {
  static_cast<Jit&>(jit_).forget_places();
  inner_.fenced(fence);
}

Jit::Jit(const Isa& isa, Bus& bus, EngineOptions options)
    : isa_(isa), bus_(bus), options_(options), mmu_(isa, bus, options.translation_cache, options.races), fenced_(bus, *this),
      interpreter_(isa, fenced_, without_jit(options), &mmu_), state_memory_((sizeof(State) + page_size - 1) / page_size * page_size),
      state_(*reinterpret_cast<State*>(state_memory_.data())),
      emitter_({.bmi2 = options.jit.bmi2, .resident = options.jit.resident, .jump_cache = options.jit.jump_cache, .share = options.jit.share}),
      counts_(options.jit.counts != nullptr ? *options.jit.counts : own_counts_),
      cache_(emitter_, {.bytes = options.jit.code_bytes, .perf_map = options.jit.perf_map}, counts_, &slow_load, &slow_store) {
  state_.engine = this;
}

Exit Jit::run(Hart& hart, uint64_t budget, TrapDestination destination, TraceSink* sink) {
  const bool recorded = sink != nullptr && sink->wants_records();
  if (recorded || !options_.block_cache || options_.races != nullptr) return interpreter_.run(hart, budget, destination, sink);
  const uint64_t start = hart.clock.steps;
  return run_to_exit(hart, budget > ~uint64_t{0} - start ? ~uint64_t{0} : start + budget, destination);
}

void Jit::flush(std::optional<Virtual> address) {
  mmu_.flush(address);
  forget_places();
}

void Jit::refresh() {
  const Memory& memory = bus_.memory();
  if (memory.mark_epoch() != mark_epoch_) {
    mark_epoch_ = memory.mark_epoch();
    mmu_.flush_writes();
    std::fill_n(state_.writable.begin(), memory.size() / page_size, uint8_t{0});
  }
  if (memory.code_epoch() != code_epoch_) {
    code_epoch_ = memory.code_epoch();
    cache_.drop([&](const Page& page) { return page.version != memory.code_version(Physical{page.key.physical}); });
  }
  if (cache_.losses() != losses_) {
    losses_ = cache_.losses();
    forget_places();
  }
}

void Jit::enter_space(const Hart& hart) {
  context_ = &mmu_.select(hart);
  mode_ = hart.mode;
  const MmuRule& mmu = isa_.mmu();
  const Memory& memory = bus_.memory();
  const bool direct = options_.jit.direct_memory && options_.translation_cache && !mmu.bounds && mmu.direct_from == 0 && (hart[Csr::satp] & satp::mode) == 0;
  ground_ = direct ? Ground{true, memory.base().at, memory.size()} : Ground{};
  state_.data = direct ? static_cast<const void*>(memory.host(memory.base())) : context_;
  state_.csr = hart_->csr.data();
  state_.mode = &hart_->mode;
  size_t space = 0;
  while (space < spaces_known_ && (spaces_[space].key != context_->key || spaces_[space].mode != mode_)) ++space;
  if (space == spaces_known_) {
    if (++generations_ == 0) {  // all numbers have been used once: none of the old entries may match
      state_.jumps.fill({});
      forget_places();
      generations_ = 1;
    }
    if (spaces_known_ == spaces_.size()) forget_places();
    space = spaces_known_++;
    spaces_[space] = {context_->key, mode_, generations_};
  }
  state_.generation = uint64_t{spaces_[space].generation} << 32;
}

uint8_t Jit::straight_length(Physical at) const {
  const uint32_t most = std::min<uint32_t>((page_size - at.offset()) / 4, 64);
  for (uint32_t i = 0; i < most; ++i) {
    const Instruction instruction = isa_.decode(bus_.memory().read(Physical{at.at + 4 * i}, Width::word));
    const bool ends = !instruction.legal() || isa_.row(instruction.op).does != nullptr || ends_straight[instruction.op];
    if (ends) return static_cast<uint8_t>(i + 1);
  }
  return static_cast<uint8_t>(most);
}

Spot* Jit::find(Hart& hart, Page** page) {
  const uint32_t virtual_page = hart.pc & ~(page_size - 1);
  const auto& entry = context_->fetch[TranslationContext::fetch_slot(hart.pc)];
  Physical at = entry.page;
  if (entry.tag != virtual_page) {
    const TranslateResult t = mmu_.fetch(hart, Virtual{hart.pc});
    if (t.fault) return nullptr;
    at = Physical{t.physical.at & ~(page_size - 1)};
  }
  *page = &cache_.page({at.at, virtual_page, mode_, ground_.direct}, bus_.memory().code_version(at));
  return &(*page)->spots[(hart.pc & (page_size - 1)) / 4];
}

Translated* Jit::translate(Page& page, Spot& spot, uint32_t pc) {
  ir::Block block = ir::form(
      isa_, bus_.memory(), Physical{page.key.physical}, pc, mode_,
      {.most = options_.jit.longest, .follow_jumps = options_.jit.follow_jumps, .pass_branches = options_.jit.pass_branches, .unroll = options_.jit.unroll});
  if (block.count == 0 && block.nodes.back().op == ir::Op::leave) return spot.never = true, nullptr;
  const auto check = [&](std::string_view after) {
    const std::string wrong = ir::verify(block);
    if (wrong.empty()) return;
    std::fprintf(stderr, "vmsim: a bug in vmsim: after %.*s: %s\n%s", static_cast<int>(after.size()), after.data(), wrong.c_str(), ir::print(block).c_str());
    std::abort();
  };
  if (options_.jit.verify) check("the builder");
  ir::run_passes(block, options_.jit.passes, [&](const ir::Pass& pass, const ir::Block&) {
    if (options_.jit.verify) check(pass.name);
  });
  uint64_t* runs = nullptr;
  if (Translations* shown = options_.jit.shown) {
    if (!shown->only || std::ranges::find(block.guests, *shown->only, &ir::Guest::pc) != block.guests.end()) {
      const Explained explained = explain(isa_, bus_.memory(), Physical{page.key.physical}, pc, mode_, options_.jit, ground_);
      runs = &shown->blocks.emplace_back(Translation{pc, mode_, explained.text}).runs;
    }
  }
  Translated* made = cache_.add(block, ground_, page, spot, runs);
  if (made == nullptr) return spot.never = true, nullptr;
  for (const ir::Guest& guest : block.guests) bus_.memory().mark_code(Physical{page.key.physical | (guest.pc & (page_size - 1))});
  refresh();
  return made;
}

Jit::Left Jit::interpret(Hart& hart, uint64_t steps, TrapDestination destination) {
  std::ranges::copy(state_.x, hart.x.begin());
  const Exit exit = interpreter_.run(hart, steps, destination, nullptr);
  std::ranges::copy(hart.x, state_.x.begin());
  refresh();
  if (std::holds_alternative<BudgetExit>(exit)) return std::nullopt;
  return exit;
}

/// Does what enters a trap: it writes to a register on few variants only.
void Jit::with_registers(Hart& hart, auto&& enter) {
  const bool written = isa_.trap().loses != 0;
  if (written) std::ranges::copy(state_.x, hart.x.begin());
  enter();
  if (written) std::ranges::copy(hart.x, state_.x.begin());
}

Jit::Left Jit::take(Hart& hart, const TrapExit& trap, TrapDestination destination) {
  if (destination == TrapDestination::monitor) return trap;
  if (trap.cause == cause::kernel_ecall) return FirmwareExit{};
  with_registers(hart, [&] { take_trap(isa_, hart, trap, nullptr); });
  return std::nullopt;
}

const void* Jit::known_code(uint32_t pc) const {
  const JumpEntry& entry = state_.jumps[pc >> 2 & (jump_entries - 1)];
  return entry.tag == (state_.generation | pc) ? entry.code : nullptr;
}

/// Runs until `until` steps are done or something has to be looked at.
Jit::Left Jit::run_blocks(Hart& hart, uint64_t until, TrapDestination destination) {
  enter_space(hart);
  Link* link = nullptr;  // the exit over which the hart came here, not joined yet
  for (;;) {
    const uint64_t left = until - hart.clock.steps;
    const void* code = link == nullptr && options_.jit.jump_cache ? known_code(hart.pc) : nullptr;
    if (code == nullptr) {
      Page* page = nullptr;
      Spot* spot = find(hart, &page);
      if (spot == nullptr || (hart.pc & 3) != 0) return interpret(hart, 1, destination);
      if (spot->block == nullptr) {
        if (spot->never || spot->heat < options_.jit.threshold) {
          if (!spot->never) ++spot->heat;
          if (spot->length == 0) spot->length = straight_length(Physical{page->key.physical | (hart.pc & (page_size - 1))});
          return interpret(hart, std::min<uint64_t>(spot->length, left), destination);
        }
        const uint64_t losses = cache_.losses();
        translate(*page, *spot, hart.pc);
        if (cache_.losses() != losses) {
          // Blocks went to make room, and with them perhaps the exit: nothing that was found before counts any more.
          refresh();
          return std::nullopt;
        }
        if (spot->block == nullptr) continue;
      }
      if (link != nullptr && options_.jit.chaining) cache_.join(*link, *spot->block);
      link = nullptr;
      code = cache_.entry(*spot->block);
      state_.jumps[hart.pc >> 2 & (jump_entries - 1)] = {state_.generation | hart.pc, code};
    }
    const auto given = static_cast<int64_t>(std::min<uint64_t>(left, uint64_t{1} << 62));
    state_.budget = given;
    const Reason reason = emitter_.run(state_, code);
    const auto done = static_cast<uint64_t>(given - state_.budget);
    hart.clock.steps += done;
    hart.clock.retired += done;
    counts_.steps += done;
    hart.pc = reason == Reason::link ? state_.link->target : state_.pc;
    if (hart.clock.steps >= until) return std::nullopt;
    switch (reason) {
      case Reason::link: link = const_cast<Link*>(state_.link); break;
      case Reason::lookup: break;
      case Reason::look: return std::nullopt;
      case Reason::tail: return interpret(hart, until - hart.clock.steps, destination);
      case Reason::step: return interpret(hart, 1, destination);
      case Reason::trap: return take(hart, {state_.cause, state_.tval, state_.word}, destination);
    }
  }
}

Exit Jit::run_to_exit(Hart& hart, uint64_t end, TrapDestination destination) {
  const bool to_guest = destination == TrapDestination::guest;
  hart_ = &hart;
  refresh();  // memory may have been written to since the last run
  std::ranges::copy(hart.x, state_.x.begin());
  const auto out = [&](const Exit& exit) {  // read after the registers: just written, part by part, it is slow to read whole
    std::ranges::copy(state_.x, hart.x.begin());
    return exit;
  };
  while (hart.clock.steps < end) {
    if (options_.kernel_only && hart.mode == Mode::user) return out(ModeExit{});
    bool interrupted = false;
    if (to_guest) with_registers(hart, [&] { interrupted = take_interrupt(isa_, hart, nullptr); });
    if (interrupted) continue;
    if (const Left left = run_blocks(hart, to_guest ? std::min(end, timer_step(hart)) : end, destination)) return out(*left);
  }
  return out(BudgetExit{});
}

uint64_t Jit::leave(uint64_t info) {
  state_.pc = x64::info_pc(info);
  state_.budget += x64::info_left(info);
  return leave_before;
}

uint64_t Jit::slow_load(State* state, uint32_t address, uint64_t info) noexcept {
  Jit& jit = *static_cast<Jit*>(state->engine);
  const auto width = static_cast<Width>(x64::info_bytes(info));
  const auto at = jit.mmu_.in_memory(*jit.hart_, Virtual{address}, width, Access::load);
  return at ? jit.bus_.memory().read(*at, width) : jit.leave(info);
}

uint64_t Jit::slow_store(State* state, uint32_t address, uint64_t info, uint32_t value) noexcept {
  Jit& jit = *static_cast<Jit*>(state->engine);
  const auto width = static_cast<Width>(x64::info_bytes(info));
  Memory& memory = jit.bus_.memory();
  const auto at = jit.mmu_.in_memory(*jit.hart_, Virtual{address}, width, Access::store);
  if (!at || memory.decoded(*at, static_cast<uint32_t>(width))) return jit.leave(info);
  memory.write(*at, value, width);
  if (jit.ground_.direct && !memory.holds_code(*at)) state->writable[(at->at - memory.base().at) / page_size] = 1;
  return 0;
}

}  // namespace vmsim::jit
