// Handlers, made from the rows by template. Each executes its elements on a machine that keeps everything in registers, and ends in a
// tail call; none should contain a call: look at the code that comes out. What cannot be done here at once (a miss in
// the translation cache, a trap) is not begun: the element runs the slow way, from its start.
#include "vcpu/interpreter/handlers.hpp"

#include <cstring>

#include "isa/word.hpp"
#include "vcpu/interpreter/kinds.hpp"
#include "vcpu/mmu.hpp"

namespace vmsim::threaded {
namespace {

/// A source register, and where its value is.
template <From Where>
struct Source {
  Reg reg;
};
/// A destination register, or x0.
template <bool Nowhere>
struct Destination {
  Reg reg;
};

template <Kind K>
struct RowOperands {
  Destination<K.nowhere> rd;
  Source<K.rs1> rs1;
  Source<K.rs2> rs2;
  Word imm;
};

/// Bytes as a number. Not copied into a wider zero, where gcc merges the two.
template <class T>
uint32_t read(const uint8_t* host) {
  T value;
  std::memcpy(&value, host, sizeof value);
  return value;
}

/// The machine for one element.
class Fast {
 public:
  using Value = Word;
  using Condition = Flag;

  [[gnu::always_inline]] Fast(Cpu* cpu, uint32_t pc, uint32_t last, uint32_t before) : last_(last), before_(before), cpu_(cpu), pc_(pc) {}

  template <From Where>
  [[nodiscard]] Word x(Source<Where> s) const {
    if constexpr (Where == From::last) return last_;
    else if constexpr (Where == From::before) return before_;
    else return cpu_->x[s.reg];
  }
  void set(Destination<false> d, Word value) {
    if (missed_) return;
    cpu_->x[d.reg] = value.bits;
    before_ = last_;
    last_ = value.bits;
  }
  void set(Destination<true>, Word) {}
  [[nodiscard]] Word pc() const { return pc_; }
  void set_pc(Word target) {
    jumped_ = true;
    target_ = target.bits;
  }
  void branch(Flag condition, auto&& then) {
    if (condition.on) then();
  }
  void trap(uint32_t, Word) { missed_ = true; }
  Word load(Word address, Width width) {
    const auto& entry = TranslationContext::data_entry(cpu_->context->read, address.bits);
    if (entry.tag != TranslationContext::data_tag(address.bits, width)) [[unlikely]] {
      missed_ = true;
      return 0;
    }
    const auto* host = reinterpret_cast<const uint8_t*>(entry.addend + address.bits);
    return width == Width::byte ? *host : width == Width::half ? read<uint16_t>(host) : read<uint32_t>(host);
  }
  void store(Word address, Word value, Width width) {
    const auto& entry = TranslationContext::data_entry(cpu_->context->write, address.bits);
    if (entry.tag != TranslationContext::data_tag(address.bits, width)) [[unlikely]] {
      missed_ = true;
      return;
    }
    std::memcpy(reinterpret_cast<uint8_t*>(entry.addend + address.bits), &value.bits, static_cast<size_t>(width));
  }

  [[nodiscard]] bool missed() const { return missed_; }
  [[nodiscard]] bool jumped() const { return jumped_; }
  [[nodiscard]] uint32_t target() const { return target_; }
  uint32_t last_, before_;

 private:
  Cpu* cpu_;
  uint32_t pc_;
  bool missed_ = false, jumped_ = false;
  uint32_t target_ = 0;
};

/// Leaves through the link in the slot after `op`. The marker keeps each of these jumps apart from every other: where one place
/// jumps, the host's predictor knows one history.
#define VMSIM_FOLLOW(link_slot)                                \
  do {                                                         \
    const Slot* const target = (link_slot)->target;            \
    const int64_t left = budget + (link_slot)->delta;          \
    if (left < 0) [[unlikely]]                                 \
      VMSIM_TAIL over_budget(cpu, target, left, last, before); \
    asm volatile("");                                          \
    VMSIM_TAIL target->run(cpu, target, left, last, before);   \
  } while (false)

template <uint16_t Number, uint16_t... Rest>
[[gnu::always_inline]] inline void step(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before) {
  constexpr Kind kind = Kind::of(Number);
  if constexpr (kind.row == onward_row) {
    VMSIM_FOLLOW(op + 1);
  } else if constexpr (kind.row == constant_row) {
    before = last;
    last = op->imm;
    cpu->x[op->rd] = last;
  } else {
    constexpr Flow flows = flow<kind.row>();
    // A branch's target is in its link, found aligned when it was decoded; here it is no number at all.
    const uint32_t pc = flows == Flow::jump && !kind.nowhere ? op[1].imm : 0;
    Fast machine(cpu, pc, last, before);
    RowAt<kind.row>::execute(machine, RowOperands<kind>{{op->rd}, {op->rs1}, {op->rs2}, flows == Flow::branch ? 0 : op->imm});
    if (machine.missed()) [[unlikely]]
      VMSIM_TAIL slow(cpu, op, budget, last, before);
    last = machine.last_;
    before = machine.before_;
    if constexpr (flows == Flow::branch) {
      if (machine.jumped()) VMSIM_FOLLOW(op + 1);
      asm volatile("");
    }
    if constexpr (flows == Flow::jump) {
      const JumpEntry& entry = cpu->jump(machine.target());
      if (entry.key != cpu->jump_key(machine.target())) [[unlikely]]
        VMSIM_TAIL find(cpu, op, budget, machine.target(), 0);
      const Slot* const target = entry.target;
      budget -= target[-1].count;
      if (budget < 0) [[unlikely]]
        VMSIM_TAIL over_budget(cpu, target, budget, last, before);
      VMSIM_TAIL target->run(cpu, target, budget, last, before);
    }
  }
  if constexpr (!ends_handler(kind.row)) {
    op += slots_of(kind.row);
    if constexpr (sizeof...(Rest) != 0) {
      VMSIM_TAIL step<Rest...>(cpu, op, budget, last, before);
    } else {
      VMSIM_TAIL op->run(cpu, op, budget, last, before);
    }
  }
}

template <uint16_t... Kinds>
void handler(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before) {
  VMSIM_TAIL step<Kinds...>(cpu, op, budget, last, before);
}

void far(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before) {
  const uint32_t pc = op->imm;
  const JumpEntry& entry = cpu->jump(pc);
  if (entry.key != cpu->jump_key(pc)) [[unlikely]]
    VMSIM_TAIL find(cpu, op, budget, pc, 0);
  const Slot* const target = entry.target;
  budget -= target[-1].count;
  if (budget < 0) [[unlikely]]
    VMSIM_TAIL over_budget(cpu, target, budget, last, before);
  VMSIM_TAIL target->run(cpu, target, budget, last, before);
}

template <uint16_t Number>
constexpr Handler handler_or_null() {
  if constexpr (exists<Number>()) return &handler<Number>;
  else return nullptr;
}

constexpr auto row_names = []<int... Row>(std::integer_sequence<int, Row...>) { return std::array<std::string_view, row_count>{RowAt<Row>::name...}; }
(std::make_integer_sequence<int, row_count>{});

constexpr auto singles = []<uint16_t... Number>(std::integer_sequence<uint16_t, Number...>) {
  return std::array<Handler, kind_count>{handler_or_null<Number>()...};
}
(std::make_integer_sequence<uint16_t, kind_count>{});

/// The number of the kind of a row by name. No kind where there is no such row.
template <Text Name, From Rs1 = From::x, From Rs2 = From::x, bool Nowhere = false>
[[maybe_unused]] constexpr uint16_t kind_named = [] {
  for (int row = 0; row < row_count; ++row)
    if (row_names[static_cast<size_t>(row)] == Name.view()) return Kind{row, Nowhere, Rs1, Rs2}.number();
  return no_kind;
}();

template <uint16_t... Kinds>
constexpr Sequence sequence() {
  if constexpr (((Kinds == no_kind) || ...)) return {};
  else return {&handler<Kinds...>, {Kinds...}, sizeof...(Kinds)};
}

[[maybe_unused]] constexpr From last = From::last, before = From::before;
[[maybe_unused]] constexpr uint16_t constant = Kind{constant_row}.number(), onward = Kind{onward_row}.number();
#define ROW(...) kind_named<__VA_ARGS__>
#define SEQUENCE(...) sequence<__VA_ARGS__>(),
constexpr Sequence all_sequences[] = {
#include "vcpu/interpreter/sequences.inc"
    {}};

}  // namespace

const Handler slow_handler = &slow;
const Handler unresolved_handler = &resolve;
const Handler far_handler = &far;

bool has_tail_calls() {
#ifdef VMSIM_TAIL_CALLS
  return true;
#else
  return false;
#endif
}
Handler handler_of(uint16_t kind) { return singles[kind]; }
std::span<const Sequence> sequences() { return all_sequences; }

}  // namespace vmsim::threaded
