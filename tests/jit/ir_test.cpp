// The IR, its evaluator and its passes: on random blocks, a block evaluated is the same as its instructions run on a hart, a pass changes
// nothing that can be seen, and emitted code does what the evaluator does. What each pass is for is shown on a block of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "isa/assembler/assemble.hpp"
#include "isa/disassemble.hpp"
#include "isa/table.hpp"
#include "support/scale.hpp"
#include "vcpu/engine.hpp"
#include "vcpu/ir/evaluate.hpp"
#include "vcpu/ir/form.hpp"
#include "vcpu/ir/passes/passes.hpp"
#include "vcpu/ir/verify.hpp"

namespace vmsim {
namespace {

constexpr Physical code{0x8000'0000};

Memory memory_with(const std::vector<uint32_t>& words) {
  Memory memory(code, 64 << 10);
  for (size_t i = 0; i < words.size(); ++i) memory.write(Physical{code.at + 4 * static_cast<uint32_t>(i)}, words[i], Width::word);
  return memory;
}

ir::Block block_of(const Memory& memory) { return ir::form(Isa::toy32(), memory, code, code.at, Mode::kernel); }

/// Main memory, straight; a store to the code's page is not taken.
ir::DataAccess data_of(Memory& memory) {
  const auto inside = [&memory](uint32_t at, Width w) {
    return memory.contains(Physical{at}, static_cast<uint32_t>(w)) && (at & 4095) + static_cast<uint32_t>(w) <= 4096;
  };
  return {.load = [=, &memory](uint32_t at, Width w) { return inside(at, w) ? std::optional(memory.read(Physical{at}, w)) : std::nullopt; },
          .store =
              [=, &memory](uint32_t at, uint32_t value, Width w) {
                if (!inside(at, w) || at >> 12 == code.at >> 12) return false;
                memory.write(Physical{at}, value, w);
                return true;
              }};
}

/// Random user-level instructions over few registers, with branches, loads and stores near x8.
std::vector<uint32_t> random_words(std::mt19937_64& random) {
  const Isa& isa = Isa::toy32();
  static constexpr std::array<Reg, 8> registers{0, 5, 8, 10, 11, 17, 20, 31};
  std::vector<uint32_t> words;
  while (words.size() < 24) {
    const auto op = static_cast<Op>(random() % isa.rows().size());
    const Format format = isa.row(op).format;
    if (format == Format::None || format == Format::Flush) continue;
    // What is left to the interpreter ends a block: seldom, so that blocks are not short.
    if ((format == Format::Atomic || format == Format::Reserve || format == Format::Csr || format == Format::CsrImm) && random() % 16 != 0) continue;
    Operands<uint32_t> o;
    o.rd = registers[random() % registers.size()];
    o.rs1 = registers[random() % registers.size()];
    o.rs2 = registers[random() % registers.size()];
    o.imm = format == Format::Branch || format == Format::Jump ? 8 : static_cast<uint32_t>(random() % 64 * 4);
    if (format == Format::Upper) o.imm = static_cast<uint32_t>(random()) & 0xFFFF'F000u;
    if (format == Format::Shift) o.imm = random() % 32;
    if (format == Format::Load || format == Format::Store) o.rs1 = 8;
    if (o.rd == 8 && random() % 32 != 0) o.rd = 9;
    words.push_back(isa.encode(op, o));
  }
  // Some go back to the start, at their end or earlier.
  if (random() % 2 == 0) {
    const auto last = static_cast<uint32_t>(random() % words.size());
    words[last] = isa.encode(isa.find(random() % 2 == 0 ? "bne" : "bge"),
                             {.rs1 = registers[random() % registers.size()], .rs2 = registers[random() % registers.size()], .imm = 0u - 4 * last});
  }
  return words;
}

Hart random_hart(std::mt19937_64& random) {
  static constexpr std::array<uint32_t, 6> corners{0, 1, ~0u, 0x8000'0000, 0x7FFF'FFFF, 2};
  Hart hart;
  for (size_t i = 1; i < 32; ++i) hart.x[i] = random() % 3 == 0 ? corners[random() % corners.size()] : static_cast<uint32_t>(random());
  hart.x[8] = code.at + 0x2000 + static_cast<uint32_t>(random() % 64);
  hart.pc = code.at;
  return hart;
}

struct Seen {
  ir::Outcome outcome;
  Hart hart;
  std::vector<uint8_t> bytes;
  bool operator==(const Seen&) const = default;
};

Seen evaluate(const ir::Block& block, const std::vector<uint32_t>& words, Hart hart) {
  Memory memory = memory_with(words);
  const ir::Outcome outcome = ir::evaluate(block, hart, data_of(memory));
  return {outcome, hart, {memory.bytes().begin(), memory.bytes().end()}};
}

/// The same instructions on an engine, for the steps that the block retired.
void expect_engine_agrees(EngineOptions engine, const std::vector<uint32_t>& words, Hart hart, const Seen& seen, const std::string& block) {
  Bus bus(memory_with(words));
  const auto runner = make_engine(Isa::toy32(), bus, engine);
  if (seen.outcome.retired == 0) return;
  runner->run(hart, seen.outcome.retired, TrapDestination::guest, nullptr);
  EXPECT_EQ(hart.pc, seen.outcome.pc) << block;
  EXPECT_EQ(hart.x, seen.hart.x) << block;
  EXPECT_EQ(hart.clock.steps, seen.outcome.retired);
  EXPECT_TRUE(std::ranges::equal(bus.memory().bytes(), seen.bytes)) << block;
}

TEST(Ir, evaluated_is_what_the_interpreter_does_and_what_the_emitter_makes_of_it) {
  std::mt19937_64 random(test::first_seed());
  uint64_t retired = 0;
  for (uint64_t i = 0; i < test::scaled(2000); ++i) {
    const auto words = random_words(random);
    const Hart hart = random_hart(random);
    const ir::Block block = block_of(memory_with(words));
    ASSERT_EQ(ir::verify(block), "") << ir::print(block);
    const Seen seen = evaluate(block, words, hart);
    retired += seen.outcome.retired;
    expect_engine_agrees({}, words, hart, seen, ir::print(block));
    if (has_jit())
      expect_engine_agrees({.kind = EngineKind::jit, .jit = {.threshold = 0, .code_bytes = 256 << 10, .verify = true}}, words, hart, seen, ir::print(block));
    if (HasFailure()) FAIL() << "block " << i;
  }
  EXPECT_GT(retired, 3 * test::scaled(2000));
}

TEST(Ir, each_pass_and_all_of_them_change_nothing_that_can_be_seen) {
  std::mt19937_64 random(test::first_seed());
  for (uint64_t i = 0; i < test::scaled(2000); ++i) {
    const auto words = random_words(random);
    const Hart hart = random_hart(random);
    const ir::Block block = block_of(memory_with(words));
    const Seen seen = evaluate(block, words, hart);
    for (ir::PassSet set = 1; set <= ir::all_passes; ++set) {
      ir::Block changed = block;
      ir::run_passes(changed, set);
      ASSERT_EQ(ir::verify(changed), "") << set << "\n" << ir::print(changed);
      ASSERT_TRUE(evaluate(changed, words, hart) == seen) << "passes " << set << "\n" << ir::print(block) << "became\n" << ir::print(changed);
    }
  }
}

ir::Block assembled(const std::string& source) {
  const auto image = assemble(Isa::toy32(), source, "block.s");
  EXPECT_TRUE(image) << (image ? "" : image.error().text());
  Memory memory(code, 64 << 10);
  memory.write(code, to_flat(*image));
  return block_of(memory);
}

size_t count(const ir::Block& block, ir::Op op) { return static_cast<size_t>(std::ranges::count(block.nodes, op, &ir::Node::op)); }

TEST(Form, goes_round_a_short_loop_several_times_and_leaves_it_where_the_branch_is_not_taken) {
  const ir::Block block = assembled("loop: lw a0, 0(a1)\naddi a1, a1, 4\nbne a1, a2, loop\necall\n");
  EXPECT_EQ(block.guests.size(), 30u) << ir::print(block);
  EXPECT_EQ(block.count, 30u);
  ASSERT_EQ(count(block, ir::Op::exit_if), 10u);
  const auto leaves = [](uint32_t pc) { return [pc](const ir::Node& n) { return n.op == ir::Op::exit_if && n.k == pc; }; };
  EXPECT_EQ(std::ranges::count_if(block.nodes, leaves(code.at + 12)), 9);
  EXPECT_EQ(std::ranges::count_if(block.nodes, leaves(code.at)), 1);
}

TEST(Passes, constants_make_a_value_of_two_instructions_one_constant_and_its_users_see_it) {
  ir::Block block = assembled("lui a0, 0x12345\naddi a0, a0, 0x678\nsw a0, 0(a1)\necall\n");
  ir::propagate_constants(block);
  EXPECT_EQ(std::ranges::count_if(block.nodes, [](const ir::Node& n) { return n.op == ir::Op::constant && n.k == 0x1234'5678; }), 2) << ir::print(block);
}

TEST(Passes, a_decided_branch_goes) {
  ir::Block block = assembled("li a0, 1\nbeqz a0, there\nthere: ecall\n");
  EXPECT_EQ(count(block, ir::Op::exit_if), 1u);
  ir::propagate_constants(block);
  EXPECT_EQ(count(block, ir::Op::exit_if), 0u) << ir::print(block);
}

TEST(Passes, copies_read_the_original) {
  ir::Block block = assembled("mv a0, a1\nadd a2, a0, a0\necall\n");
  ir::propagate_constants(block);  // `mv` is an addition of 0
  ir::propagate_copies(block);
  EXPECT_EQ(std::ranges::count_if(block.nodes, [](const ir::Node& n) { return n.op == ir::Op::get && n.what == 10; }), 0) << ir::print(block);
}

TEST(Passes, a_copy_ends_when_its_original_is_set) {
  ir::Block block = assembled("mv a0, a1\nli a1, 5\nadd a2, a0, a0\necall\n");
  ir::propagate_constants(block);  // `mv` is an addition of 0
  ir::propagate_copies(block);
  EXPECT_EQ(std::ranges::count_if(block.nodes, [](const ir::Node& n) { return n.op == ir::Op::get && n.what == 10; }), 2) << ir::print(block);
}

TEST(Passes, a_signed_load_is_one_node) {
  ir::Block block = assembled("lb a0, 3(a1)\nlhu a2, 0(a1)\necall\n");
  ir::extend_loads(block);
  ir::remove_dead_values(block);
  EXPECT_EQ(count(block, ir::Op::sext), 0u) << ir::print(block);
  EXPECT_EQ(count(block, ir::Op::load), 2u);
}

TEST(Passes, an_extension_of_another_width_stays) {
  ir::Block block = assembled("lbu a0, 3(a1)\necall\n");
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    if (block.nodes[i].op != ir::Op::load) continue;
    block.nodes.insert(block.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, {.op = ir::Op::sext, .a = static_cast<ir::Ref>(i), .k = 16});
    block.nodes[i + 2].a = static_cast<ir::Ref>(i + 1);
    for (size_t j = i + 3; j < block.nodes.size(); ++j)
      if (block.nodes[j].a != ir::no_ref && block.nodes[j].a > i) ++block.nodes[j].a;
    break;
  }
  ASSERT_EQ(ir::verify(block), "") << ir::print(block);
  ir::extend_loads(block);
  ir::remove_dead_values(block);
  EXPECT_EQ(count(block, ir::Op::sext), 1u) << ir::print(block);
}

TEST(Passes, a_write_before_another_is_dead_unless_a_load_stands_between) {
  ir::Block dead = assembled("li a0, 1\nli a0, 2\necall\n");
  ir::remove_dead_stores(dead);
  EXPECT_EQ(count(dead, ir::Op::set), 1u) << ir::print(dead);
  ir::Block alive = assembled("li a0, 1\nlw a1, 0(a2)\nli a0, 2\necall\n");
  ir::remove_dead_stores(alive);
  EXPECT_EQ(count(alive, ir::Op::set), 3u) << "the load may fault, and then a0 is 1";
}

TEST(Passes, a_value_that_nothing_uses_goes_and_a_load_stays) {
  ir::Block block = assembled("add x0, a0, a1\nlw x0, 0(a0)\necall\n");
  ir::remove_dead_values(block);
  EXPECT_EQ(count(block, ir::Op::load), 1u);
  EXPECT_EQ(std::ranges::count_if(block.nodes, [](const ir::Node& n) { return n.op == ir::Op::get && n.what == 11; }), 0) << ir::print(block);
}

TEST(Verify, names_what_is_wrong) {
  const ir::Block good = assembled("add a0, a0, a1\necall\n");
  ASSERT_EQ(ir::verify(good), "");
  ir::Block block = good;
  block.nodes.pop_back();
  EXPECT_NE(ir::verify(block), "");
  block = good;
  for (ir::Node& n : block.nodes)
    if (n.op == ir::Op::add) n.a = static_cast<ir::Ref>(block.nodes.size() - 1);
  EXPECT_NE(ir::verify(block), "");
  block = good;
  block.nodes[0].what = 0;
  EXPECT_NE(ir::verify(block), "");
}

}  // namespace
}  // namespace vmsim
