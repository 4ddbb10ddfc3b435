// `vmsim verify` as its users see it: agreement, a guest whose run has no single right answer, bad input; for people and as JSON.
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

using nlohmann::json;

/// Moves the page at 40000000 from `page` to `other` (a valid entry changes) and reads it again. The fence between is FENCE.
std::string moves_a_page(const std::string& fence) {
  return R"(
_start:
    la   t0, root
    li   t1, 0x000000cf          # the power switch, and the kernel where it lies
    sw   t1, 0(t0)
    li   t1, 0x200000cf
    li   t2, 2048
    add  t2, t2, t0
    sw   t1, 0(t2)
    la   t3, leaf
    srli t1, t3, 2
    ori  t1, t1, 1
    sw   t1, 1024(t0)            # 40000000
    la   t1, page
    srli t1, t1, 2
    ori  t1, t1, 0xc7
    sw   t1, 0(t3)
    srli t0, t0, 12
    li   t1, 0x80400000
    or   t0, t0, t1
    csrw satp, t0
    sfence.vma
    li   s0, 0x40000000
    lw   a0, 0(s0)
    la   t1, other
    srli t1, t1, 2
    ori  t1, t1, 0xc7
    sw   t1, 0(t3)
    li   t0, 5
    )" + fence +
         R"(
again:
    lw   a1, 0(s0)
    li   t0, 0x100000
    li   t1, 0x5555
    sw   t1, 0(t0)
1:  j    1b
    .align 12
root:  .space 4096
leaf:  .space 4096
page:  .word 17
    .align 12
other: .word 34
)";
}

TEST(Verify, says_that_bare_and_a_technique_agree_and_over_how_much) {
  for (const char* technique : {"trap", "hybrid", "emulate"}) {
    const Ran ran = vmsim({"verify", guest("hello.s"), "--technique", technique});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_NE(ran.out.find(std::string("bare and ") + technique + " agree"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find(" 17 console bytes"), std::string::npos) << ran.out;
  }
  const Ran ran = vmsim({"verify", guest("spaces.s"), "--technique", "trap", "--json"});
  EXPECT_EQ(ran.code, 0);
  const json told = json::parse(ran.out);
  EXPECT_EQ(told["outcome"], "they agree");
  EXPECT_EQ(told["guest"], "powered off");
  EXPECT_GT(told["steps"], 100);
  EXPECT_GE(told["traps"], 5);
  EXPECT_FALSE(told.contains("difference"));
}

TEST(Verify, names_a_guest_that_is_fence_racy_with_both_states_and_how_to_see_them) {
  const Scratch files;
  const std::string racy = files.write("racy.s", moves_a_page("sfence.vma zero, t0  # of another space"));
  const Ran ran = vmsim({"verify", racy, "--technique", "trap"});
  EXPECT_EQ(ran.code, 2) << ran.out << ran.err;
  for (const char* part :
       {"fence-racy: at step ", "address 40000000", "bare and trap part at step ", "the records differ", "  bare     8020", "  trap     8020", "<again+0x0>",
        "lw a1,0(s0)", "x11 00000022 00000011", "see it: vmsim run ", "--technique bare", "--technique trap"})
    EXPECT_NE(ran.out.find(part), std::string::npos) << part << " is not in\n" << ran.out;

  const Ran as_json = vmsim({"verify", racy, "--technique", "trap", "--json"});
  EXPECT_EQ(as_json.code, 2);
  const json told = json::parse(as_json.out);
  EXPECT_EQ(told["outcome"], "fence-racy");
  EXPECT_EQ(told["exit_code"], 2);
  EXPECT_EQ(told["race"]["address"], 0x40000000);
  const json& difference = told["difference"];
  EXPECT_EQ(difference["first"]["technique"], "bare");
  EXPECT_EQ(difference["second"]["text"], "lw a1,0(s0)");
  EXPECT_EQ(difference["fields"], json({"x11 00000022 00000011", "load physical 80204000 80203000", "load value 00000022 00000011"}));

  // What it says to see the difference with, shows it.
  for (const char* side : {"first", "second"}) {
    std::istringstream words(difference[side]["see_it"].get<std::string>());
    std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    arguments.erase(arguments.begin());
    const Ran seen = vmsim(arguments);
    EXPECT_NE(seen.out.find(side == std::string("first") ? "00000022" : "00000011"), std::string::npos) << seen.out << seen.err;
  }
}

TEST(Verify, finds_no_fault_with_the_same_guest_once_its_fence_covers_the_change) {
  const Scratch files;
  for (const char* fence : {"sfence.vma", "sfence.vma s0", "li t0, 1\n sfence.vma zero, t0", "li t0, 1\n sfence.vma s0, t0"}) {
    const Ran ran = vmsim({"verify", files.write("fenced.s", moves_a_page(fence)), "--technique", "trap"});
    EXPECT_EQ(ran.code, 0) << fence << "\n" << ran.out << ran.err;
  }
}

TEST(Verify, refuses_what_it_cannot_read_in_one_line) {
  const Ran ran = vmsim({"verify", "/nowhere/guest.s", "--json"});
  EXPECT_EQ(ran.code, 65);
  EXPECT_EQ(json::parse(ran.out)["error"]["where"], "/nowhere/guest.s");
  EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
  EXPECT_EQ(vmsim({"verify", guest("hello.s"), "--technique", "magic"}).code, 64);
}

}  // namespace
}  // namespace vmsim::test
