// What the documents tell their readers to type, typed: every command of README.md runs and does what the text says, a trace that is
// shown is the trace that is printed, and what `cmake --install` puts somewhere is enough to build and run a guest there.
#include <algorithm>
#include <regex>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

struct Block {
  std::string language, text;
};

/// The fenced blocks of a document of the project.
std::vector<Block> blocks_of(const std::string& document) {
  std::stringstream in(read_text(fs::path(VMSIM_SOURCE_DIR) / document));
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), ""});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

/// A folder that looks like a source folder after `make`, in which a document's commands may write.
class Checkout {
 public:
  Checkout() {
    fs::create_directories(files_ / "build/release");
    fs::create_symlink(VMSIM_SOURCE_DIR "/guests", files_ / "guests");
    for (const auto& entry : fs::directory_iterator(VMSIM_BINARY_DIR))
      if (entry.path().filename() != "guests") fs::create_symlink(entry.path(), files_ / "build/release" / entry.path().filename());
    fs::create_directories(files_ / "build/release/guests");
    for (const char* name : {"minikernel.elf", "minikernel.img"})
      fs::copy(fs::path(VMSIM_BINARY_DIR) / "guests" / name, files_ / "build/release/guests" / name);
    // What the documents call the reader's own kernel and disk.
    fs::copy(fs::path(VMSIM_BINARY_DIR) / "guests/minikernel.elf", files_ / "kernel.elf");
    fs::copy(fs::path(VMSIM_BINARY_DIR) / "guests/minikernel.img", files_ / "disk.img");
  }
  /// Runs it with HOME here; somebody types `halt` all the while, for what asks at a prompt.
  [[nodiscard]] Ran run(const std::string& script) const {
    const std::string preamble =
        "set -e -o pipefail\nexport HOME=$PWD/home PATH=$PWD/build/release:$PATH\nvmsim() { timeout 50 vmsim \"$@\" < <(while sleep 0.2; do echo halt; done 2> "
        "/dev/null); }\n";
    return run_command({"bash", "-c", preamble + script}, {}, files_.path());
  }

 private:
  Scratch files_;
};

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

TEST(TheReadme, has_commands_that_run_and_do_what_it_says) {
  const Checkout checkout;
  std::string scripts;
  for (const Block& block : blocks_of("README.md")) {
    if (block.language != "sh") continue;
    if (block.text.starts_with("make ")) continue;  // the next test's
    SCOPED_TRACE(block.text);
    const Ran ran = checkout.run(block.text);
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_EQ(ran.err, "");
    scripts += ran.out;
  }
  EXPECT_EQ(count(scripts, "Hello\nfrom toy32\n"), 2u) << "from the source, and from the ELF file on the bare machine";
  EXPECT_EQ(count(scripts, "csrw\tstvec,t0"), 1u) << "disassembled";
  EXPECT_EQ(count(scripts, "bare and trap agree"), 1u) << "verified";
  EXPECT_EQ(count(scripts, "primes below 200000: 17984\n"), 1u) << "a C guest built from what was installed";
}

TEST(TheReadme, names_commands_of_the_makefile_that_are_there) {
  int seen = 0;
  std::stringstream lines(blocks_of("README.md").at(0).text);
  for (std::string line; std::getline(lines, line); ++seen) {
    std::smatch found;
    ASSERT_TRUE(std::regex_match(line, found, std::regex("(?:apt-get install make|make ([a-z]+)) *(?:#.*)?"))) << line;
    if (!found[1].matched) continue;
    EXPECT_EQ(run_command({"make", "-n", "-C", VMSIM_SOURCE_DIR, found[1]}).code, 0) << line;
  }
  EXPECT_GE(seen, 2);
}

TEST(TheReadme, shows_a_trace_that_the_program_prints) {
  const std::string trace = vmsim({"run", guest("hello.s"), "--trace"}).out;
  int seen = 0;
  for (const Block& block : blocks_of("README.md")) {
    if (!block.text.starts_with("#")) continue;
    EXPECT_NE(trace.find(block.text), std::string::npos) << block.text;
    ++seen;
  }
  EXPECT_EQ(seen, 1);
}

TEST(TheExitCodesDocument, shows_a_line_that_the_program_prints) {
  const Scratch files;
  const std::string line = blocks_of("docs/exit-codes.md").at(0).text;
  files.write("guest.s", std::string(11, '\n') + "li a0,1;addi a0,a0,5000\n");
  const Ran ran = vmsim({"run", "guest.s"}, {}, files.path());
  const std::regex column(":12:[0-9]+:");
  EXPECT_EQ(std::regex_replace(ran.err, column, ":12:_:"), std::regex_replace(line, column, ":12:_:"));
}

TEST(TheMinikernelsReadme, has_a_command_that_starts_it) {
  const Checkout checkout;
  for (const Block& block : blocks_of("guests/minikernel/README.md")) {
    if (block.language != "sh" || block.text.find("vmsim run") == std::string::npos) continue;
    const Ran ran = checkout.run(block.text);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("$ "), std::string::npos) << "a prompt: " << ran.out;
  }
}

TEST(AnInstalledTree, holds_what_a_course_needs_wherever_it_lies) {
  const Scratch files;
  ASSERT_EQ(run_command({"cmake", "--install", VMSIM_BINARY_DIR, "--prefix", files / "first"}).code, 0);
  fs::rename(files / "first", files / "moved");
  files.write("guest.c",
              "#include \"toy32.h\"\nint main(void) {\n  put_string(\"sstatus \");\n  put_hex(csr_read(sstatus));\n  put_char('\\n');\n  return 7;\n}\n");
  const std::string start = files / "moved/share/vmsim/start";
  const std::vector<std::string> compile{
      "riscv64-unknown-elf-gcc", "-march=rv32ima_zicsr_zifencei", "-mabi=ilp32", "-O2", "-ffreestanding", "-I" + start, "-c"};
  for (const std::string& source : {start + "/start.S", start + "/runtime.c", std::string("guest.c")}) {
    auto words = compile;
    words.push_back(source);
    const Ran ran = run_command(words, {}, files.path());
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  const Ran linked = run_command({"riscv64-unknown-elf-gcc", "-march=rv32im", "-mabi=ilp32", "-nostdlib", "-T" + start + "/toy32.ld", "start.o", "runtime.o",
                                  "guest.o", "-lgcc", "-o", "guest.elf"},
                                 {}, files.path());
  ASSERT_EQ(linked.code, 0) << linked.err;
  for (const char* technique : {"bare", "trap"}) {
    const Ran ran = run_command({files / "moved/bin/vmsim", "run", "guest.elf", "--technique", technique}, {}, files.path());
    EXPECT_EQ(ran.out, "sstatus 00000000\n") << technique << ran.err;
    EXPECT_EQ(ran.code, 7) << technique;
  }
  // A variant of the course's own, in the installed catalogue.
  files.write("moved/share/vmsim/variants/of-the-course.toml", "name = \"of-the-course\"\nmodels = \"nothing more than toy32\"\nsource = \"a test\"\n");
  EXPECT_NE(run_command({files / "moved/bin/vmsim", "isa", "list"}).out.find("of-the-course"), std::string::npos);
  EXPECT_EQ(run_command({files / "moved/bin/vmsim", "run", "guest.elf", "--isa", "of-the-course"}, {}, files.path()).code, 7);
}

// ---- One program in every form that `run` takes -------------------------------------------------------------------------------

TEST(AProgram, is_the_same_as_source_as_flat_binary_as_elf_and_from_the_gnu_assembler_on_the_bare_machine_and_under_trap) {
  const Scratch files;
  for (const char* name : {"hello.s", "tour.s", "syscalls.s", "exceptions.s"}) {
    SCOPED_TRACE(name);
    ASSERT_EQ(vmsim({"asm", guest(name), "-o", files / "guest.elf"}).code, 0);
    ASSERT_EQ(vmsim({"asm", guest(name), "-o", files / "guest.bin", "--format", "flat"}).code, 0);
    // Sections follow one another as vmsim's assembler places them, so that even addresses are the same.
    files.write("flat.ld",
                "ENTRY(_start)\nSECTIONS { . = 0x80200000; .text : { *(.text) } .rodata : { *(.rodata) } .data : { *(.data) } .bss : { *(.bss) } }\n");
    const Ran built = run_command({"riscv64-unknown-elf-gcc", "-march=rv32ima_zicsr_zifencei", "-mabi=ilp32", "-nostdlib", "-Wl,--no-relax", "-Wl,-T,flat.ld",
                                   "-x", "assembler", guest(name), "-o", "gnu.elf"},
                                  {}, files.path());
    ASSERT_EQ(built.code, 0) << built.err;
    const auto run = [&](const std::string& image, const std::string& technique) {
      const Ran ran = vmsim({"run", image, "--technique", technique, "--json"});
      EXPECT_EQ(ran.err, "");
      return std::pair(ran.code, std::regex_replace(ran.out, std::regex("\"technique\":\"[a-z]+\""), ""));
    };
    const auto expected = run(guest(name), "bare");
    EXPECT_EQ(expected.first, 0);
    EXPECT_TRUE(expected.second.starts_with(read_text(fs::path(guest(name)).replace_extension(".expected"))));
    for (const std::string& image : {guest(name), std::string(files / "guest.bin"), std::string(files / "guest.elf"), std::string(files / "gnu.elf")})
      for (const char* technique : {"bare", "trap"}) EXPECT_EQ(run(image, technique), expected) << image << " " << technique;
  }
}

}  // namespace
}  // namespace vmsim::test
