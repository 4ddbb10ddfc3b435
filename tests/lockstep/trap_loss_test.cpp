// A variant whose traps take a register from the hart: the register is gone for the handler and for whoever goes on after it, on every engine,
// recorded or not.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "isa/variant.hpp"
#include "support/assembled.hpp"
#include "support/collect.hpp"
#include "support/engines.hpp"

namespace vmsim {
namespace {

/// The handler ends the run with what it finds in x31; the hart had 42 there.
constexpr std::string_view begin = R"(
_start: la t0, handler
        csrw stvec, t0
        li t6, 42
        j go
        .align 2
handler: slli a0, t6, 16
        li t1, 0x3333
        or a0, a0, t1
        li t1, 0x00100000
        sw a0, 0(t1)
go:
)";

TEST(OpaqueFrame, a_trap_and_an_interrupt_take_the_register) {
  std::ifstream file(VMSIM_SOURCE_DIR "/isa/variants/opaque-frame.toml");
  std::stringstream text;
  text << file.rdbuf();
  const Variant variant = parse_variant(text.str(), "opaque-frame.toml").value();
  for (const auto& [name, engine] : test::every_engine())
    for (const bool recorded : {false, true})
      for (const auto& [event, code] : {std::pair("a trap", ".word 0\n"), {"an interrupt", "csrsi sip, 2\n csrsi sie, 2\n csrsi sstatus, 2\n nop\n"}}) {
        SCOPED_TRACE(std::string(event) + " on " + name + (recorded ? ", recorded" : ""));
        Machine machine(*variant.isa, 4u << 20, {}, engine);
        test::boot(machine, std::string(begin) + code);
        test::Digest digest;
        EXPECT_EQ(machine.run(1000, recorded ? &digest : nullptr), Stopped::powered_off);
        EXPECT_EQ(machine.board().exit_code(), 0);
        EXPECT_EQ(machine.hart().x[31], 0u);
      }
}

}  // namespace
}  // namespace vmsim
