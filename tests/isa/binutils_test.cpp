// Assembler and disassembler against GNU binutils: what objdump prints of a sweep of every row is what the disassembler prints, and
// assembling that text gives back the words.
#include <gtest/gtest.h>

#include <array>
#include <unistd.h>

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

}  // namespace
}  // namespace vmsim
