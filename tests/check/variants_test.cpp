// Engines, monitor and checker read one effective table: on every variant of the catalogue, random privileged programs in which every second block uses what
// the variant changed make the same records on every engine, under emulation, under trap and emulate where the variant's file says that it is safe, and under
// the hybrid monitor where it says that theorem 3 holds; and the checker's own machine does to a state what the engine does.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "check/decide.hpp"
#include "check/proof/concrete.hpp"
#include "check/proof/model.hpp"
#include "isa/variant.hpp"
#include "lockstep/outcome.hpp"
#include "lockstep/shrink.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

using lockstep::difference;
using lockstep::Program;
using lockstep::run;

Variant variant(const std::string& name) {
  if (name == "toy32") return toy32_variant();
  std::stringstream text;
  text << std::ifstream(VMSIM_SOURCE_DIR "/isa/variants/" + name + ".toml").rdbuf();
  return std::move(parse_variant(text.str(), name).value());
}

std::vector<std::string> names() {
  std::vector<std::string> all{"toy32"};
  for (const auto& entry : std::filesystem::directory_iterator(VMSIM_SOURCE_DIR "/isa/variants")) all.push_back(entry.path().stem());
  std::ranges::sort(all);
  return all;
}

/// The words whose meaning is not toy32's. Where only the MMU or traps changed, none: the programs are then about what those do.
std::vector<lockstep::Use> uses(const Isa& isa) {
  const auto old = check::encoding_classes(Isa::toy32());
  std::vector<lockstep::Use> all;
  const bool same_mmu = isa.mmu().bounds == Isa::toy32().mmu().bounds && isa.mmu().direct_from == 0;
  for (const check::EncodingClass& c : check::encoding_classes(isa)) {
    if (c.op == illegal_op) continue;
    const bool known = std::ranges::any_of(old, [&](const check::EncodingClass& o) { return same_mmu && check::same_meaning(Isa::toy32(), isa, o, c); });
    if (!known && (same_mmu || c.op >= Isa::toy32().rows().size())) all.push_back({c.mask, c.match, {}});
  }
  auto add = [&](const char* name, const std::vector<lockstep::Use::Model>& models) {
    all.push_back({isa.row(isa.find(name)).pattern.mask, isa.row(isa.find(name)).pattern.match, models});
  };
  if (isa.trap().clears_reservation) add("lr.w", {}), add("sc.w", {});
  if (isa.mmu().direct_from != 0)
    for (const char* name : {"lw", "lb", "sw", "sh", "amoadd.w"}) {
      std::vector<lockstep::Use::Model> models;
      for (uint32_t at = 0x10000; at < 0x20000; at += 0xFFC)
        models.push_back({isa.encode(isa.find(name), {.rd = 5, .rs1 = 6, .rs2 = 7}), isa.mmu().direct_from + at, at});
      add(name, models);
    }
  return all;
}

lockstep::ProgramOptions options_for(const Isa& isa, uint64_t seed) { return {.paging = !isa.mmu().bounds && seed % 2 == 0, .uses = uses(isa)}; }

class OnEveryVariant : public testing::TestWithParam<std::string> {};

/// Holds `difference_of` to be empty on random programs; the failure shows the smallest program.
void expect_none(const Isa& isa, uint64_t count, const std::string& what, const std::function<std::string(const Program&)>& difference_of) {
  const uint64_t first = test::first_seed();
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const Program program = lockstep::make_program(seed, options_for(isa, seed));
    const std::string found = difference_of(program);
    if (found.empty()) continue;
    const Program small = lockstep::shrink(program, [&](const Program& p) { return !difference_of(p).empty(); });
    FAIL() << what << ", seed " << seed << ": " << found << "\nshrunk to " << difference_of(small) << ":\n" << small.listing();
  }
}

TEST_P(OnEveryVariant, techniques_make_the_records_of_the_bare_machine) {
  const Variant v = variant(GetParam());
  const Isa& isa = *v.isa;
  std::vector<std::string> techniques{"emulate"};
  // What shows the real time is safe only where the real clock is the guest's own (theorem 2 fails), which a monitor's guest does not have.
  const bool timeless = v.expect.theorem2 != "no" || v.expect.safe == "no";
  auto holds = [](const std::string& expected) { return expected != "no"; };
  const bool rescued = std::ranges::find(v.expect.rescue, "hybrid") != v.expect.rescue.end();
  if (holds(v.expect.safe) && (timeless || v.name == "mips-kseg")) techniques.emplace_back("trap");
  if (rescued || (holds(v.expect.theorem3) && holds(v.expect.safe) && timeless)) techniques.emplace_back("hybrid");
  for (const std::string& technique : techniques)
    expect_none(isa, test::scaled(40), technique, [&](const Program& p) { return difference(run(p, "bare", {}, isa), run(p, technique, {}, isa), isa); });
}

/// Where the file says that direct execution is not safe, it shows: else the test above could not fail.
TEST_P(OnEveryVariant, trap_and_emulate_parts_from_the_bare_machine_where_it_is_not_safe) {
  const Variant v = variant(GetParam());
  if (v.expect.safe != "no") GTEST_SKIP() << "it is safe";
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    const Program p = lockstep::make_program(seed, options_for(*v.isa, seed));
    if (!difference(run(p, "bare", {}, *v.isa), run(p, "trap", {}, *v.isa), *v.isa).empty()) {
      std::cout << "seed " << seed << "\n";
      return;
    }
  }
  if (v.name != "backdoor") ADD_FAILURE() << "no program shows it";  // which only the proof finds: two magic values of 32 bits
}

TEST_P(OnEveryVariant, engines_are_in_the_same_states) {
  const Variant v = variant(GetParam());
  const Isa& isa = *v.isa;
  const EngineOptions engines[] = {{}, {.block_cache = false}, {.kind = EngineKind::jit, .jit = {.threshold = 0, .code_bytes = 256 << 10, .verify = true}}};
  for (const EngineOptions& engine : engines) {
    if (engine.kind == EngineKind::jit && !has_jit()) continue;
    const char* what = engine.kind == EngineKind::jit ? "jit" : engine.block_cache ? "threaded interpreter" : "interpreter without a block cache";
    expect_none(isa, test::scaled(40), what, [&](const Program& p) -> std::string {
      // Unrecorded, because only then do threads and translations run; to the same random steps.
      const test::Made one = test::make("bare", Program::ram_size, {}, engine, isa), two = test::make("bare", Program::ram_size, {}, {.threaded = false}, isa);
      for (const test::Made* m : {&one, &two}) p.place(m->computer().memory().bytes()), lockstep::start(m->computer());
      std::mt19937_64 random(p.seed);
      for (uint64_t until = 0; until < p.budget;) {
        until = std::min(p.budget, until + 1 + random() % 40);
        const Stopped a = one.computer().run(until, nullptr), b = two.computer().run(until, nullptr);
        if (!(one.computer().hart() == two.computer().hart()) || a != b) return "at step " + std::to_string(until);
        if (a != Stopped::budget) break;
      }
      return std::ranges::equal(one.computer().memory().bytes(), two.computer().memory().bytes()) ? "" : "the memories differ at the end";
    });
  }
}

/// What the checker's bare machine makes of `before` and `word`, where memory is `memory` and nothing is translated.
std::string model_differs(const Isa& isa, const Hart& before, uint32_t word, const std::vector<uint8_t>& memory, const Hart& after) {
  using D = check::ConcreteDomain;
  D::Given given;
  given.reg = [&](uint32_t i) { return before.x[static_cast<Reg>(i)]; };
  given.byte = [&](check::Name which, uint32_t at) {
    if (which.kind == check::Name::Kind::direct) at += isa.mmu().direct_to - isa.mmu().direct_from;
    return at >= Program::ram && at - Program::ram < memory.size() ? memory[at - Program::ram] : uint8_t{0};
  };
  given.function = [&](check::Function f, uint32_t at, uint32_t more) -> uint32_t {
    return f == check::Function::word_of ? at : f == check::Function::relocated ? more : 0;
  };
  D::World world(given);
  check::State<D> s{.hart = {},
                    .window = world.bytes({check::Name::Kind::window}),
                    .direct = world.bytes({check::Name::Kind::direct}),
                    .physical = world.bytes({check::Name::Kind::physical})};
  D::set_mode(s.hart, before.mode);
  s.hart.x = world.registers(Word{word});
  s.hart.pc = before.pc;
  for (int i = 0; i < csr_count; ++i) s.hart[static_cast<Csr>(i)] = before[static_cast<Csr>(i)];
  s.hart.reserved = before.reserved, s.hart.reservation = before.reservation, s.hart.external_interrupt = before.external_interrupt;
  for (size_t c = 0; c < 3; ++c)
    for (size_t half = 0; half < 2; ++half) s.hart.counters[c][half] = static_cast<uint32_t>(before.clock.counter(static_cast<Counter>(c)) >> 32 * half);
  check::Machine<D> m(isa, world, s, Word{word}, {});
  const Instruction i = isa.decode(word);
  m.step(i.op, i.legal() ? decode_operands<Word>(isa.row(i.op).format, word) : Operands<Word>{});
  if (m.trapped()) return "the checker's machine traps: " + std::string(cause::name(m.trap_cause()));
  for (size_t r = 1; r < 32; ++r)
    if (s.hart.x.values[r] != after.x[r]) return "x" + std::to_string(r);
  if (s.hart.pc != after.pc) return "pc";
  if (s.hart.mode != static_cast<uint32_t>(after.mode)) return "mode";
  for (int r = 0; r < csr_count; ++r)
    if (s.hart[static_cast<Csr>(r)] != after[static_cast<Csr>(r)]) return std::string(name(static_cast<Csr>(r)));
  if (s.hart.reserved != after.reserved || s.hart.reservation != after.reservation) return "the reservation";
  return {};
}

TEST_P(OnEveryVariant, the_checkers_machine_does_what_the_engine_does) {
  const Variant v = variant(GetParam());
  const Isa& isa = *v.isa;
  std::set<std::string> stepped;
  const uint64_t first = test::first_seed(), count = test::scaled(40);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    auto options = options_for(isa, seed);
    options.paging = false;
    const Program p = lockstep::make_program(seed, options);
    const test::Made made = test::make("bare", Program::ram_size, {}, {}, isa);
    Computer& computer = made.computer();
    p.place(computer.memory().bytes());
    lockstep::start(computer);
    test::Collect sink;
    for (uint64_t step = 0; step < p.budget; ++step) {
      const Hart before = computer.hart();
      const std::vector<uint8_t> memory(computer.memory().bytes().begin(), computer.memory().bytes().end());
      sink.records.clear();
      if (computer.run(before.clock.steps + 1, &sink) != Stopped::budget) break;
      if (sink.records.size() != 1 || sink.records[0].event != Event::none) continue;
      const Record& r = sink.records[0];
      const bool in_memory = std::ranges::all_of(r.memory, [](const auto& a) { return a.physical_address - Program::ram < Program::ram_size; });
      if (!in_memory || before[Csr::satp] != 0 || before[Csr::base] != 0 || isa.decode(r.word).op == illegal_op) continue;
      const std::string difference = model_differs(isa, before, r.word, memory, computer.hart());
      ASSERT_EQ(difference, "") << "seed " << seed << ", step " << step << ", " << disassemble(isa, r.word, r.pc, {.separator = ' '});
      stepped.insert(isa.row(isa.decode(r.word).op).name);
    }
  }
  if (test::samples_only()) return;
  for (Op op = static_cast<Op>(Isa::toy32().rows().size()); op < isa.rows().size(); ++op) EXPECT_TRUE(stepped.contains(isa.row(op).name)) << isa.row(op).name;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, OnEveryVariant, testing::ValuesIn(names()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace vmsim
