// Assembler and disassembler against GNU binutils: what objdump prints of a sweep of every row is what the disassembler prints, and
// assembling that text gives back the words.
#include <gtest/gtest.h>

#include <unistd.h>
#include <array>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "isa/assembler/assemble.hpp"
#include "isa/disassemble.hpp"

namespace vmsim {
namespace {

constexpr uint32_t base = 0x8020'0000;

/// Words of every row with operands at random and at boundaries. Ignored fields of the fences stay zero: binutils knows no others.
std::vector<uint32_t> sweep() {
  const Isa& isa = Isa::toy32();
  std::mt19937_64 random(7);
  std::vector<uint32_t> words;
  for (Op op = 0; op < isa.rows().size(); ++op) {
    const RowInfo& row = isa.row(op);
    for (int i = 0; i < 64; ++i) {
      auto word = static_cast<uint32_t>(random());
      if (i % 4 == 1) word &= ~(31u << 7);
      if (i % 4 == 2) word &= ~(31u << 15);
      if (i % 4 == 3) word &= ~(0xFFFu << 20);
      word = (word & operand_mask(row.format)) | row.pattern.match;
      if (row.format == Format::FenceI) word = row.pattern.match;
      if (row.format == Format::Fence) {
        word &= 0x0FF0007F;
        if ((word >> 24 & 15) == 0 || (word >> 20 & 15) == 0) continue;
      }
      if (layout(row.format).csr) {
        const CsrRule& rule = isa.csrs()[static_cast<size_t>(i) % isa.csrs().size()];
        word = (word & 0x000FFFFF) | uint32_t{rule.number} << 20;
      }
      words.push_back(word);
    }
  }
  return words;
}

std::vector<std::string> objdump(const std::vector<uint32_t>& words, const std::string& options) {
  const std::string file = testing::TempDir() + "vmsim_sweep_" + std::to_string(getpid()) + ".bin";
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(words.size() * 4));
  const std::string command = "riscv64-unknown-elf-objdump -b binary -m riscv:rv32 -D --adjust-vma=0x80200000 " + options + " " + file;
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::vector<std::string> lines;
  std::array<char, 512> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
    std::string line = buffer.data();
    const size_t second = line.find('\t', line.find('\t') + 1);
    if (line.find(":\t") == std::string::npos || second == std::string::npos) continue;
    line = line.substr(second + 1);
    if (const size_t comment = line.find(" #"); comment != std::string::npos) line.erase(comment);
    while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
    lines.push_back(line);
  }
  std::filesystem::remove(file);
  return lines;
}

struct Style {
  const char* objdump;
  DisassembleOptions ours;
};
class TheDisassembler : public testing::TestWithParam<int> {};

TEST_P(TheDisassembler, prints_what_objdump_prints_and_the_assembler_reads_it_back) {
  const Style style = GetParam() == 0 ? Style{"", {}} : Style{"-M no-aliases,numeric", {.aliases = false, .abi_names = false}};
  const auto words = sweep();
  const auto expected = objdump(words, style.objdump);
  ASSERT_EQ(expected.size(), words.size());
  int shown = 0;
  for (size_t i = 0; i < words.size() && shown < 20; ++i) {
    const auto pc = static_cast<uint32_t>(base + 4 * i);
    const std::string ours = disassemble(Isa::toy32(), words[i], pc, style.ours);
    EXPECT_EQ(ours, expected[i]) << std::hex << words[i] << " " << ++shown;
    const auto again = assemble(Isa::toy32(), ours + "\n", "again.s", {.base = pc});
    ASSERT_TRUE(again) << ours << ": " << again.error().text();
    const auto bytes = to_flat(*again);
    ASSERT_EQ(bytes.size(), 4u) << ours;
    uint32_t word = 0;
    memcpy(&word, bytes.data(), 4);
    EXPECT_EQ(word, words[i]) << ours;
  }
}
INSTANTIATE_TEST_SUITE_P(Styles, TheDisassembler, testing::Values(0, 1));

// ---- Whole sources against GNU as and ld ----------------------------------------------------------------------------------------

struct Source {
  const char *name, *text;
};
std::ostream& operator<<(std::ostream& out, const Source& s) { return out << s.name; }

constexpr Source sources[] = {
    {"li", R"(
    li a0, 0; li a0, 1; li a0, -1; li a0, 2047; li a0, 2048; li a0, -2048; li a0, -2049; li a0, 4096; li a0, 0x12345678
    li a0, 0x80000000; li a0, 0xffffffff; li a0, 0x7fffffff; li a0, 0x7ffff800; li a0, 0xfffff800; li a0, 0xfffff7ff; li t6, -0x80000000
    li zero, 5; li s0, 'A'; li a1, ~0; li a1, 1 << 31; li a1, (3 + 4) * 5
)"},
    {"moves_and_comparisons", R"(
    nop; mv a0, a1; not a0, a1; neg a0, a1; seqz a0, a1; snez a0, a1; sltz a0, a1; sgtz a0, a1; sgt a0, a1, a2; sgtu a0, a1, a2
    add a0, a1, 5; and a0, a1, 5; or a0, a1, -5; xor a0, a1, 5; sll a0, a1, 3; srl a0, a1, 31; sra a0, a1, 0; slt a0, a1, 5; sltu a0, a1, 5
    zext.b a0, a1; addi fp, sp, -4; ebreak; ecall; unimp
)"},
    {"jumps_and_branches", R"(
back:
    beqz a0, back; bnez a0, back; blez a0, back; bgez a0, forth; bltz a0, forth; bgtz a0, forth
    bgt a0, a1, back; ble a0, a1, back; bgtu a0, a1, forth; bleu a0, a1, forth; beq a0, a1, back; bgeu a0, a1, forth
    j back; j forth; jal back; jal t0, forth; jr a0; jr 8(a0); jalr a0; jalr 8(a0); jalr t0, a0; jalr t0, 8(a0); jalr t0, a0, 8; ret
    call back; call forth; tail back; tail forth; call t0, forth
forth: j . ; j . + 8; beq a0, a1, . - 4
)"},
    {"numeric_labels", R"(
1:  j 1b; j 1f; j 2f
1:  beqz a0, 1b; beqz a0, 2f
2:  j 1b; j 2b; j 1f
1:  nop
10: j 10b; j 1b; bnez a0, 10f
10: ret
)"},
    {"addresses", R"(
    lui a0, %hi(there); addi a0, a0, %lo(there); lw a1, %lo(there)(a0); sw a1, %lo(there + 4)(a0)
1:  auipc a0, %pcrel_hi(there); addi a0, a0, %pcrel_lo(1b)
2:  auipc a0, %pcrel_hi(there + 4); lw a1, %pcrel_lo(2b)(a0); sw a1, %pcrel_lo(2b)(a0)
    la a0, there; lla a1, here; la a2, there + 8
here: lw a0, there; lbu a1, there; sw a0, there, t0; sh a1, there + 2, t1; lw zero, 0(a0); lw a0, (a1); sw a0, (a1); lw a0, 4 + 4(a1)
    lui a0, 0xfffff; auipc a1, 0; lui a2, 1
    .data
    .space 0x1000 - 8
there: .word here, there, there - here, . - there
)"},
    {"control_registers", R"(
    csrr a0, sstatus; csrw sstatus, a0; csrs sie, a1; csrc sip, a2; csrwi sscratch, 5; csrsi sstatus, 2; csrci sstatus, 31
    csrw sscratch, 5; csrs sstatus, 2; csrc sstatus, 31; csrrw a0, sepc, a1; csrrs a0, scause, zero; csrrc a0, stval, a1
    csrrwi a0, stvec, 4; csrrsi a0, satp, 0; csrrci a0, 0x100, 1; csrrw a0, sscratch, 9; csrr a0, 0x180; csrw 0x105, t0
    rdcycle a0; rdtime a1; rdinstret a2; rdcycleh a3; rdtimeh a4; rdinstreth a5; csrr a0, cycle; csrr a0, scounteren
    sret; wfi; sfence.vma; sfence.vma a0; sfence.vma a0, a1; sfence.vma zero, a1; fence; fence rw, w; fence iorw, iorw; fence r, rw; fence.i; pause
)"},
    {"atomics", R"(
    lr.w a0, (a1); lr.w.aq a0, (a1); lr.w.aqrl a0, 0(a1); sc.w a0, a2, (a1); sc.w.rl a0, a2, (a1); amoadd.w a0, a1, (a2); amoswap.w.aqrl a0, a1, 0(a2)
    amoxor.w.aq a0, a1, (a2); amoand.w a0, a1, (a2); amoor.w.rl zero, a1, (a2); amomin.w a0, a1, (a2); amomax.w a0, a1, (a2); amominu.w a0, a1, (a2); amomaxu.w a0, a1, (a2)
    mul a0, a1, a2; mulh a0, a1, a2; mulhsu a0, a1, a2; mulhu a0, a1, a2; div a0, a1, a2; divu a0, a1, a2; rem a0, a1, a2; remu a0, a1, a2
)"},
    {"expressions", R"(
    .equ K, 0x80000000
    .set J, 0xffffffff
    L = 5
    .word K >> 4, 1 + 2 << 3, 1 | 6 & 3, 5 == 5, 5 != 5, K / 2, 0x80000000 >> 31, J >> 4, 2 * 3 << 1, 7 ! 2, 1 << 31 >> 31, 6 ^ 3 + 1, 8 - 2 & 3
    .word 1 < 2 + 0, 3 == 3 && 2, 1 - 1 || 0, 10 % 4 - 3, 2 + 3 * 4 | 1, 1 == 2 - 1, 0xfffffff0 / 16, -16 / 4, 0x100000000 >> 4, -L, ~L, !L, (L + 1) * L
    .equ L, L + 1
    .word L, 'a', '\n', 0b101, 017, 0xAbC, end - start, K, J, -1
    li a0, K; li a1, J; li a2, K >> 12; lui a3, K >> 12; addi a4, a4, J; andi a5, a5, ~L; sw a0, L * 2(sp)
start: .zero 12
end:
)"},
    {"directives", R"(
    .text
    .globl start, end
    .type start, @function
start: nop
    la a0, room
    .align 4
    nop
    .balign 16
    .p2align 3
    nop
    .section .rodata
    .byte 1, 2, -1, 255, 'x'
    .half 0x1234, -2
    .align 2
    .word 1, 2
    .2byte 3; .4byte 4; .short 5; .long 6; .hword 7; .int 8
    .ascii "one", "two\t\"\\\n\x41\101"
    .asciz "three"
    .string "four"
    .balign 4, 0x5a
    .space 3; .skip 2, 0x11; .zero 3; .fill 2, 2, 0x1234; .fill 3; .dword 0x123456789abcdef0
    .data
    .word end   # a comment
    .org 0x20   # another
    .word 7     /* and one /* over
                   lines */
    .balign 4
    .section .rodata
    .balign 4
    .text
end: ret
    .balign 16  # GNU as fills a section up to its alignment
    .size start, . - start
    .bss
    .space 4
room: .space 8
)"},
};

std::string shell(const std::string& command) {
  std::string text;
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>&1").c_str(), "r"), pclose);
  std::array<char, 512> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) text += buffer.data();
  return text;
}

class TheAssembler : public testing::TestWithParam<Source> {};

TEST_P(TheAssembler, makes_the_bytes_that_gnu_as_and_ld_make) {
  const std::string text = std::string(".option norelax\n_start:\n") + GetParam().text;
  const auto ours = assemble(Isa::toy32(), text, "ours.s");
  ASSERT_TRUE(ours) << ours.error().text();

  const std::string stem = testing::TempDir() + "vmsim_gnu_" + std::to_string(getpid());
  std::ofstream(stem + ".s") << text;
  std::ofstream(stem + ".ld") << "SECTIONS { . = 0x80200000; .text : { *(.text) } .rodata : { *(.rodata) } .data : { *(.data) } .bss : { *(.bss) } }";
  const std::string tool = "riscv64-unknown-elf-";
  const std::string said = shell(tool + "as -march=rv32ima_zicsr_zifencei_zihintpause -mabi=ilp32 " + stem + ".s -o " + stem + ".o && " + tool +
                                 "ld --no-warn-rwx-segments -m elf32lriscv --no-relax -T " + stem + ".ld " + stem + ".o -o " + stem + ".elf && " + tool +
                                 "objcopy -O binary " + stem + ".elf " + stem + ".bin");
  std::ifstream in(stem + ".bin", std::ios::binary);
  const std::vector<uint8_t> theirs{std::istreambuf_iterator<char>(in), {}};
  for (const char* end : {".s", ".ld", ".o", ".elf", ".bin"}) std::filesystem::remove(stem + end);
  ASSERT_FALSE(theirs.empty()) << said;

  const auto bytes = to_flat(*ours);
  for (size_t at = 0; at + 4 <= std::min(bytes.size(), theirs.size()); at += 4) {
    uint32_t our_word = 0, their_word = 0;
    memcpy(&our_word, bytes.data() + at, 4);
    memcpy(&their_word, theirs.data() + at, 4);
    const auto pc = static_cast<uint32_t>(base + at);
    ASSERT_EQ(our_word, their_word) << std::hex << pc << ": ours " << disassemble(Isa::toy32(), our_word, pc) << ", theirs "
                                    << disassemble(Isa::toy32(), their_word, pc);
  }
  EXPECT_EQ(bytes.size(), theirs.size());
}
TEST(Comments, begin_with_a_hash_or_two_slashes_or_stand_between_stars) {
  const auto bytes_of = [](std::string_view source) { return to_flat(assemble(Isa::toy32(), source, "comments.s").value()); };
  EXPECT_EQ(bytes_of("// one\n nop # two\n j . // three; nop\n /* four */ nop /* five\n nop */ ret\n .ascii \"#//\"\n"),
            bytes_of("nop; j .; nop; ret\n .ascii \"#//\"\n"));
}

INSTANTIATE_TEST_SUITE_P(Sources, TheAssembler, testing::ValuesIn(sources), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace vmsim
