// What `vmsim disasm` prints of whole programs is what objdump prints, in the default form and without aliases and with numbers: addresses, words,
// text, labels, targets, and the addresses that two instructions form together.
#include <algorithm>
#include <map>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

/// The lines from the first label on, by address.
std::map<std::string, std::string> lines_of(const std::string& listing) {
  std::stringstream in(listing);
  std::map<std::string, std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (const size_t end = line.find_first_of(": "); end == 8 && line.find_first_not_of("0123456789abcdef") == end)
      lines[line.substr(0, end) + (line[end] == ' ' ? " label" : "")] = line;
  return lines;
}

TEST(TheDisassembler, prints_programs_as_objdump_does) {
  const Scratch files;
  const fs::path guests = fs::path(VMSIM_BINARY_DIR) / "guests";
  std::vector<fs::path> images{guests / "sieve.elf",    guests / "quicksort.elf",  guests / "sha256.elf",
                               guests / "bytecode.elf", guests / "minikernel.elf", files / "hello.elf"};
  ASSERT_EQ(vmsim({"asm", guest("hello.s"), "-o", images.back()}).code, 0);
  for (const fs::path& image : images) {
    for (const bool plain : {true, false}) {
      SCOPED_TRACE(image.filename().string() + (plain ? "" : ", no aliases, numeric"));
      const auto theirs = lines_of(run_command(plain ? std::vector<std::string>{"riscv64-unknown-elf-objdump", "-d", image}
                                                     : std::vector<std::string>{"riscv64-unknown-elf-objdump", "-d", "-M", "no-aliases,numeric", image})
                                       .out);
      const auto ours =
          lines_of(vmsim(plain ? std::vector<std::string>{"disasm", image} : std::vector<std::string>{"disasm", "--no-aliases", "--numeric", image}).out);
      ASSERT_GT(theirs.size(), 30u);
      // Ours goes on where objdump stops: after the code there are constants.
      for (const auto& [address, line] : theirs) {
        ASSERT_TRUE(ours.contains(address)) << line;
        ASSERT_EQ(ours.at(address), line);
      }
    }
  }
}

}  // namespace
}  // namespace vmsim::test
