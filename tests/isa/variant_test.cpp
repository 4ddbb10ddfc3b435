// Variants as files: each kind of bad file gets one error that says where, what was found and what would be legal; and the whole catalogue loads, is
// written back, and loads again as the same.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "isa/assembler/assemble.hpp"
#include "isa/disassemble.hpp"
#include "isa/syntax.hpp"
#include "isa/variant.hpp"

namespace vmsim {
namespace {

constexpr const char* head = "name = \"v\"\n";
constexpr const char* encoding = "encoding = \"0000000 ----- ----- 000 ----- 0001011\"\nformat = \"R\"\n";

/// An added instruction "new" that does `does`, which begins in line 7 of the file.
std::string adding(const std::string& does) { return std::string(head) + "[[add]]\nname = \"new\"\n" + encoding + "does = \"\"\"\n" + does + "\n\"\"\"\n"; }

struct Bad {
  const char* what;
  std::string text;
  const char* error;  // the whole line, up to its hint
  const char* hint;   // some of the hint
};
std::ostream& operator<<(std::ostream& out, const Bad& b) { return out << b.what; }

class BadVariant : public testing::TestWithParam<Bad> {};

TEST_P(BadVariant, gets_one_line_with_place_finding_and_what_would_be_legal) {
  const auto v = parse_variant(GetParam().text, "v.toml");
  ASSERT_FALSE(v);
  const std::string line = v.error().text();
  EXPECT_TRUE(line.starts_with(GetParam().error)) << line;
  EXPECT_NE(v.error().hint.find(GetParam().hint), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

std::string nested(int depth, const char* open, const char* inside, const char* close) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += inside;
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadVariant,
    testing::Values(
        Bad{"not TOML", "name = \"v\"\n= 3\n", "v.toml:2:1: not TOML", "adding-a-variant"},
        Bad{"a letter outside quotes", "name = é\n", "v.toml:1:8: not TOML", "adding-a-variant"},
        Bad{"letters after a text", "name = \"v\"é\n", "v.toml:1:11: not TOML", "adding-a-variant"},
        Bad{"a table without a name", "name = \"v\"\n[=]\n", "v.toml:2:", "adding-a-variant"},
        Bad{"a table that does not begin", "name = \"v\"\n[[", "v.toml:2:", "adding-a-variant"},
        Bad{"too large", std::string(100u << 20, '#'), "v.toml: the file has 104857600 bytes; a variant has at most 1048576", "is it a variant"},
        Bad{"nested lists", std::string(head) + "notes = " + nested(100'000, "[", "", "]"), "v.toml:2:", "adding-a-variant"},
        Bad{"no name", "models = \"x\"\n", "v.toml:1:1: 'name' is missing", "name = "},
        Bad{"unknown key", "name = \"v\"\nbase = \"v\"\n", "v.toml:2:1: unknown key 'base'", "name, models"},
        Bad{"a name of another type", "name = 3\n", "v.toml:1:8: 'name' must be a text, found the number 3", "name = "},
        Bad{"a control character", "name = \"a\\nb\"\n", "v.toml:1:8: a variant's name is small letters, digits and hyphens, found 'a\\x0ab'", "x86-popf"},
        Bad{"an unknown instruction", std::string(head) + "[[instruction]]\nname = \"frob\"\n", "v.toml:3:8: toy32 has no instruction 'frob'", "isa show"},
        Bad{"an unknown rule", std::string(head) + "[[instruction]]\nname = \"sw\"\nuser = \"filter\"\n", "v.toml:4:8: unknown rule 'filter'",
            "trap, execute or ignore"},
        Bad{"the same row twice", std::string(head) + "[[instruction]]\nname = \"sw\"\n[[instruction]]\nname = \"sw\"\n",
            "v.toml:5:8: 'sw' is changed a second time", "one table"},
        Bad{"an unknown register", std::string(head) + "[[csr]]\nname = \"cr0\"\n", "v.toml:3:8: there is no control register 'cr0'", "sstatus"},
        Bad{"an unknown field", std::string(head) + "[[csr]]\nname = \"sstatus\"\nuser = \"filter\"\nuser_reads = [\"IF\"]\n",
            "v.toml:5:15: sstatus has no field 'IF'", "SIE, SPIE"},
        Bad{"a short encoding", std::string(head) + "[[add]]\nname = \"new\"\nencoding = \"000\"\nformat = \"R\"\ndoes = \"wait\"\n",
            "v.toml:4:12: the encoding has 3 bits", "32 characters"},
        Bad{"a strange encoding",
            std::string(head) + "[[add]]\nname = \"new\"\nencoding = \"0000000 ----- ----- 000 ----- 000101x\"\nformat = \"R\"\ndoes = \"wait\"\n",
            "v.toml:4:12: the encoding has other characters than 0, 1 and -", "32 characters"},
        Bad{"an encoding that overlaps",
            std::string(head) + "[[add]]\nname = \"new\"\nencoding = \"0000000 ----- ----- 000 ----- 0110011\"\nformat = \"R\"\ndoes = \"wait\"\n",
            "v.toml:4:12: the encoding overlaps that of 'add'", "0001011"},
        Bad{"a name defined by itself", adding("let a = a + 1"), "v.toml:7:9: expected a value, found 'a'", "let"},
        Bad{"a name given twice", adding("let a = 1\nlet a = 2"), "v.toml:8:5: expected a new name, found 'a'", "once"},
        Bad{"a name from another block", adding("if rs1 == 0 { let a = 1 }\nrd = a"), "v.toml:8:6: expected a value, found 'a'", "let"},
        Bad{"an unknown field in semantics", adding("rd = sstatus.IF"), "v.toml:7:6: sstatus has no such field, found 'sstatus.IF'", "sstatus.SIE"},
        Bad{"a read-only field", adding("sip.STIP = 1"), "v.toml:7:1: this field is read-only, found 'sip.STIP'", "isa doc"},
        Bad{"a bound where there is none", adding("bound = rs1"), "v.toml:7:1: expected a statement, found 'bound'", "control register"},
        Bad{"a trap after an effect", adding("rd = 1\nstore.w(rs1, rs2)"), "v.toml:8:1: this may trap after something else has taken effect, found 'store.w'",
            "before assignments"},
        Bad{"a load after an effect, in one branch", adding("if rs1 == 0 { rd = 1 }\nx2 = load.w(rs1)"),
            "v.toml:8:6: this may trap after something else has taken effect", "let"},
        Bad{"semantics on one line", std::string(head) + "[[add]]\nname = \"new\"\n" + encoding + "does = \"rd = 3 3\"\n",
            "v.toml:6:16: expected a new line or ';', found '3'", ""},
        Bad{"nested parentheses", adding("rd = " + nested(10'000, "(", "1", ")")), "v.toml:7:", "adding-a-variant"},
        Bad{"nested blocks", adding(nested(10'000, "if rs1 == 0 { ", "rd = 1", " }")), "v.toml:7:", "adding-a-variant"},
        Bad{"a chain of else if", adding("if rs1 == 0 { } " + nested(10'000, "else if rs1 == 0 { } ", "", "")), "v.toml:7:", "adding-a-variant"},
        Bad{"an unknown verdict", std::string(head) + "[expect]\nsafe = \"maybe\"\n", "v.toml:3:8: unknown word, found 'maybe'", "yes, no, configured"}));

std::vector<std::filesystem::path> catalogue() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(VMSIM_SOURCE_DIR "/isa/variants")) files.push_back(entry.path());
  return files;
}

Variant load(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  auto v = parse_variant(text.str(), file);
  if (!v) throw std::runtime_error(v.error().text());
  return std::move(*v);
}

TEST(TheCatalogue, says_where_each_variant_comes_from_and_what_is_expected_of_it) {
  EXPECT_EQ(catalogue().size(), 19u);
  for (const auto& file : catalogue()) {
    const Variant v = load(file);
    EXPECT_EQ(v.name, file.stem());
    EXPECT_FALSE(v.models.empty() || v.source.empty()) << file;
    EXPECT_FALSE(v.expect.theorem1.empty() || v.expect.theorem2.empty() || v.expect.theorem3.empty() || v.expect.safe.empty()) << file;
    EXPECT_EQ(v.expect.safe == "no" && v.expect.rescue.empty(), false) << file;
    for (const auto& [instruction, classes] : v.expect.classes) EXPECT_NE(v.isa->find(instruction), illegal_op) << file << instruction << classes.size();
  }
}

TEST(TheCatalogue, is_written_and_read_back_as_the_same) {
  for (const auto& file : catalogue()) {
    const Variant v = load(file);
    const std::string text = write_variant(v);
    const auto again = parse_variant(text, "again.toml");
    ASSERT_TRUE(again) << again.error().text() << "\n" << text;
    EXPECT_EQ(write_variant(*again), text);
    EXPECT_EQ(again->models, v.models);
    EXPECT_EQ(again->notes, v.notes);
    EXPECT_EQ(again->expect.classes, v.expect.classes);
    ASSERT_EQ(again->isa->csrs().size(), v.isa->csrs().size());
    EXPECT_EQ(again->isa->mmu().bounds, v.isa->mmu().bounds);
    EXPECT_EQ(again->isa->mmu().direct_from, v.isa->mmu().direct_from);
    EXPECT_EQ(again->isa->trap().clears_reservation, v.isa->trap().clears_reservation);
    EXPECT_EQ(again->isa->trap().loses, v.isa->trap().loses);
    ASSERT_EQ(again->isa->rows().size(), v.isa->rows().size());
    for (Op op = 0; op < v.isa->rows().size(); ++op) {
      const RowInfo &a = again->isa->row(op), &b = v.isa->row(op);
      EXPECT_TRUE(a.name == b.name && a.user == b.user && a.off == b.off && a.format == b.format && a.pattern.mask == b.pattern.mask &&
                  a.pattern.match == b.pattern.match)
          << b.name;
      if (b.does) {
        EXPECT_EQ(a.does->text, b.does->text);
      }
    }
  }
}

TEST(TheCatalogue, has_instructions_that_assembler_and_disassembler_take_both_ways) {
  size_t added = 0;
  for (const auto& file : catalogue()) {
    const Variant v = load(file);
    for (Op op = static_cast<Op>(Isa::toy32().rows().size()); op < v.isa->rows().size(); ++op) {
      const uint32_t word = v.isa->encode(op, {.rd = 5, .rs1 = 6, .rs2 = 7, .imm = 8});
      const std::string text = disassemble(*v.isa, word, 0x8020'0000, {.separator = ' '});
      const auto assembly = assemble(*v.isa, text + "\n", "one.s", {});
      ASSERT_TRUE(assembly) << text << ": " << assembly.error().text();
      const auto bytes = to_flat(*assembly);
      uint32_t back = 0;
      ASSERT_GE(bytes.size(), sizeof back) << text;
      std::memcpy(&back, bytes.data(), sizeof back);
      EXPECT_EQ(back, word) << text;
      ++added;
    }
  }
  EXPECT_EQ(added, 31u);
}

}  // namespace
}  // namespace vmsim
