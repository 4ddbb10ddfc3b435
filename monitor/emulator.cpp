#include "monitor/emulator.hpp"

#include "monitor/answer.hpp"

namespace vmsim {

/// The guest's memory through its own tables, its devices, and the shadow that its fences reach.
class Emulator::GuestMemory {
 public:
  GuestMemory(Emulator& emulator, Hart& hart) : emulator_(emulator), hart_(hart) {}

  Word load(auto& view, Word address, Width width) {
    return view.trapped() ? Word{0} : finish(view, emulator_.mmu_.load(hart_, Virtual{address.bits}, width), false, address, width, 0);
  }
  void store(auto& view, Word address, Word value, Width width) {
    if (!view.trapped()) finish(view, emulator_.mmu_.store(hart_, Virtual{address.bits}, value.bits, width), true, address, width, value);
  }
  Word atomic(auto& view, Word address, Access access) {
    if (view.trapped()) return 0;
    const TranslateResult t = emulator_.mmu_.translate_to_memory(hart_, Virtual{address.bits}, access);
    if (t.fault) view.trap(t.cause, address);
    return t.physical.at;
  }
  Word load_physical(auto& view, Word address, Width width) {
    const Virtual same{address.bits};
    return view.trapped() ? Word{0}
                          : finish(view, emulator_.mmu_.access_physical(Physical{address.bits}, same, width, Access::load, 0), false, address, width, 0);
  }
  void store_physical(auto& view, Word address, Word value, Width width) {
    const Virtual same{address.bits};
    if (!view.trapped())
      finish(view, emulator_.mmu_.access_physical(Physical{address.bits}, same, width, Access::store, value.bits), true, address, width, value);
  }
  Word translate(auto& view, Word address) {
    if (view.trapped()) return 0;
    const TranslateResult t = emulator_.mmu_.translate(hart_, Virtual{address.bits}, Access::load);
    if (t.fault) view.trap(t.cause, address);
    return t.physical.at;
  }
  void flush(auto& view, const FlushScope<Word>& scope) {
    if (!view.trapped()) emulator_.shadow_.fence(Fence::of(scope));
  }

  /// What a step on `view` came to.
  [[nodiscard]] Result result(const auto& view) const {
    Result r{.waits = view.waits().on, .device = device_, .must_look = view.must_look()};
    if (view.trapped()) r.trap = TrapExit{view.trap_cause(), view.trap_value(), view.word().bits};
    return r;
  }

 private:
  Word finish(auto& view, const AccessResult& r, bool is_store, Word address, Width width, Word stored) {
    device_ |= r.device;
    if (r.fault) view.trap(r.cause, r.tval);
    else view.record_access(is_store, width, Virtual{address.bits}, r.physical, is_store ? stored.bits : r.value);
    return r.value;
  }

  Emulator& emulator_;
  Hart& hart_;
  bool device_ = false;  // one was reached
};

/// The guest's memory where the real hart would find it: as the shadow shows it, page by page. An access that it does not show, or that goes
/// over the end of a page, is the real hart's to make.
class Emulator::ShownMemory {
 public:
  ShownMemory(Emulator& emulator, Hart& hart) : shadow_(emulator.shadow_), hart_(hart) {}

  Word load(auto& view, Word address, Width width) {
    RealPhysical at;
    if (!find(view, address, width, Access::load, at)) return 0;
    const uint32_t value = shadow_.real_memory().read(Physical{at.at}, width);
    view.record_access(false, width, Virtual{address.bits}, Physical{shadow_.slice().to_guest(at).at}, value);
    return value;
  }
  void store(auto& view, Word address, Word value, Width width) {
    RealPhysical at;
    if (!find(view, address, width, Access::store, at)) return;
    shadow_.real_memory().write(Physical{at.at}, value.bits, width);
    view.record_access(true, width, Virtual{address.bits}, Physical{shadow_.slice().to_guest(at).at}, value.bits);
  }
  // No innocuous instruction has these effects; the machine concept names them.
  Word atomic(auto& view, Word address, Access access) { return view.trap(cause::page_fault(access), address), Word{0}; }
  Word load_physical(auto& view, Word address, Width) { return atomic(view, address, Access::load); }
  void store_physical(auto& view, Word address, Word, Width) { atomic(view, address, Access::store); }
  Word translate(auto& view, Word address) { return atomic(view, address, Access::load); }
  void flush(auto&, const FlushScope<Word>&) {}

  /// Whether the real hart gets past the step on `view`.
  [[nodiscard]] bool result(const auto& view) const { return !view.trapped(); }

 private:
  bool find(auto& view, Word address, Width width, Access access, RealPhysical& at) {
    if (view.trapped()) return false;
    const Virtual first{address.bits};
    const bool inside = first.offset() + static_cast<uint32_t>(width) <= page_size;
    if (inside && shadow_.shows(hart_, first, access, at)) return true;
    view.trap(cause::page_fault(access), address);
    return false;
  }

  Shadow& shadow_;
  Hart& hart_;
};

/// Steps over one kind of memory. What the table says of a row is known when a step of its own is compiled, which then leaves nothing of the
/// view in memory: where nobody wants records, each row has one.
template <class Memory>
struct Emulator::Steps {
  using Result = decltype(std::declval<Memory>().result(std::declval<const VirtualView<WordDomain, false, Memory>&>()));

  /// One instruction, whose row `row` executes.
  template <bool Recorded>
  static Result step(Emulator& emulator, Hart& virtual_hart, const Decoded& instruction, TraceSink* records, auto&& row) {
    using View = VirtualView<WordDomain, Recorded, Memory>;
    static_assert(MachineConcept<View>);
    std::conditional_t<Recorded, Record, std::monostate> record;
    Record* kept = nullptr;
    if constexpr (Recorded) {
      record = {.step = virtual_hart.clock.steps, .mode = virtual_hart.mode, .pc = virtual_hart.pc, .word = instruction.word};
      kept = &record;
    }
    Memory memory(emulator, virtual_hart);
    View view(emulator.isa_, virtual_hart, memory, instruction.word, kept);
    emulate_instruction(view, instruction.op, [&] { row(view); });
    if (!view.trapped()) {
      ++virtual_hart.clock.steps;
      ++virtual_hart.clock.retired;
      if constexpr (Recorded) {
        record.next_pc = virtual_hart.pc;
        records->record(record);
      }
    }
    return memory.result(view);
  }

  template <bool Recorded>
  static Result of_any(Emulator& emulator, Hart& virtual_hart, const Decoded& instruction, TraceSink* records) {
    return step<Recorded>(emulator, virtual_hart, instruction, records, [&](auto& view) { execute_row(view, instruction.op, instruction.operands); });
  }
  template <int Row>
  [[gnu::flatten]] static Result of_row(Emulator& emulator, Hart& virtual_hart, const Decoded& instruction) {
    return step<false>(emulator, virtual_hart, instruction, nullptr, [&](auto& view) { RowAt<Row>::execute(view, instruction.operands); });
  }
  static constexpr auto of_rows = []<int... Row>(std::integer_sequence<int, Row...>) { return std::array{&of_row<Row>...}; }
  (std::make_integer_sequence<int, row_count>{});

  static Result run(Emulator& emulator, Hart& virtual_hart, const Decoded& instruction, TraceSink* records) {
    if (records != nullptr) return of_any<true>(emulator, virtual_hart, instruction, records);
    if (instruction.op < of_rows.size()) return of_rows[instruction.op](emulator, virtual_hart, instruction);
    return of_any<false>(emulator, virtual_hart, instruction, nullptr);  // illegal, or what a variant added
  }
};

Emulator::Result Emulator::emulate(Hart& virtual_hart, const Decoded& instruction, TraceSink* records) {
  return Steps<GuestMemory>::run(*this, virtual_hart, instruction, records);
}

bool Emulator::run_as_real(Hart& virtual_hart, const Decoded& instruction, TraceSink* records) {
  return Steps<ShownMemory>::run(*this, virtual_hart, instruction, records);
}

}  // namespace vmsim
