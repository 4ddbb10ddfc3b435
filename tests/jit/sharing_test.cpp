// Accesses that share a translation: random ones around a few pointers near the ends of pages that can be read, written, neither, or that are
// another's alias. After every run registers and memory are the interpreter's.
#include <gtest/gtest.h>

#include <random>

#include "isa/csr.hpp"
#include "isa/page_walk.hpp"
#include "isa/table.hpp"
#include "support/scale.hpp"
#include "vcpu/engine.hpp"

#ifdef VMSIM_HAS_JIT
#include "isa/assembler/assemble.hpp"
#include "vcpu/ir/form.hpp"
#include "vcpu/ir/passes/passes.hpp"
#include "vcpu/jit/sharing.hpp"

namespace vmsim {
namespace {

constexpr Physical ram{0x8000'0000};
constexpr uint32_t ram_size = 256 << 10, data_pages = 8, data = 0x4000'0000, root = ram.at + 0x1000, tables = ram.at + 0x2000, first_page = ram.at + 0x10000;

struct Side {
  Bus bus{Memory(ram, ram_size)};
  Hart hart;
  std::unique_ptr<Engine> engine;
};

uint32_t random_word(std::mt19937_64& random) {
  static const Isa& isa = Isa::toy32();
  static constexpr std::array names{"lw", "lw", "lw", "lh", "lbu", "sw", "sw", "sh", "sb", "addi", "addi", "xor"};
  static constexpr std::array<Reg, 3> pointers{8, 20, 11};
  static constexpr std::array<Reg, 5> values{5, 10, 12, 21, 30};
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  const std::string name = pick(names);
  Operands<uint32_t> o{.rd = pick(values), .rs1 = pick(pointers), .rs2 = pick(values), .imm = static_cast<uint32_t>(random() % 16) * 4 - 32};
  if (random() % 8 == 0) o.imm += static_cast<uint32_t>(random() % 400) - 200;
  if (name == "addi") o.rd = pick(pointers);
  if (name == "lw" && random() % 16 == 0) o.rd = pick(pointers);
  if (name == "xor") o.rs1 = pick(values);
  return isa.encode(isa.find(name), o);
}

TEST(Sharing, near_the_ends_of_pages_changes_nothing_that_can_be_seen) {
  std::mt19937_64 random(test::first_seed());
  uint64_t traps = 0, steps = 0;
  for (uint64_t program = 0; program < test::scaled(300); ++program) {
    Side sides[2];
    sides[0].engine = make_engine(Isa::toy32(), sides[0].bus, {.kind = EngineKind::jit, .jit = {.threshold = 0, .code_bytes = 256 << 10, .verify = true}});
    sides[1].engine = make_interpreter(Isa::toy32(), sides[1].bus, {.threaded = false});
    const auto write = [&](uint32_t at, uint32_t word) {
      for (Side& side : sides) side.bus.memory().write(Physical{at}, word, Width::word);
    };
    write(root + 4 * (data >> 22), tables >> 12 << 10 | pte::valid);
    write(root + 4 * (ram.at >> 22), ram.at >> 12 << 10 | pte::valid | pte::read | pte::execute | pte::accessed);
    for (uint32_t i = 0; i < data_pages; ++i) {
      static constexpr std::array<uint32_t, 4> rights{pte::valid | pte::read | pte::write | pte::dirty, pte::valid | pte::read | pte::write | pte::dirty,
                                                      pte::valid | pte::read, 0};
      write(tables + 4 * i, ((first_page >> 12) + static_cast<uint32_t>(random() % data_pages)) << 10 | pte::accessed | rights[random() % rights.size()]);
    }
    for (uint32_t at = first_page; at < first_page + data_pages * page_size; at += 4)
      write(at, random() % 2 == 0 ? static_cast<uint32_t>(random()) : data + static_cast<uint32_t>(random() % (data_pages * page_size)));
    constexpr uint32_t length = 24;
    for (uint32_t i = 0; i < length; ++i) write(ram.at + 4 * i, random_word(random));
    for (uint32_t round = 0; round < 20; ++round) {
      Hart hart;
      hart.pc = ram.at;
      hart[Csr::satp] = satp::mode | root >> 12;
      for (const Reg r : {8, 20, 11})
        hart.x[r] = data + static_cast<uint32_t>(random() % (data_pages + 1)) * page_size + static_cast<uint32_t>(random() % 32) * 4 - 64;
      for (const Reg r : {5, 10, 12, 21, 30}) hart.x[r] = static_cast<uint32_t>(random());
      for (Side& side : sides) side.hart = hart;
      while (sides[1].hart.pc < ram.at + 4 * length) {
        const uint64_t budget = length - (sides[1].hart.pc - ram.at) / 4;
        const Exit a = sides[0].engine->run(sides[0].hart, budget, TrapDestination::monitor, nullptr);
        const Exit b = sides[1].engine->run(sides[1].hart, budget, TrapDestination::monitor, nullptr);
        ASSERT_EQ(a.index(), b.index()) << "program " << program << ", round " << round;
        ASSERT_TRUE(sides[0].hart == sides[1].hart) << "program " << program << ", round " << round << " at " << std::hex << sides[1].hart.pc;
        if (!std::holds_alternative<TrapExit>(b)) break;
        ASSERT_EQ(std::get<TrapExit>(a).tval, std::get<TrapExit>(b).tval);
        ++traps;
        for (Side& side : sides) side.hart.pc += 4;
      }
      steps += sides[1].hart.clock.steps;
      ASSERT_TRUE(std::ranges::equal(sides[0].bus.memory().bytes(), sides[1].bus.memory().bytes())) << "program " << program << ", round " << round;
    }
  }
  EXPECT_GT(traps, test::scaled(300) * 20) << "too few pages without rights";
  EXPECT_GT(steps, test::scaled(300) * 200);
}

/// What each access of a source is: the number of its group's place, or '-'; a capital for the first.
std::string groups(const std::string& source) {
  const auto image = assemble(Isa::toy32(), source, "block.s");
  EXPECT_TRUE(image) << (image ? "" : image.error().text());
  Memory memory(ram, ram_size);
  memory.write(ram, to_flat(*image));
  ir::Block block = ir::form(Isa::toy32(), memory, ram, ram.at, Mode::kernel);
  ir::run_passes(block);
  jit::Sharing sharing;
  sharing.find(block, true);
  std::string found;
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    if (block.nodes[i].op != ir::Op::load && block.nodes[i].op != ir::Op::store) continue;
    const jit::Sharing::Member* member = sharing.member(static_cast<ir::Ref>(i));
    found += member == nullptr ? '-' : static_cast<char>((member->first ? 'A' : 'a') + sharing.group(*member).place);
  }
  return found;
}

TEST(Sharing, follows_a_pointer_through_sums_and_copies) {
  EXPECT_EQ(groups("lw a0, 0(sp)\nlw a1, 8(sp)\necall\n"), "Aa");
  EXPECT_EQ(groups("sw a0, 0(sp)\naddi sp, sp, 16\nmv s0, sp\nlw a1, -12(s0)\necall\n"), "Aa");
}

TEST(Sharing, goes_on_round_a_loop) { EXPECT_EQ(groups("loop: lbu a0, 0(a1)\naddi a1, a1, 1\nbne a1, a2, loop\necall\n"), "Aaaaaaaaaa"); }

TEST(Sharing, ends_where_a_pointer_becomes_another) { EXPECT_EQ(groups("lw a0, 0(a0)\nlw a1, 0(a0)\necall\n"), "--"); }

TEST(Sharing, gives_a_store_nothing_that_a_load_found) {
  EXPECT_EQ(groups("lw a0, 0(sp)\nsw a1, 4(sp)\necall\n"), "--");
  EXPECT_EQ(groups("lw a0, 0(sp)\nlw a0, 8(sp)\nsw a1, 4(sp)\nsw a1, 8(sp)\nlw a2, 4(sp)\necall\n"), "AaBbb");
}

TEST(Sharing, stays_within_its_reach) { EXPECT_EQ(groups("lw a0, 0(sp)\nlw a1, 124(sp)\nlw a2, 128(sp)\necall\n"), "Aa-"); }

}  // namespace
}  // namespace vmsim
#endif
