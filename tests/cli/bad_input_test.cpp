// Whatever is given to vmsim that it cannot use gets one line on stderr, which says what, where and what would help, and a stable
// exit code: 64 for a command that is not one, 65 for a file or a value that cannot be used.
#include <elf.h>

#include <cstring>
#include <functional>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

/// One line, of the form "vmsim: WHERE: WHAT (hint: ...)", that says `about`.
void expect_one_line(const Ran& ran, const std::string& about) {
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_TRUE(ran.err.starts_with("vmsim: ")) << ran.err;
  EXPECT_NE(ran.err.find(about), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("(hint: "), std::string::npos) << ran.err;
}

// ---- ELF files --------------------------------------------------------------------------------------------------------------

struct ElfCase {
  const char* name;
  std::function<void(std::string&, Elf32_Ehdr&, Elf32_Phdr*)> damage;  // headers are written back afterwards
  const char* about;
};

const ElfCase elf_cases[] = {
    {"64_bit", [](auto&, auto& h, auto*) { h.e_ident[EI_CLASS] = ELFCLASS64; }, "not a 32-bit ELF file"},
    {"big_endian", [](auto&, auto& h, auto*) { h.e_ident[EI_DATA] = ELFDATA2MSB; }, "not a little-endian ELF file"},
    {"x86", [](auto&, auto& h, auto*) { h.e_machine = EM_386; }, "made for machine 3, not for RISC-V"},
    {"relocatable", [](auto&, auto& h, auto*) { h.e_type = ET_REL; }, "not an executable"},
    {"compressed", [](auto&, auto& h, auto*) { h.e_flags |= 1; }, "compressed instructions"},
    {"floating_point", [](auto&, auto& h, auto*) { h.e_flags |= 4; }, "floating point"},
    {"foreign_headers", [](auto&, auto& h, auto*) { h.e_phentsize = 56; }, "foreign size"},
    {"headers_far_away", [](auto&, auto& h, auto*) { h.e_phoff = 0xFFFF'FFF0; }, "program header 0: truncated"},
    {"too_many_headers", [](auto&, auto& h, auto*) { h.e_phnum = 0xFFFF; }, "truncated"},
    {"bytes_far_away", [](auto&, auto&, auto* p) { p->p_offset = 0xFFFF'FFF0; }, "program header 0: truncated"},
    {"more_bytes_than_memory", [](auto&, auto&, auto* p) { p->p_memsz = p->p_filesz - 1; }, "more bytes in the file than in memory"},
    {"past_the_address_space", [](auto&, auto&, auto* p) { p->p_memsz = 0xFFFF'FFF0; }, "past the end of the address space"},
    {"overlapping_segments", [](auto&, auto&, auto* p) { p[1].p_paddr = p[0].p_paddr + 4; }, "segments overlap at 80200004"},
    {"larger_than_memory", [](auto&, auto&, auto* p) { p[1].p_memsz = 0x7000'0000; }, "do not fit the guest's memory"},
    {"below_memory", [](auto&, auto&, auto* p) { p[0].p_paddr = 0x1000; }, "do not fit the guest's memory"},
    {"nothing_to_load", [](auto&, auto&, auto* p) { p[0].p_type = p[1].p_type = PT_NOTE; }, "nothing to load"},
    {"cut_in_the_header", [](auto& f, auto&, auto*) { f.resize(40); }, "truncated"},
    {"cut_in_the_program_headers", [](auto& f, auto&, auto*) { f.resize(60); }, "truncated"},
    {"cut_in_a_segment", [](auto& f, auto&, auto*) { f.resize(160); }, "truncated"},
};

TEST(BadElfFiles, get_one_line_and_65) {
  const Scratch files;
  ASSERT_EQ(vmsim({"asm", guest("hello.s"), "-o", files / "hello.elf"}).code, 0);
  const std::string good = read_text(files / "hello.elf");
  Elf32_Ehdr header;
  std::memcpy(&header, good.data(), sizeof header);
  ASSERT_EQ(header.e_phnum, 2);
  ASSERT_EQ(vmsim({"run", files / "hello.elf"}).out, "Hello\nfrom toy32\n");
  for (const ElfCase& c : elf_cases) {
    SCOPED_TRACE(c.name);
    std::string bytes = good;
    Elf32_Ehdr h = header;
    Elf32_Phdr programs[2];
    std::memcpy(programs, good.data() + h.e_phoff, sizeof programs);
    c.damage(bytes, h, programs);
    const auto put_back = [&](size_t at, const void* from, size_t size) {
      if (at < bytes.size()) std::memcpy(bytes.data() + at, from, std::min(size, bytes.size() - at));
    };
    put_back(header.e_phoff, programs, sizeof programs);
    put_back(0, &h, sizeof h);
    for (const char* command : {"run", "verify"}) {
      const Ran ran = vmsim({command, files.write("bad.elf", bytes)});
      EXPECT_EQ(ran.code, 65) << command;
      expect_one_line(ran, c.about);
      EXPECT_NE(ran.err.find("bad.elf"), std::string::npos) << ran.err;
    }
  }
}

TEST(BadElfFiles, of_the_host_s_own_machine_is_told_apart) {
  const Ran ran = vmsim({"run", "/proc/self/exe"});
  EXPECT_EQ(ran.code, 65);
  expect_one_line(ran, "not a 32-bit ELF file");
}

TEST(BadElfFiles, with_control_characters_in_a_symbol_reach_no_terminal_and_no_json) {
  const Scratch files;
  ASSERT_EQ(vmsim({"asm", files.write("evil.s", "_start: wfi\nabcdefgh: .word 0\n"), "-o", files / "evil.elf"}).code, 0);
  std::string bytes = read_text(files / "evil.elf");
  const size_t at = bytes.find("_start");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 6, "\x1b[31m\xff");
  files.write("evil.elf", bytes);
  for (const char* format : {"text", "jsonl", "chrome"}) {
    const Ran ran = vmsim({"run", files / "evil.elf", "--trace=all", "--trace-format", format});
    EXPECT_EQ(ran.code, 125) << ran.err;
    EXPECT_EQ(ran.out.find('\x1b'), std::string::npos) << format;
    EXPECT_NE(ran.out.find("?[31m?"), std::string::npos) << format;
  }
}

// ---- Everything else that is read -------------------------------------------------------------------------------------------

TEST(BadAssembly, is_pointed_at_by_file_line_and_column) {
  const Scratch files;
  const struct {
    const char *source, *about;
  } cases[] = {
      {"_start:\n  frobnicate a0, a1\n", "bad.s:2:3: unknown instruction 'frobnicate'"},
      {"_start:\n  adi a0, a0, 1\n", "did you mean 'add"},
      {"  addi a0, a0, 5000\n", "bad.s:1:16: immediate 5000 does not fit 12 signed bits (hint: load it into a register with `li` first)"},
      {"  slli a0, a0, 32\n", "bad.s:1:16: "},
      {"  add a0, a1\n", "bad.s:1:"},
      {"  add a0, a1, q9\n", "bad.s:1:15: 'q9' is not defined"},
      {"  beq a0, a1, far\n  .space 8192\nfar:\n", "bad.s:1:15: the target"},
      {"  j nowhere\n", "bad.s:1:5: "},
      {"a:\na:\n", "'a' is defined twice"},
      {"  .word \"text\n", "bad.s:1:"},
      {"  .frob 1\n", "bad.s:1:3: unknown directive '.frob'"},
      {"  .space 0xffffffff\n", "grows beyond"},
      {"  li a0, 0x123456789\n", "bad.s:1:10: 4886718345 does not fit 32 bits"},
      {"  lw a0, 4096(a1)\n", "bad.s:1:10: immediate 4096 does not fit 12 signed bits"},
      {"  lui a0, 0x100000\n", "bad.s:1:11: "},
      {"  csrwi sscratch, 32\n", "bad.s:1:19: "},
      {"  csrw frob, a0\n", "bad.s:1:8: 'frob' is not defined"},
      {"  .byte 256\n", "bad.s:1:9: 256 does not fit 8 bits"},
      {"  .balign 3\n", "alignment 3 is not a power of two"},
      {"  .ascii abc\n", "bad.s:1:10: expected a string in quotes"},
      {"  .include \"other.s\"\n", "unknown directive '.include'"},
      {"  j 1f\n", "bad.s:1:5: there is no label 1: further on"},
      {"  .word 1 +\n", "a value is missing"},
      {"  .word 1 / 0\n", "division by zero"},
      {"  .word 0x1g\n", "a number is followed by letters"},
      {"  nop nop\n", "bad.s:1:7: "},
      {"\x7f\n", "bad.s:1:1: unexpected byte 0x7f"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    files.write("bad.s", c.source);
    for (const auto& arguments : {std::vector<std::string>{"run", "bad.s"}, {"asm", "bad.s", "-o", "bad.elf"}}) {
      const Ran ran = vmsim(arguments, {}, files.path());
      EXPECT_EQ(ran.code, 65);
      EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
      EXPECT_NE(ran.err.find(c.about), std::string::npos) << ran.err;
      EXPECT_NE(ran.err.find("(hint: "), std::string::npos) << ran.err;
    }
    EXPECT_FALSE(fs::exists(files / "bad.elf"));
  }
}

TEST(FilesThatCannotBeRead, get_one_line_and_65) {
  const Scratch files;
  files.write("empty.bin", "");
  fs::resize_file(files.write("large.bin", ""), 200u << 20);
  fs::resize_file(files.write("huge.bin", ""), 2ull << 30);
  files.write("bad.input", "100 \"a\"\n50 \"b\"\n");
  const struct {
    std::vector<std::string> arguments;
    const char* about;
  } cases[] = {
      {{"run", "nosuch.elf"}, "nosuch.elf: cannot be opened: No such file or directory"},
      {{"run", "."}, ".: is a directory"},
      {{"run", "empty.bin"}, "empty.bin: the file is empty"},
      {{"run", "large.bin"}, "do not fit the guest's memory"},
      {{"run", "huge.bin"}, "is larger than"},
      {{"asm", "nosuch.s", "-o", "x"}, "nosuch.s: cannot be opened"},
      {{"asm", ".", "-o", "x"}, "is a directory"},
      {{"disasm", "nosuch.elf"}, "nosuch.elf: cannot be opened"},
      {{"disasm", "."}, "is a directory"},
      {{"verify", "nosuch.elf"}, "nosuch.elf: cannot be opened"},
      {{"run", guest("hello.s"), "--input", "nosuch"}, "nosuch: cannot be opened"},
      {{"run", guest("hello.s"), "--input", "bad.input"}, "bad.input:2:1: steps must not fall"},
      {{"run", guest("hello.s"), "--initrd", "nosuch"}, "nosuch: cannot be opened"},
      {{"run", guest("hello.s"), "--initrd", "large.bin"}, "no room for the initial RAM disk"},
      {{"run", guest("hello.s"), "--disk", "nosuch"}, "nosuch: the disk cannot be opened"},
      {{"run", guest("hello.s"), "--disk", "."}, ""},
      {{"run", guest("hello.s"), "--disk", "empty.bin,frob"}, "unknown kind of disk 'frob'"},
      {{"run", guest("hello.s"), "--isa", "nosuch"}, "there is no such variant"},
      {{"isa", "show", "nosuch"}, "there is no such variant"},
      {{"run", guest("hello.s"), "--append", std::string(5000, 'x')}, "--append"},
      {{"run", guest("hello.s"), "--trace", "--trace-filter", "frob=1"}, "--trace-filter: cannot use 'frob=1'"},
      {{"run", guest("hello.s"), "--trace", "--trace-filter", "op=frob"}, "cannot use 'op=frob'"},
      {{"run", guest("hello.s"), "--trace", "--trace-filter", "pc=5-3"}, "cannot use 'pc=5-3'"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.arguments));
    const Ran ran = vmsim(c.arguments, {}, files.path());
    EXPECT_EQ(ran.code, 65);
    expect_one_line(ran, c.about);
  }
}

TEST(FilesThatCannotBeWritten, get_one_line_and_65_whether_at_once_or_when_the_disk_is_full) {
  const std::string hello = guest("hello.s");
  const struct {
    std::vector<std::string> arguments;
    const char* about;
  } cases[] = {
      {{"run", hello, "--trace", "--trace-out", "/nonexistent/x"}, "/nonexistent/x: cannot be written: No such file"},
      {{"run", hello, "--trace", "--trace-out", "/dev/full"}, "/dev/full: cannot be written: No space left"},
      {{"run", hello, "--console", "file", "--console-out", "/nonexistent/x"}, "/nonexistent/x: cannot be written"},
      {{"run", hello, "--console", "file", "--console-out", "/dev/full"}, "/dev/full: cannot be written: No space left"},
      {{"run", hello, "--record-input", "/nonexistent/x"}, "/nonexistent/x: cannot be written"},
      {{"asm", hello, "-o", "/nonexistent/x"}, "/nonexistent/x: cannot be written"},
      {{"asm", hello, "-o", "/dev/full"}, "/dev/full: cannot be written: No space left"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.arguments));
    const Ran ran = vmsim(c.arguments);
    EXPECT_EQ(ran.code, 65);
    expect_one_line(ran, c.about);
  }
}

// ---- Commands ---------------------------------------------------------------------------------------------------------------

TEST(CommandsThatAreNone, get_one_line_and_64) {
  const std::string hello = guest("hello.s");
  const struct {
    std::vector<std::string> arguments;
    const char* about;
  } cases[] = {
      {{}, "subcommand is required"},
      {{"frob"}, "there is no command 'frob'"},
      {{"isa", "frob"}, "there is no command 'frob'"},
      {{"isa"}, "subcommand is required"},
      {{"run"}, "image is required"},
      {{"asm", hello}, "--output is required"},
      {{"run", hello, "--frob"}, "--frob"},
      {{"run", hello, "another"}, "another"},
      {{"run", hello, "--technique", "frob"}, "--technique: frob not in {"},
      {{"run", hello, "--trace=frob"}, "--trace: frob not in {"},
      {{"run", hello, "--trace", "--trace-format", "frob"}, "--trace-format: frob not in {"},
      {{"run", hello, "--console", "frob"}, "--console: frob not in {"},
      {{"run", hello, "--memory", "2"}, "--memory: Value 2 not in range 4 to 1024"},
      {{"run", hello, "--memory", "4096"}, "--memory: Value 4096 not in range"},
      {{"run", hello, "--memory", "abc"}, "--memory"},
      {{"run", hello, "--max-instructions", "-5"}, "--max-instructions"},
      {{"run", hello, "--max-instructions", "99999999999999999999999"}, "--max-instructions"},
      {{"run", hello, "--max-seconds", "-1"}, "--max-seconds"},
      // Options that contradict each other, or need another.
      {{"run", hello, "--trace-out", "x"}, "--trace-out requires --trace"},
      {{"run", hello, "--trace-filter", "op=csrrw"}, "--trace-filter requires --trace"},
      {{"run", hello, "--trace-format", "jsonl"}, "--trace-format requires --trace"},
      {{"run", hello, "--max-trace", "5"}, "--max-trace requires --trace"},
      {{"run", hello, "--trace", "--trace-from", "5", "--trace-until", "3"}, "--trace-until"},
      {{"run", hello, "--console", "file"}, "--console file: needs --console-out FILE"},
      {{"run", hello, "--console-out", "x"}, "--console-out: needs --console file"},
      {{"run", hello, "--record-input", "x", "--input", "y"}, "excludes"},
      {{"run", hello, "--record-input", "x", "--console", "none"}, "--record-input: needs --console stdio"},
      {{"verify", hello, "--technique", "frob"}, "--technique: frob not in {"},
  };
  const Scratch files;
  for (const auto& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.arguments));
    const Ran ran = vmsim(c.arguments, {}, files.path());
    EXPECT_EQ(ran.code, 64);
    expect_one_line(ran, c.about);
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_TRUE(fs::is_empty(files.path())) << "nothing is written before the command is understood";
}

}  // namespace
}  // namespace vmsim::test
