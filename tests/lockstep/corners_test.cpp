// What random programs hardly reach, gone through from end to end against the reference: every combination of a page-table
// entry's flags, every control register's number, every pair of telling operands, words that are almost instructions, devices,
// the firmware, and the ends of time.
#include <gtest/gtest.h>

#include <random>

#include "isa/assembler/assemble.hpp"
#include "isa/table.hpp"
#include "lockstep/against_reference.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

using lockstep::compare_with_reference;
using lockstep::Item;
using lockstep::Program;

/// A handler that goes on after what trapped, or at ra where a fetch failed, and at `next` (in kernel mode) on a user's ecall.
constexpr const char* start = R"(
_start: la t0, handler
        csrw stvec, t0
        j begin
handler:
        csrr t5, scause
        li t4, 8
        beq t5, t4, next
        li t4, 12
        beq t5, t4, back
        li t4, 1
        beq t5, t4, back
        csrr t5, sepc
        addi t5, t5, 4
        csrw sepc, t5
        sret
back:   csrw sepc, ra
        sret
)";
constexpr const char* no_next = "next: j next\n";
constexpr const char* power_off = "li a7, 8\n ecall\n";

std::vector<uint32_t> assembled(const std::string& source) {
  const auto assembly = assemble(Isa::toy32(), source, "corner.s", {.base = Program::ram});
  if (!assembly) throw std::runtime_error(assembly.error().text());
  const std::vector<uint8_t> bytes = to_flat(*assembly);
  std::vector<uint32_t> words((bytes.size() + 3) / 4);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

/// `source` follows `start`, and begins at its label `begin`.
Program program(const std::string& source, uint64_t budget) {
  Program p;
  p.budget = budget;
  p.items.push_back({Program::ram, assembled(start + source), true});
  return p;
}

std::vector<EngineOptions> every_engine() {
  std::vector<EngineOptions> engines{{}, {.translation_cache = false}};
  if (!test::samples_only()) engines.push_back({.block_cache = false});
  return engines;
}

/// Gives the steps compared.
uint64_t expect_same(const Program& p, const std::string& input = "", const std::vector<EngineOptions>& engines = every_engine()) {
  uint64_t steps = 0;
  for (const EngineOptions& engine : engines) {
    const auto result = compare_with_reference(p, engine, input);
    EXPECT_EQ(result.difference, "");
    EXPECT_EQ(result.cut, nullptr) << result.cut;
    steps = result.steps;
  }
  return steps;
}

std::string each(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// ---- Paging. Entries are 'page number << 10 | flags'; code runs at its own address in kernel mode, and 1 GiB higher in user mode.

constexpr uint32_t upper_table = 0x8001'0000, lower_table = 0x8001'1000, odd_table = 0x8001'2000, target = 0x8002'0000;
constexpr uint32_t ret_word = 0x0000'8067;

uint32_t entry(uint64_t address, uint32_t flags) { return static_cast<uint32_t>(address >> 12 << 10) | flags; }

/// At 0x4000'0000: 1024 pages with every combination of flags; at 0x4040'0000: pages in odd places; superpages and pointers with
/// every combination of flags in the low gigabyte; broken upper entries from 0x4080'0000 on.
Program paged(const std::string& source, uint64_t budget) {
  Program p = program(source, budget);
  const auto put = [&](uint32_t at, const std::vector<uint32_t>& words) { p.items.push_back({at, words, true}); };
  std::vector<uint32_t> upper(1024), lower(1024);
  for (uint32_t flags = 0; flags < 1024; ++flags) lower[flags] = entry(target, flags);
  for (uint32_t flags = 0; flags < 256; ++flags) upper[flags] = entry(Program::ram, flags);
  constexpr uint64_t beyond = uint64_t{1} << 32;
  const std::vector<uint64_t> odd = {target,      0x1000'0000, target,      0x0010'0000, target,          0x9000'0000,          0x8003'F000,
                                     0x8004'0000, 0x8003'F000, beyond,      target,      beyond + target, beyond + 0x1000'0000, 0xFFFF'F000,
                                     0,           0x1002'0000, 0x0010'1000, target};
  std::vector<uint32_t> odds;
  for (const uint64_t at : odd) odds.push_back(entry(at, 0xDF));
  upper[256] = entry(lower_table, 1);
  upper[257] = entry(odd_table, 1);
  upper[258] = entry(0x9000'0000, 1);
  upper[259] = entry(beyond + lower_table, 1);
  upper[260] = entry(0x8000'1000, 0xDF);
  upper[261] = entry(beyond + Program::ram, 0xDF);
  upper[262] = entry(0xC000'0000, 0xDF);
  for (uint32_t bit = 1; bit < 10; ++bit) upper[262 + bit] = entry(lower_table, 1 | 1u << bit);
  for (uint32_t bit = 4; bit < 8; ++bit) upper[272 + bit] = entry(0x9000'0000, 1 | 1u << bit);
  upper[512] = entry(Program::ram, 0xCF);
  upper[768] = entry(Program::ram, 0xDF);
  upper[1023] = entry(odd_table, 1);
  put(upper_table, upper);
  put(lower_table, lower);
  put(odd_table, odds);
  put(odd_table + 0xFFC, {entry(target, 0xDF)});
  put(target, {ret_word, 0x1234'5678, 0x9ABC'DEF0});
  return p;
}

/// Runs `body` at `count` addresses s0, s0 + s1, ..., in kernel and user mode, with and without SUM and MXR.
std::string everywhere(const std::string& body, uint32_t first, uint32_t stride, uint32_t count) {
  return "begin: li t0, " + std::to_string(0x8000'0000u | upper_table >> 12) + "\n csrw satp, t0\n sfence.vma\n li s3, 0\n" + R"(
pass:   li t0, 0xC0100
        csrc sstatus, t0
        andi t0, s3, 3
        slli t0, t0, 18
        csrs sstatus, t0
        li s4, 0x8067
)" + " li s0, " +
         std::to_string(first) + "\n li s1, " + std::to_string(stride) + "\n li s2, " + std::to_string(count) + R"(
        la t0, loop
        andi s5, s3, 4
        beqz s5, to_loop
        li t1, 0x40000000
        add t0, t0, t1
        j leave
to_loop: li t1, 0x100
        csrs sstatus, t1
leave:  csrw sepc, t0
        sret
loop:
)" + body +
         R"(
        add s0, s0, s1
        addi s2, s2, -1
        bnez s2, loop
        bnez s5, leave_user
        j next
leave_user: ecall
next:   addi s3, s3, 1
        li t0, 8
        bne s3, t0, pass
)" + power_off;
}

constexpr const char* aligned_accesses = R"(
        lw t1, 4(s0)
        lhu t1, 2(s0)
        lb t1, 5(s0)
        sw s4, 0(s0)
        sb s4, 7(s0)
        jalr s0
        lr.w t1, (s0)
        sc.w t2, s4, (s0)
        sc.w t2, s4, (s0)
        amoor.w t1, zero, (s0)
)";
constexpr const char* straddling_accesses = R"(
        lw t1, -2(s0)
        lhu t1, -1(s0)
        lw t1, -3(s0)
        sw s2, -1(s0)
        sh s2, -1(s0)
        lr.w t1, (s0)
        addi t3, s0, -2
        amoadd.w t1, s4, (t3)
        sc.w t1, s4, (t3)
        lr.w t1, (t3)
)";

TEST(Corners, every_combination_of_leaf_flags) {
  EXPECT_GT(expect_same(paged(everywhere(aligned_accesses, 0x4000'0000, 0x1000, 1024), 2'000'000)), 100'000u);
  EXPECT_GT(expect_same(paged(everywhere(straddling_accesses, 0x4000'0000, 0x1000, 1024), 2'000'000)), 100'000u);
}

TEST(Corners, every_combination_of_upper_flags_and_broken_tables) {
  // Where the flags make a pointer, its table is the page of the code, in which the target's entry is put.
  Program p = paged(everywhere(aligned_accesses, target - Program::ram, 4u << 20, 280), 2'000'000);
  const size_t at = (target >> 12 & 0x3FF);
  ASSERT_GE(p.items[0].words.size(), 8u);
  // The code makes room: it starts a page later.
  p.items[0].words = assembled("j _start\n .balign 4096\n" + std::string(start) + everywhere(aligned_accesses, target - Program::ram, 4u << 20, 280));
  p.items[0].words[at] = entry(target, 0xDF);
  EXPECT_GT(expect_same(p), 20'000u);
}

TEST(Corners, pages_in_odd_places) {
  EXPECT_GT(expect_same(paged(everywhere(aligned_accesses, 0x4040'0000, 0x1000, 20), 100'000)), 2'000u);
  EXPECT_GT(expect_same(paged(everywhere(straddling_accesses, 0x4040'0000, 0x1000, 20), 100'000)), 2'000u);
}

TEST(Corners, addresses_wrap) {
  Program p = paged(everywhere(straddling_accesses, 0, 0x1000, 1), 10'000);
  p.items.push_back({upper_table, {entry(Program::ram + 0x40'0000, 0)}, true});
  expect_same(p);  // the second half is missing
  p.items.back().words[0] = entry(odd_table, 1);
  expect_same(p);  // both are there
}

TEST(Corners, translation_roots_in_odd_places) {
  for (const char* root : {"0x80090000", "0x80180010", "0xFFFFFFFF", "0x7FFFFFFF", "0xC0080010", "0x80080010"}) {
    SCOPED_TRACE(root);
    expect_same(paged(std::string("begin: li t0, ") + root + "\n csrw satp, t0\n csrr t1, satp\n lw t2, (sp)\n" + power_off + no_next, 100));
  }
}

TEST(Corners, fences_reach_all_of_a_superpage_and_new_entries_need_none) {
  expect_same(paged(R"(
begin:  li t0, 0x80080010
        csrw satp, t0
        li s0, 0x80010000       # an invalid entry made valid: seen at once
        li t1, 0x200000DF
        lw t2, (zero)
        sw t1, (s0)
        lw t2, 4(zero)
        li s1, 0x20000          # and changed: seen after a fence of another address that it maps
        lw t2, (s1)
        li t1, 0x200000D1
        sw t1, (s0)
        li t3, 0x30000
        sfence.vma t3
        lw t2, (s1)
        li t1, 0x200000CF
        sw t1, (s0)
        li t3, 5                # a fence of another address space leaves it to the machine; one of this does not
        sfence.vma zero, t3
        sfence.vma t3, zero
        lw t2, (s1)
)" + std::string(power_off) +
                        no_next,
                    200));
}

// ---- Control registers.

TEST(Corners, every_control_register_number) {
  for (const bool user : {false, true}) {
    Program p = program("begin: li t0, 0x100\n" + std::string(user ? "csrc" : "csrs") + " sstatus, t0\n li t0, 5\n csrw scounteren, t0\n" + R"(
        li t0, 0x80010000
        csrw sepc, t0
        li t1, 0x7FFFFFFF
        li t2, -2
        sret
next:   li a7, 8
        ecall
)",
                        1'000'000);
    std::vector<uint32_t> words;
    for (uint32_t number = 0; number < 4096; ++number) {
      const bool handler_needs_it = number == 0x105 && !user;
      for (const uint32_t source : {0u, 6u, 7u})
        for (uint32_t operation = 1; operation < 8; ++operation)
          if (!handler_needs_it && !(number == 0x180 && source == 7)) words.push_back(number << 20 | source << 15 | operation << 12 | 12u << 7 | 0x73);
      if (words.size() < 20'000 && number != 4095) continue;
      words.push_back(0x73);
      p.items.push_back({0x8001'0000, std::exchange(words, {}), true});
      EXPECT_GT(expect_same(p, "", {{}}), p.items.back().words.size());
      p.items.pop_back();
    }
  }
}

TEST(Corners, vectors_and_returns) {
  std::vector<std::string> lines = {"begin: li s0, 0x80000000"};
  for (const char* value : {"-1", "0x80000102", "0x80000103", "0x80000001"})
    for (const char* csr : {"stvec", "sepc", "scause", "stval", "sscratch", "satp", "scounteren"})
      if (std::string(csr) != "satp" || std::string(value)[1] != '1')
        lines.push_back(std::string("csrr s1, stvec\n li t0, ") + value + "\n" + (std::string(csr) == "satp" ? "srli t0, t0, 1\n" : "") + "csrrw t1, " + csr +
                        ", t0\n csrrs t1, " + csr + ", zero\n csrw stvec, s1");
  expect_same(program(each(lines) + "csrw satp, zero\n" + power_off + no_next, 1000));
  // A handler that faults on its own first instruction.
  expect_same(program("begin: li t0, -1\n csrw stvec, t0\n ebreak\n" + std::string(no_next), 50));
}

// ---- Instructions.

TEST(Corners, every_pair_of_telling_operands) {
  constexpr uint32_t values[] = {0, 1, 2, 31, 32, 33, 0x7FF, 0x8000, 0xFFFF, 0x1'0000, 0x7FFF'FFFF, 0x8000'0000, 0x8000'0001, 0xFFFF'FFFE, 0xFFFF'FFFF};
  const Isa& isa = Isa::toy32();
  size_t rows = 0;
  for (Op op = 0; op < isa.rows().size(); ++op) {
    const Format format = isa.row(op).format;
    if (format != Format::R && format != Format::I && format != Format::Shift && format != Format::Atomic && format != Format::Branch) continue;
    ++rows;
    std::vector<uint32_t> words;
    const auto load = [&](Reg r, uint32_t value) {
      words.push_back(isa.encode(isa.find("lui"), {.rd = r, .imm = (value + 0x800) & 0xFFFF'F000}));
      words.push_back(isa.encode(isa.find("addi"), {.rd = r, .rs1 = r, .imm = static_cast<uint32_t>(static_cast<int32_t>(value << 20) >> 20)}));
    };
    for (const uint32_t a : values)
      for (const uint32_t b : values) {
        load(6, a);
        load(7, b);
        Operands<uint32_t> o{.rd = 8, .rs1 = 6, .rs2 = 7, .imm = format == Format::Branch ? 8 : b};
        if (format == Format::Atomic) {
          load(9, 0x8003'8000);
          words.push_back(isa.encode(isa.find("sw"), {.rs1 = 9, .rs2 = 6}));
          o.rs1 = 9;
        }
        words.push_back(isa.encode(op, o));
        if (format == Format::Branch) words.push_back(isa.encode(isa.find("addi"), {.rd = 8, .rs1 = 8, .imm = 1}));
      }
    words.push_back(0x73);
    Program p = program("begin: li a7, 8\n lui t0, 0x80010\n jr t0\n" + std::string(no_next), 100'000);
    p.items.push_back({0x8001'0000, std::move(words), true});
    EXPECT_GT(expect_same(p), 225 * 4u) << isa.row(op).name;
  }
  EXPECT_EQ(rows, 10 + 8 + 9 + 10 + 6u);
}

TEST(Corners, words_that_are_almost_instructions) {
  // Each row with one bit of its pattern turned over, in a program of its own: what it leads to may be anything.
  std::mt19937 random(1);
  size_t words = 0;
  for (const bool user : {false, true}) {
    Program p = program("begin: li t0, 0x100\n" + std::string(user ? "csrc" : "csrs") + " sstatus, t0\n" + R"(
        lui t0, 0x80010
        csrw sepc, t0
        sret
next:   li a7, 8
        ecall
)",
                        60);
    p.items.push_back({0x8001'0000, {}, true});
    for (const RowInfo& row : Isa::toy32().rows())
      for (int bit = 0; bit < 32; ++bit) {
        if ((row.pattern.mask >> bit & 1) == 0) continue;
        const uint32_t operands = static_cast<uint32_t>(random()) & ~row.pattern.mask;
        const uint32_t li_a7_8 = 0x0080'0893, ecall = 0x73;
        p.items.back().words = {(row.pattern.match ^ 1u << bit) | operands, li_a7_8, ecall};
        const auto result = compare_with_reference(p);
        ASSERT_EQ(result.difference, "") << row.name << ", bit " << bit;
        ++words;
      }
  }
  EXPECT_GT(words, 1500u);
}

// ---- Devices, firmware, time.

TEST(Corners, devices_take_their_own_widths) {
  std::vector<std::string> lines = {"begin: li t1, 0x5A5A5A5A"};
  for (const char* base : {"0x10000000", "0x00100000", "0x8003FFFC"}) {
    lines.push_back(std::string("li s0, ") + base);
    for (int offset = 0; offset < 12; ++offset)
      for (const char* access : {"lb", "lbu", "lh", "lhu", "lw", "sb", "sh", "sw"})
        lines.push_back(std::string(access) + (access[0] == 's' ? " t1, " : " t2, ") + std::to_string(offset) + "(s0)");
    lines.push_back("lr.w t2, (s0)\n sc.w t2, t1, (s0)\n amoadd.w t2, t1, (s0)");
  }
  expect_same(program(each(lines) + power_off + no_next, 5000));
}

TEST(Corners, the_uart_keeps_what_is_written_to_it) {
  std::vector<std::string> lines = {"begin: li s0, 0x10000000"};
  for (const int line_control : {0, 0x83, 0x03})
    for (const int value : {0xFF, 0x00, 0x0F, 0x02, 0xA5, 0x01}) {
      lines.push_back("li t1, " + std::to_string(line_control) + "\n sb t1, 3(s0)\n li t1, " + std::to_string(value));
      for (int offset = 0; offset < 8; ++offset)
        if (offset != 3 && !(offset == 2 && (value & 2) != 0)) lines.push_back("sb t1, " + std::to_string(offset) + "(s0)");
      for (int offset = 7; offset >= 0; --offset) lines.push_back("lbu t2, " + std::to_string(offset) + "(s0)");
      lines.push_back("lbu t2, 2(s0)");
    }
  expect_same(program(each(lines) + power_off + no_next, 5000));
  expect_same(program(each(lines) + power_off + no_next, 5000), "input");
}

TEST(Corners, exit_codes) {
  for (const char* command : {"0x5555", "0x3333", "0x73333", "0x1FF3333", "0x7777", "0x1234", "0x15555", "0"})
    for (const char* store : {"sw", "sh", "sb"})
      expect_same(program(std::string("begin: li s0, 0x100000\n li t0, ") + command + "\n " + store + " t0, (s0)\n" + no_next, 30));
}

TEST(Corners, firmware_calls) {
  std::vector<std::string> calls;
  for (const char* extension : {"0", "1", "2", "3", "7", "8", "9", "0x10", "0x54494D45", "0x53525354", "0x4442434E", "0x48534D", "-1"})
    for (const char* function : {"0", "1", "2", "3", "6", "7", "-1"})
      for (const char* a0 : {"0", "1", "2", "3", "8", "0x10", "0x53525354", "-1"})
        for (const char* a1 : {"0", "1", "2", "0x8003FFFC", "0x8003FFFE", "-1"})
          calls.push_back(std::string("begin: li a7, ") + extension + "\n li a6, " + function + "\n li a0, " + a0 + "\n li a1, " + a1 + "\n li a2, " +
                          (calls.size() % 11 == 0 ? "1" : "0") + "\n ecall\n" + power_off);
  for (const std::string& call : calls) {
    SCOPED_TRACE(call);
    const auto result = compare_with_reference(program(call + no_next, 40), {}, "ab");
    ASSERT_EQ(result.difference, "");
  }
}

TEST(Corners, console_input_is_another_agents_write) {
  for (const char* where : {"-4", "-1", "0", "3", "4"})
    expect_same(program(std::string(R"(
begin:  li s0, 0x80020000
        lr.w t0, (s0)
        li a7, 0x4442434E
        li a6, 1
        li a0, 1
        li a2, 0
        addi a1, s0, )") + where +
                            "\n ecall\n sc.w t1, s0, (s0)\n lw t2, (s0)\n" + power_off + no_next,
                        60),
                "x");
}

TEST(Corners, waits) {
  for (const char* timer : {"0, 0", "0, 1", "0, 7", "1, 0", "0x028F5C28, 0xF5C28F5C", "0x028F5C28, 0xF5C28F5D", "0x028F5C29, 0", "-1, -1"})
    for (const char* enabled : {"0", "2", "0x20", "0x222"})
      for (const char* pending : {"0", "2"})
        for (const char* status : {"0", "2"}) {
          const std::string t = timer, high = t.substr(0, t.find(',')), low = t.substr(t.find(',') + 2);
          expect_same(program("begin: li t0, -1\n csrw stimecmp, t0\n li t0, " + high + "\n csrw stimecmph, t0\n li t0, " + low +
                                  "\n csrw stimecmp, t0\n li t0, " + pending + "\n csrw sip, t0\n li t0, " + enabled + "\n csrw sie, t0\n li t0, " + status +
                                  "\n csrw sstatus, t0\n wfi\n csrr t0, time\n csrr t0, timeh\n csrr t0, cycle\n csrr t0, instret\n wfi\n" + power_off +
                                  no_next,
                              200));
        }
}

}  // namespace
}  // namespace vmsim
