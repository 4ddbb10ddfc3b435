// docs/popek-goldberg.md's example is what vmsim check does, README's verdict is the real one, and kept verdicts are used where they can be.
#include <nlohmann/json.hpp>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

/// What stands between two marks.
std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) return {};
  const size_t begin = at + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

TEST(Check, DoesWhatItsPageAndTheReadmeShow) {
  const Scratch scratch;
  const std::string page = read_text(VMSIM_SOURCE_DIR "/docs/popek-goldberg.md"), verdicts = scratch / "verdicts.json";
  const Ran table = vmsim({"check", "x86-popf", "--verdicts", verdicts, "--trials", "10"}, {}, scratch.path());
  if (table.err.find("without Z3") != std::string::npos) GTEST_SKIP() << "built without Z3";
  ASSERT_EQ(table.code, 0) << table.err;
  for (const std::string& part :
       {between(read_text(VMSIM_SOURCE_DIR "/README.md"), "\n```\nTheorem 1", "```"), between(page, "```console\n$ vmsim check x86-popf\n", "```")}) {
    EXPECT_NE(part, "");
    std::istringstream shown(part);
    for (std::string line; std::getline(shown, line);) EXPECT_NE(table.out.find(line), std::string::npos) << line;
  }

  const std::string example = between(page, "```console\n$ vmsim check x86-popf --witness witnesses\n", "```");
  ASSERT_NE(example, "");
  const Ran witness = vmsim({"check", "x86-popf", "--witness", "witnesses", "--verdicts", verdicts}, {}, scratch.path());
  EXPECT_EQ(witness.code, 0) << witness.err;
  EXPECT_EQ(witness.err, "") << "the verdicts are those that were kept";
  EXPECT_EQ(witness.out.substr(0, example.size()), example);

  // Two columns: what the guest prints on the bare machine, and under trap.
  std::istringstream columns(between(page, "with `trap`, print\n\n```\n", "```"));
  std::string bare, trap;
  for (std::string line; std::getline(columns, line);) {
    std::string left = line.substr(0, 51);
    left.erase(left.find_last_not_of(' ') + 1);
    bare += left + '\n';
    if (line.size() > 51) trap += line.substr(51) + '\n';
  }
  for (const auto& [technique, expected] : {std::pair<const char*, std::string>{"bare", bare}, {"trap", trap}, {"hybrid", bare}, {"emulate", bare}})
    EXPECT_EQ(vmsim({"run", "witnesses/popf-kernel.s", "--isa", "x86-popf", "--technique", technique}, {}, scratch.path()).out, expected) << technique;

  // One self-contained page, and what a program reads.
  const Ran html = vmsim({"check", "x86-popf", "--format", "html", "--verdicts", verdicts});
  for (const char* part : {"<svg", "not virtualizable", "trap and emulate", "</html>"}) EXPECT_NE(html.out.find(part), std::string::npos) << part;
  for (const char* outside : {"http://", "https://", "<script", "<link"}) EXPECT_EQ(html.out.find(outside), std::string::npos) << outside;
  const auto json = nlohmann::json::parse(vmsim({"check", "x86-popf", "--json", "--verdicts", verdicts}).out);
  for (const auto& [claim, holds] : {std::pair<const char*, const char*>{"theorem1", "no"}, {"theorem2", "no"}, {"theorem3", "configured"}, {"safe", "no"}})
    EXPECT_EQ(json[claim]["holds"], holds) << claim;
  for (const auto& one : json["instructions"])
    EXPECT_TRUE(one.contains("name") && one.contains("classes") && one.contains("verdict") && one.contains("witness"));
  const Ran explained = vmsim({"check", "x86-popf", "--explain", "popf", "--verdicts", verdicts});
  for (const char* part : {"popf is control-sensitive (kernel).", "CS(kernel): exists s", "Theorem 1 fails on it"})
    EXPECT_NE(explained.out.find(part), std::string::npos) << part;

  // A file that holds something else is neither believed nor overwritten.
  const std::string other = scratch.write("other.json", "my notes");
  const Ran refused = vmsim({"check", "x86-popf", "--verdicts", other, "--trials", "10"});
  EXPECT_EQ(refused.code, 65);
  EXPECT_NE(refused.err.find("no verdicts"), std::string::npos) << refused.err;
  EXPECT_EQ(read_text(other), "my notes");
}

}  // namespace
}  // namespace vmsim::test
