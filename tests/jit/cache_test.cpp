// The code cache: no page is ever writable and executable, a guest that never stops making code stays within the bound, and stays right.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "isa/table.hpp"
#include "vcpu/engine.hpp"
#ifdef VMSIM_HAS_JIT
#include "vcpu/jit/jit.hpp"

namespace vmsim {
namespace {

constexpr Physical ram{0x8000'0000};
constexpr uint32_t ram_size = 1 << 20;

/// Mappings of this process.
struct Mappings {
  int both = 0;        // writable and executable
  int code = 0;        // executable, of translated code
  int executable = 0;  // all that are
};
Mappings mappings() {
  std::ifstream maps("/proc/self/maps");
  Mappings found;
  for (std::string line; std::getline(maps, line);) {
    const std::string rights = line.substr(line.find(' ') + 1, 4);
    found.both += rights[1] == 'w' && rights[2] == 'x';
    found.code += rights[2] == 'x' && line.find("vmsim-code") != std::string::npos;
    found.executable += rights[2] == 'x';
  }
  return found;
}

uint32_t encoded(const char* name, Reg rd, Reg rs1, Reg rs2, uint32_t imm) {
  const Isa& isa = Isa::toy32();
  return isa.encode(isa.find(name), Operands<uint32_t>{.rd = rd, .rs1 = rs1, .rs2 = rs2, .imm = imm});
}

/// Writes a function that adds `value` to x10, `length` times, and goes back to x1.
void write_function(Memory& memory, Physical at, uint32_t value, uint32_t length) {
  for (uint32_t i = 0; i < length; ++i) memory.write(Physical{at.at + 4 * i}, encoded("addi", 10, 10, 0, value), Width::word);
  memory.write(Physical{at.at + 4 * length}, encoded("jalr", 0, 1, 0, 0), Width::word);
}

TEST(CodeCache, is_never_writable_and_executable_and_stays_in_bound_while_code_never_stops_coming) {
  constexpr size_t bound = 1 << 20;
  Bus bus{Memory(ram, ram_size)};
  const EngineOptions options{.kind = EngineKind::jit, .jit = {.threshold = 0, .code_bytes = bound}};
  jit::Jit engine(Isa::toy32(), bus, options);
  uint32_t expected = 0;
  Hart hart;
  for (uint32_t round = 0; round < 6000; ++round) {
    const Physical at{ram.at + 0x1000 + round % 200 * 512};
    const uint32_t value = round % 100, length = 1 + round % 60;
    write_function(bus.memory(), at, value, length);
    hart.pc = at.at;
    hart.x[1] = ram.at;
    engine.run(hart, length + 1, TrapDestination::guest, nullptr);
    expected += value * length;
    ASSERT_EQ(hart.x[10], expected) << round;
    ASSERT_EQ(hart.pc, ram.at);
    const Mappings now = mappings();
    ASSERT_EQ(now.both, 0);
    ASSERT_GE(now.code, 1) << "the test does not see the code cache";
  }
  EXPECT_GE(engine.counts().translated, 6000u);
  EXPECT_GT(engine.counts().bytes, bound) << "too little code to fill the cache";
  EXPECT_GT(engine.counts().invalidated, 1000u);
}

TEST(Interpreter, needs_no_executable_memory) {
  const int before = mappings().executable;
  Bus bus{Memory(ram, ram_size)};
  write_function(bus.memory(), ram, 1, 50);
  const auto engine = make_engine(Isa::toy32(), bus, {.kind = EngineKind::interpreter});
  Hart hart;
  hart.x[1] = hart.pc = ram.at;
  engine->run(hart, 51 * 1000, TrapDestination::guest, nullptr);
  EXPECT_EQ(hart.x[10], 50'000u);
  EXPECT_EQ(mappings().executable, before);
  const auto jit = make_engine(Isa::toy32(), bus, {.kind = EngineKind::jit});
  EXPECT_EQ(mappings().executable, before + 1) << "the test would not see it";
}

TEST(CodeCache, evicts_blocks_that_are_joined_and_runs_them_again) {
  Bus bus{Memory(ram, ram_size)};
  jit::Jit engine(Isa::toy32(), bus, {.kind = EngineKind::jit, .jit = {.threshold = 0, .code_bytes = 256 << 10, .follow_jumps = false}});
  // A ring of blocks, each of which adds its number and jumps on: more code than the cache holds.
  constexpr uint32_t blocks = 8000;
  for (uint32_t i = 0; i < blocks; ++i) {
    const uint32_t at = ram.at + 8 * i;
    bus.memory().write(Physical{at}, encoded("addi", 10, 10, 0, i % 1000), Width::word);
    bus.memory().write(Physical{at + 4}, encoded("jal", 0, 0, 0, i + 1 < blocks ? 4 : -(at + 4 - ram.at)), Width::word);
  }
  uint32_t sum = 0;
  for (uint32_t i = 0; i < blocks; ++i) sum += i % 1000;
  Hart hart;
  hart.pc = ram.at;
  for (uint32_t round = 1; round <= 4; ++round) {
    engine.run(hart, 2 * blocks, TrapDestination::guest, nullptr);
    ASSERT_EQ(hart.x[10], round * sum);
    ASSERT_EQ(hart.pc, ram.at);
  }
  EXPECT_GT(engine.counts().evicted, blocks);
}

TEST(CodeCache, sees_a_store_to_code_that_the_running_block_has_joined) {
  Bus bus{Memory(ram, ram_size)};
  jit::Jit engine(Isa::toy32(), bus, {.kind = EngineKind::jit, .jit = {.threshold = 0}});
  // x12 := the word for `addi x10, x10, 2`, stored over `addi x10, x10, 1` in the loop, once x11 reaches 10.
  const uint32_t better = encoded("addi", 10, 10, 0, 2);
  const std::vector<uint32_t> words{encoded("addi", 10, 10, 0, 1), encoded("addi", 11, 11, 0, 1), encoded("bne", 0, 11, 13, 0u - 8),
                                    encoded("sw", 0, 14, 12, 0),   encoded("addi", 13, 0, 0, 20), encoded("jal", 0, 0, 0, 0u - 20)};
  for (size_t i = 0; i < words.size(); ++i) bus.memory().write(Physical{ram.at + 4 * static_cast<uint32_t>(i)}, words[i], Width::word);
  Hart hart;
  hart.pc = ram.at;
  hart.x[12] = better;
  hart.x[13] = 10;
  hart.x[14] = ram.at;
  engine.run(hart, 30 + 3 + 30, TrapDestination::guest, nullptr);
  EXPECT_EQ(hart.x[10], 10u + 20u);
  EXPECT_EQ(hart.x[11], 20u);
}

TEST(Translations, are_shown_with_guest_code_ir_and_host_code_and_the_exact_count_of_their_runs) {
  Bus bus{Memory(ram, ram_size)};
  Translations shown;
  shown.only = ram.at;
  jit::Jit engine(Isa::toy32(), bus, {.kind = EngineKind::jit, .jit = {.threshold = 0, .shown = &shown}});
  bus.memory().write(ram, encoded("addi", 10, 10, 0, 1), Width::word);
  bus.memory().write(Physical{ram.at + 4}, encoded("jal", 0, 0, 0, 0u - 4), Width::word);
  Hart hart;
  hart.pc = ram.at;
  engine.run(hart, 2000, TrapDestination::guest, nullptr);
  ASSERT_EQ(shown.blocks.size(), 1u);
  EXPECT_EQ(hart.x[10], 1000u);
  // The last entry finds the budget used up.
  EXPECT_EQ(shown.blocks[0].runs, 1001u);
  for (const char* part : {"a0,a0,1", "set x10", "host code", "jmp"}) EXPECT_NE(shown.blocks[0].text.find(part), std::string::npos) << part;
}

TEST(Translations, are_listed_for_perf_by_address_size_and_guest_address) {
  Bus bus{Memory(ram, ram_size)};
  char* text = nullptr;
  size_t size = 0;
  std::FILE* map = open_memstream(&text, &size);
  {
    jit::Jit engine(Isa::toy32(), bus, {.kind = EngineKind::jit, .jit = {.threshold = 0, .perf_map = map}});
    bus.memory().write(ram, encoded("jal", 0, 0, 0, 0), Width::word);
    Hart hart;
    hart.pc = ram.at;
    engine.run(hart, 10, TrapDestination::guest, nullptr);
    EXPECT_EQ(engine.counts().translated, 1u);
    EXPECT_EQ(engine.counts().steps, 10u);
    std::fclose(map);
    size_t address = 0, length = 0;
    char name[64] = "";
    ASSERT_EQ(std::sscanf(text, "%zx %zx %63[^\n]", &address, &length, name), 3) << text;
    EXPECT_STREQ(name, "toy32 80000000, kernel mode");
    EXPECT_EQ(length, engine.counts().bytes);
    std::ifstream maps("/proc/self/maps");
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
      size_t from = 0, to = 0;
      std::sscanf(line.c_str(), "%zx-%zx", &from, &to);
      inside |= line.find("r-xs") != std::string::npos && from <= address && address + length <= to;
    }
    EXPECT_TRUE(inside) << text;
  }
  std::free(text);
}

/// Runs `words` from the start of memory under jit and interpreter, and holds the harts and memories against each other.
struct Both {
  Bus jit_bus{Memory(ram, ram_size)}, bus{Memory(ram, ram_size)};
  Hart jit_hart, hart;

  void write(uint32_t at, uint32_t word) {
    jit_bus.memory().write(Physical{at}, word, Width::word);
    bus.memory().write(Physical{at}, word, Width::word);
  }
  void run(const JitOptions& options, uint64_t steps) {
    jit_hart = hart;
    jit::Jit(Isa::toy32(), jit_bus, {.kind = EngineKind::jit, .jit = options}).run(jit_hart, steps, TrapDestination::guest, nullptr);
    make_interpreter(Isa::toy32(), bus)->run(hart, steps, TrapDestination::guest, nullptr);
    EXPECT_TRUE(jit_hart == hart) << "x10 is " << jit_hart.x[10] << ", and " << hart.x[10] << " under the interpreter; pc " << std::hex << jit_hart.pc << ", "
                                  << hart.pc;
    EXPECT_TRUE(std::ranges::equal(jit_bus.memory().bytes(), bus.memory().bytes()));
  }
};

TEST(Jit, a_page_that_was_written_to_freely_is_watched_once_it_holds_code) {
  for (const bool direct : {true, false}) {
    Both both;
    const uint32_t one = encoded("addi", 10, 10, 0, 1), two = encoded("addi", 10, 10, 0, 2), function = ram.at + 0x2000;
    const std::vector<uint32_t> words{encoded("xor", 12, 12, 15, 0), encoded("sw", 0, 14, 13, 0x100),      encoded("sw", 0, 14, 12, 0),
                                      encoded("jalr", 1, 14, 0, 0),  encoded("jal", 1, 0, 0, 0x2000 - 16), encoded("jal", 0, 0, 0, 0u - 20)};
    for (size_t i = 0; i < words.size(); ++i) both.write(ram.at + 4 * static_cast<uint32_t>(i), words[i]);
    both.write(function, one);
    both.write(function + 4, encoded("jalr", 0, 1, 0, 0));
    both.hart.pc = ram.at;
    both.hart.x[12] = one;
    both.hart.x[14] = function;
    both.hart.x[15] = one ^ two;
    both.run({.threshold = 0, .direct_memory = direct}, 10 * 100);
    EXPECT_EQ(both.hart.x[10], 300u);
  }
}

TEST(Jit, a_mapping_that_changes_under_a_fence_is_seen_by_loads_stores_calls_and_returns) {
  // A direct call before the computed one would look the target up for it.
  for (const auto& [jump_cache, direct_call] : {std::pair{true, true}, std::pair{true, false}, std::pair{false, true}}) {
    Both both;
    const uint32_t root = ram.at + 0x10000, leaves = ram.at + 0x11000, a = ram.at + 0x40000, b = ram.at + 0x41000, seen = ram.at + 0x20000;
    const auto leaf = [](uint32_t page) { return page >> 12 << 10 | 0xCF; };  // D A X W R V
    both.write(root + 4 * 0x200, leaves >> 12 << 10 | 1);
    for (const uint32_t page : {ram.at, leaves}) both.write(leaves + 4 * (page >> 12 & 0x3FF), leaf(page));
    const uint32_t entry = leaves + 4 * (seen >> 12 & 0x3FF);
    both.write(entry, leaf(a));
    for (const auto& [page, value] : {std::pair{a, 1u}, std::pair{b, 2u}}) {
      both.write(page, encoded("addi", 10, 10, 0, value));
      both.write(page + 4, encoded("jalr", 0, 1, 0, 0));
      both.write(page + 0x100, 7 * value);
    }
    const std::vector<uint32_t> words{direct_call ? encoded("jal", 1, 0, 0, seen - ram.at) : encoded("addi", 0, 0, 0, 0),
                                      encoded("jalr", 1, 14, 0, 0),
                                      encoded("lw", 11, 14, 0, 0x100),
                                      encoded("add", 12, 12, 11, 0),
                                      encoded("sw", 0, 14, 12, 0x104),
                                      encoded("xor", 15, 15, 16, 0),
                                      encoded("sw", 0, 17, 15, 0),
                                      encoded("sfence.vma", 0, 0, 0, 0),
                                      encoded("jal", 0, 0, 0, 0u - 32)};
    for (size_t i = 0; i < words.size(); ++i) both.write(ram.at + 4 * static_cast<uint32_t>(i), words[i]);
    both.hart.pc = ram.at;
    both.hart[Csr::satp] = 0x8000'0000u | root >> 12;
    both.hart.x[14] = seen;
    both.hart.x[15] = leaf(a);
    both.hart.x[16] = leaf(a) ^ leaf(b);
    both.hart.x[17] = entry;
    both.run({.threshold = 0, .jump_cache = jump_cache}, direct_call ? 13 * 60 : 11 * 60);
    EXPECT_EQ(both.hart.x[10], direct_call ? 60u * 3 : 30u * 3);
  }
}

TEST(Jit, an_access_over_the_end_of_memory_faults_though_its_page_is_known) {
  for (const bool direct : {true, false}) {
    for (const bool store : {true, false}) {
      Both both;
      const uint32_t last = ram.at + ram_size - 4;
      const auto access = [&](uint32_t offset) { return store ? encoded("sw", 0, 14, 12, offset) : encoded("lw", 10, 14, 0, offset); };
      const std::vector<uint32_t> words{access(0), access(0), access(2), encoded("addi", 11, 11, 0, 1)};
      for (size_t i = 0; i < words.size(); ++i) both.write(ram.at + 4 * static_cast<uint32_t>(i), words[i]);
      both.hart.pc = ram.at;
      both.hart.x[14] = last;
      both.hart.x[12] = 77;
      both.hart[Csr::stvec] = ram.at + 12;
      both.run({.threshold = 0, .direct_memory = direct}, 4);
      EXPECT_EQ(both.hart[Csr::scause], store ? cause::store_access : cause::load_access);
      EXPECT_EQ(both.hart.x[11], 1u);
    }
  }
}

TEST(Jit, translates_what_a_variant_adds_in_text_and_keeps_values_that_were_read_before_a_register_changed) {
  IsaParts parts = Isa::toy32_parts();
  const auto does = semantics::parse(
      "let a = rs1\nlet b = rs2\nx10 = b + 1\nx11 = a\nif lt_u(a, b) { x12 = a } else { x12 = b }\nx14 = 1\nif lt_u(a, b) { x14 = 0 }\nrd = a - b\n",
      parts.csrs, "text");
  ASSERT_TRUE(does) << does.error().text();
  parts.rows.push_back({.name = "exchange",
                        .pattern = parse_pattern("0000000 ----- ----- 000 ----- 0001011"),
                        .format = Format::R,
                        .does = std::make_shared<const semantics::Program>(*does)});
  const Isa isa(parts);
  const uint32_t word = isa.encode(isa.find("exchange"), Operands<uint32_t>{.rd = 13, .rs1 = 10, .rs2 = 11});
  Bus jit_bus{Memory(ram, ram_size)}, bus{Memory(ram, ram_size)};
  for (Bus* each : {&jit_bus, &bus}) {
    each->memory().write(ram, word, Width::word);
    each->memory().write(Physical{ram.at + 4}, encoded("xor", 11, 11, 13, 0), Width::word);
    each->memory().write(Physical{ram.at + 8}, encoded("jal", 0, 0, 0, 0u - 8), Width::word);
  }
  Hart jit_hart;
  jit_hart.pc = ram.at;
  jit_hart.x[10] = 5;
  jit_hart.x[11] = 9;
  Hart hart = jit_hart;
  jit::Jit engine(isa, jit_bus, {.kind = EngineKind::jit, .jit = {.threshold = 0, .verify = true}});
  engine.run(jit_hart, 300, TrapDestination::guest, nullptr);
  make_interpreter(isa, bus)->run(hart, 300, TrapDestination::guest, nullptr);
  EXPECT_TRUE(jit_hart == hart) << jit_hart.x[10] << " " << hart.x[10];
  EXPECT_EQ(engine.counts().guest_instructions, 3u) << "it was left to the interpreter";
}

}  // namespace
}  // namespace vmsim
#endif
