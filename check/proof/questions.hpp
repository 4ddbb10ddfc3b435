// The questions of docs/popek-goldberg.md as formulas over the model. Each is a condition that some assignment of the world's names satisfies where the
// answer is yes (of the existential ones) or no (of the others): what the proof looks for, what the trials try, what a witness is.
#pragma once

#include <functional>

#include "check/proof/model.hpp"
#include "check/verdict.hpp"
#include "isa/page_walk.hpp"
#include "monitor/answer.hpp"

namespace vmsim::check {

inline Isa without_losses(const Isa& isa) {
  return Isa(IsaParts{.name = isa.name(), .rows = isa.rows(), .csrs = {isa.csrs().begin(), isa.csrs().end()}, .mmu = isa.mmu(), .trap = {}});
}

template <class D>
class Questions {
 public:
  using V = typename D::Value;
  using F = typename D::Condition;
  using World = typename D::World;
  using Step = Outcome<D>;

  /// What is asked: `supposed` is what the question takes for granted, `shown` that with what it looks for.
  struct Formula {
    F supposed{}, shown{};
  };
  /// The states that the last question was about, and what became of them.
  struct Run {
    Mode mode = Mode::kernel;
    bool direct = false;  // on the real hart, of a virtual state
    State<D> before, after;
    Step outcome;
  };
  std::vector<Run> runs;
  bool keeps_runs = false;

  /// `reversible` is `isa` with traps that lose nothing: whether they do is asked apart, by irreversible().
  Questions(World& world, const Isa& isa, const Isa& reversible) : world_(world), isa_(isa), reversible_(reversible) {
    for (int i = 0; i < csr_count; ++i) storable_[static_cast<size_t>(i)] = storable(isa, static_cast<Csr>(i));
  }

  Formula ask(const EncodingClass& c, Query query) {
    runs.clear();
    use(c, 0);
    Formula f = of(query);
    f.supposed = f.supposed & word_fits(c);
    f.shown = f.shown & word_fits(c);
    return f;
  }

  /// REV: some state that a trap to the monitor and back, or into the guest's kernel and back, does not restore.
  F irreversible(Mode mode) {
    use({}, 0);
    const State<D> v = state(mode, {});
    State<D> back = v, real = v;
    enter(back, real);
    leave(isa_, back, real);
    State<D> returned = v;
    TrapMachine<D, false> m(isa_, returned.hart, nullptr);
    enter_trap(m, V{cause::illegal_instruction}, V{0u});
    leave_trap(m);
    return views_differ(v, back) | control_differs(v, back) | views_differ(v, returned) | ne(D::value(v.hart.mode), D::value(returned.hart.mode));
  }

  /// The world switch and an injected interrupt against the bare machine's.
  F injection_differs(Mode mode) {
    use({}, 0);
    State<D> bare = state(mode, {}), v = bare, real = bare;
    enter(v, real);
    leave(reversible_, v, real);
    for (State<D>* s : {&bare, &v}) {
      TrapMachine<D, false> m(isa_, s->hart, nullptr);
      const V cause = choose_interrupt(m);
      m.branch(ne(cause, V{0u}), [&] { enter_trap(m, cause, V{0u}); });
    }
    return states_differ(bare, v);
  }

  /// Two harts with equal translation keys for which the MMU says something different about one address.
  F key_is_too_coarse(Mode first, Mode second, Access access) {
    use({}, 0);
    State<D> a = state(first, {.relocation = 1, .hidden = 1}), b = state(second, {.relocation = 2, .hidden = 2});
    Walker one(isa_, world_, a.hart), two(isa_, world_, b.hart);
    const auto ka = translation_key(one), kb = translation_key(two);
    const V at = world_.word({Name::Kind::pc, 1});
    const auto wa = translate_address(one, at, access, first), wb = translate_address(two, at, access, second);
    const F same_key = eq(ka.root, kb.root) & eq(ka.bound, kb.bound) & eq(ka.kernel, kb.kernel) & eq(ka.sum, kb.sum) & eq(ka.mxr, kb.mxr);
    const F fault_a = wa.page_fault | wa.access_fault;
    return same_key & (unlike(wa.page_fault, wb.page_fault) | unlike(wa.access_fault, wb.access_fault) | (ne(wa.physical, wb.physical) & !fault_a));
  }

  /// A sequence, bare and directly with a trap to the monitor after each instruction, none of which trap themselves. `never` says of a condition that
  /// nothing satisfies it, or does not know: where both machines are then in one state, the next step begins from one set of terms.
  F sequence_differs(const std::vector<const EncodingClass*>& sequence, Mode mode, const std::function<bool(const F&)>& never) {
    use(*sequence[0], 0);
    State<D> bare = state(mode, {}), v = bare;
    F together{true};
    for (size_t i = 0; i < sequence.size(); ++i) {
      use(*sequence[i], static_cast<uint8_t>(i));
      together = together & word_fits(*sequence[i]);
      bare.hart.x.word = v.hart.x.word = D::cell(word_);
      const Step step = run(isa_, bare, {});
      State<D> real = v;
      enter(v, real);
      const Step direct = run(isa_, real, shadow_of(mode));
      world_.suppose_not(step.trapped, bare);
      world_.suppose_not(direct.trapped, real);
      v.window = real.window;
      v.direct = real.direct;
      leave(isa_, v, real);
      together = together & step.none() & direct.none();
      if (never(together & states_differ(bare, v))) v = bare;
    }
    return together & views_differ(bare, v);
  }

 private:
  /// What the states of a pair do not share: 0 is shared, else the state's number.
  struct Private {
    uint8_t relocation = 0, hidden = 0, time = 0;
  };

  struct Walker : HartMachine<D, false> {
    Walker(const Isa& isa, World& world, typename D::Hart& hart) : HartMachine<D, false>(isa, hart, nullptr), world_(world) {}
    PhysicalWord<V, F> physical_word(V page, V offset) {
      return {world_.holds(Function::table_ok, page, offset), world_.apply(Function::table_word, page, offset)};
    }
    World& world_;
  };

  void use(const EncodingClass& c, uint8_t index) {
    op_ = c.op;
    word_ = (world_.word({Name::Kind::word, index}) & V{~c.mask}) | V{c.match};
    operands_ = {};
    if (c.op == illegal_op) return;
    const Layout l = layout(isa_.row(c.op).format);
    if (l.rd) operands_.rd = code_rd;
    if (l.rs1) operands_.rs1 = code_rs1;
    if (l.rs2) operands_.rs2 = code_rs2;
    operands_.csr = c.csr.value_or(0);
    operands_.zero_source = c.source == EncodingClass::Source::zero;
    operands_.imm = immediate(l.imm);
  }
  V immediate(const Immediate& imm) {
    V value{0u};
    for (int i = 0; i < imm.count; ++i) {
      const Piece p = imm.pieces[static_cast<size_t>(i)];
      const auto bits = static_cast<uint32_t>((uint64_t{1} << p.width) - 1);
      value = value | shl(shr_u(word_, V{p.word_low}) & V{bits}, V{p.value_low});
    }
    return imm.is_signed && imm.bits < 32 ? sext(value, imm.bits) : value;
  }
  F word_fits(const EncodingClass& c) {
    if (c.source == EncodingClass::Source::any) return F{true};
    const F zero = eq(word_ & V{31u << 15}, V{0u});
    return c.source == EncodingClass::Source::zero ? zero : !zero;
  }

  State<D> state(Mode mode, Private own) {
    State<D> s{.hart = {},
               .window = world_.bytes({Name::Kind::window}),
               .direct = world_.bytes({Name::Kind::direct, 0, own.relocation}),
               .physical = world_.bytes({Name::Kind::physical, 0, own.relocation})};
    D::set_mode(s.hart, mode);
    s.hart.x = world_.registers(word_);
    s.hart.pc = D::cell(world_.word({Name::Kind::pc}) & V{~3u});
    for (int i = 0; i < csr_count; ++i) {
      const auto r = static_cast<Csr>(i);
      const uint8_t which = is_relocation(r) ? own.relocation : own.hidden;
      s.hart[r] = D::cell(world_.word({Name::Kind::csr, static_cast<uint8_t>(i), which}) & V{storable_[static_cast<size_t>(i)]});
    }
    typename D::Gate gate;
    gate.assign(s.hart.external_interrupt, world_.truth({Name::Kind::external, 0, own.hidden}));
    gate.assign(s.hart.reserved, world_.truth({Name::Kind::reserved}));
    gate.assign(s.hart.reservation, select(D::condition(s.hart.reserved), world_.word({Name::Kind::reservation}) & V{~3u}, V{0u}));
    for (uint8_t c = 0; c < 3; ++c)
      for (uint8_t half = 0; half < 2; ++half)
        s.hart.counters[c][half] = D::cell(world_.word({Name::Kind::counter, static_cast<uint8_t>(2 * c + half), own.time}));
    return s;
  }

  static Sight shadow_of(Mode mode) { return {.for_kernel = mode == Mode::kernel, .shadowed = true, .root = 1}; }
  Step run(const Isa& isa, State<D>& s, Sight sight) {
    const State<D> before = s;
    Machine<D> m(isa, world_, s, word_, sight);
    m.step(op_, operands_);
    const Step step = Step::of(m);
    if (keeps_runs) runs.push_back({D::mode(before.hart), sight.shadowed, before, s, step});
    return step;
  }

  static F unlike(const F& a, const F& b) { return !eq(a, b); }
  // What two states have in common.
  F views_differ(const State<D>& a, const State<D>& b) {
    return world_.differ(a.hart.x, b.hart.x) | ne(D::value(a.hart.pc), D::value(b.hart.pc)) |
           unlike(D::condition(a.hart.reserved), D::condition(b.hart.reserved)) | ne(D::value(a.hart.reservation), D::value(b.hart.reservation)) |
           world_.differ(a.window, b.window);
  }
  F relocation_differs(const State<D>& a, const State<D>& b) {
    F any{false};
    for (int i = 0; i < csr_count; ++i)
      if (is_relocation(static_cast<Csr>(i))) any = any | ne(D::value(a.hart[static_cast<Csr>(i)]), D::value(b.hart[static_cast<Csr>(i)]));
    return any | ne(D::value(a.hart.mode), D::value(b.hart.mode));
  }
  F control_differs(const State<D>& a, const State<D>& b) {
    F any = relocation_differs(a, b) | unlike(D::condition(a.flushed), D::condition(b.flushed));
    for (int i = 0; i < csr_count; ++i) any = any | ne(D::value(a.hart[static_cast<Csr>(i)]), D::value(b.hart[static_cast<Csr>(i)]));
    return any;
  }
  F states_differ(const State<D>& a, const State<D>& b) {
    return views_differ(a, b) | control_differs(a, b) | world_.differ(a.direct, b.direct) | world_.differ(a.physical, b.physical);
  }

  // The world switch, by the monitor's own functions; the shadow's part is what monitor/shadow.cpp does to the translation registers.
  void enter(const State<D>& v, State<D>& real) {
    const V offset = world_.word({Name::Kind::slice});
    enter_guest<D>(v.hart, real.hart, [&](V word) { return std::pair(F{true}, word + offset); });
    if (isa_.mmu().bounds) relocate_guest<D>(isa_, v.hart, real.hart, world_.word({Name::Kind::memory_at}), world_.word({Name::Kind::memory_size}), offset);
    else real.hart[Csr::satp] = D::cell(world_.word({Name::Kind::csr, static_cast<uint8_t>(Csr::satp), 3}));
    bound_ = D::value(real.hart[Csr::bound]);
    real.physical = world_.bytes({Name::Kind::physical, 0, 3});
  }
  void leave(const Isa& isa, State<D>& v, State<D>& real) {
    const V offset = world_.word({Name::Kind::slice});
    leave_guest<D>(isa, v.hart, real.hart, bound_, [&](V word) { return word - offset; });
  }

  F preserved(const State<D>& before, const State<D>& after) { return !relocation_differs(before, after); }

  Formula pair(Mode first, Mode second, Private a, Private b, Sight sight, bool second_traps) {
    State<D> s1 = state(first, a), s2 = state(second, b);
    const State<D> b1 = s1, b2 = s2;
    const Step t1 = run(isa_, s1, sight), t2 = run(isa_, s2, sight);
    F supposed = t1.none();
    if (!second_traps) supposed = supposed & t2.none();
    if (D::is_false(supposed)) return {supposed, supposed};
    supposed = supposed & preserved(b1, s1);
    if (second_traps) return {supposed, supposed & t2.trapped & !t2.memory()};
    supposed = supposed & preserved(b2, s2);
    return {supposed, supposed & views_differ(s1, s2)};
  }

  Formula control(Mode mode, bool literal) {
    State<D> s = state(mode, {});
    const State<D> before = s;
    const Step t = run(isa_, s, {});
    if (D::is_false(t.none())) return {t.none(), t.none()};
    return {t.none(), t.none() & (literal ? relocation_differs(before, s) : control_differs(before, s))};
  }

  /// TOC. `freely`: the real machine's control registers hold anything.
  Formula commutes(Mode mode, bool freely) {
    State<D> bare = state(mode, {}), v = bare, real = bare;
    enter(v, real);
    if (freely)
      for (int i = 0; i < csr_count; ++i)
        if (const auto r = static_cast<Csr>(i); !is_relocation(r))
          real.hart[r] = D::cell(world_.word({Name::Kind::csr, static_cast<uint8_t>(i), 3}) & V{storable_[static_cast<size_t>(i)]});
    const Step direct = run(isa_, real, shadow_of(mode));
    if (D::is_false(direct.none())) return {direct.none(), direct.none()};
    const Step step = run(isa_, bare, {});
    v.window = real.window;
    v.direct = real.direct;
    leave(reversible_, v, real);
    if (!world_.untouched(real.physical, {Name::Kind::physical, 0, 3})) v.physical = real.physical;
    const F wrong_wait = unlike(D::condition(bare.waited), D::condition(real.waited));
    // The real hart is where the monitor would put the guest: with its relocation, in user mode. Else it has escaped.
    State<D> image = v;
    enter(v, image);
    const F escaped = relocation_differs(real, image);
    return {direct.none(), direct.none() & (step.trapped | wrong_wait | escaped | states_differ(bare, v))};
  }

  /// EMU. Where the direct run traps, what the monitor's answer leaves is what the bare machine's step does.
  Formula emulated(Mode mode) {
    State<D> bare = state(mode, {}), start = bare, real = bare;
    enter(start, real);
    // A step that traps changes nothing. That is part of the claim, and makes the rest of it small.
    const State<D> untouched = real;
    const Step direct = run(isa_, real, shadow_of(mode));
    if (D::is_false(direct.trapped)) return {direct.trapped, direct.trapped};
    const F moved = states_differ(untouched, real);
    real = untouched;
    leave(reversible_, start, real);
    const Step step = run(isa_, bare, {});
    const F firmware = trap_into(bare, step.trapped, step.cause, step.tval);

    State<D> interpreted = start;
    ModelMemory<D> memory(world_, interpreted, {});
    VirtualView<D, false, ModelMemory<D>> view(isa_, interpreted.hart, memory, word_);
    emulate_instruction(view, op_, [&] { execute_row(view, op_, operands_); });
    const Step inner = Step::of(view);
    const F interpreted_firmware = trap_into(interpreted, inner.trapped, inner.cause, inner.tval);

    State<D> reflected = start;
    const F reflected_firmware = trap_into(reflected, F{true}, reflected_cause(direct.cause, mode), direct.tval);

    const F by_emulation = direct.memory() | wants_emulation(direct.cause);
    const F wrong_emulation = states_differ(bare, interpreted) | unlike(firmware, interpreted_firmware) | unlike(D::condition(bare.waited), view.waits());
    const F wrong_reflection = states_differ(bare, reflected) | unlike(firmware, reflected_firmware) | D::condition(bare.waited);
    return {direct.trapped, direct.trapped & (moved | (by_emulation & wrong_emulation) | (wrong_reflection & !by_emulation))};
  }
  /// Into the guest's kernel; a call of its firmware stays where it is, and is told by the result.
  F trap_into(State<D>& s, F trapped, V cause, V tval) {
    const F firmware = trapped & eq(cause, V{cause::kernel_ecall});
    TrapMachine<D, false> m(reversible_, s.hart, nullptr);
    m.branch(trapped & !firmware, [&] { enter_trap(m, cause, tval); });
    return firmware;
  }

  Formula of(Query query) {
    constexpr Mode k = Mode::kernel, u = Mode::user;
    constexpr Private location1{.relocation = 1}, location2{.relocation = 2}, hidden1{.hidden = 1}, hidden2{.hidden = 2}, time1{.time = 1}, time2{.time = 2};
    constexpr Sight equal_views{.bypasses = false};
    switch (query) {
      case Query::privileged: {
        State<D> in_kernel = state(k, {}), in_user = state(u, {});
        const Step tk = run(isa_, in_kernel, {}), tu = run(isa_, in_user, {});
        const F supposed = !(tk.memory() | tu.memory());
        return {supposed, supposed & (tu.none() | tk.trapped)};
      }
      case Query::user_traps:
      case Query::kernel_traps: {
        State<D> s = state(query == Query::user_traps ? u : k, {});
        const Step t = run(isa_, s, {});
        return {!t.memory(), t.none()};
      }
      case Query::control_kernel: return control(k, false);
      case Query::control_user: return control(u, false);
      case Query::literal_control: {
        const Formula a = control(k, true), b = control(u, true);
        return {a.supposed | b.supposed, a.shown | b.shown};
      }
      case Query::location_kernel: return pair(k, k, location1, location2, {}, false);
      case Query::location_user: return pair(u, u, location1, location2, {}, false);
      case Query::mode: return pair(k, u, {}, {}, equal_views, false);
      case Query::hidden_kernel: return pair(k, k, hidden1, hidden2, {}, false);
      case Query::hidden_user: return pair(u, u, hidden1, hidden2, {}, false);
      case Query::trap_location_kernel: return pair(k, k, location1, location2, {}, true);
      case Query::trap_location_user: return pair(u, u, location1, location2, {}, true);
      case Query::trap_mode_kernel: return pair(k, u, {}, {}, equal_views, true);
      case Query::trap_mode_user: return pair(u, k, {}, {}, equal_views, true);
      case Query::trap_hidden_kernel: return pair(k, k, hidden1, hidden2, {}, true);
      case Query::trap_hidden_user: return pair(u, u, hidden1, hidden2, {}, true);
      case Query::time_kernel: return pair(k, k, time1, time2, {}, false);
      case Query::time_user: return pair(u, u, time1, time2, {}, false);
      case Query::commutes_kernel: return commutes(k, false);
      case Query::commutes_user: return commutes(u, false);
      case Query::commutes_freely: {
        const Formula a = commutes(k, true), b = commutes(u, true);
        return {a.supposed | b.supposed, a.shown | b.shown};
      }
      case Query::emulated_kernel: return emulated(k);
      case Query::emulated_user: return emulated(u);
    }
    return {};
  }

  World& world_;
  const Isa& isa_;
  const Isa& reversible_;
  std::array<uint32_t, csr_count> storable_{};  // bits that a register can hold at all
  Op op_ = illegal_op;
  V word_{};
  Operands<V> operands_;
  V bound_{};
};

}  // namespace vmsim::check
