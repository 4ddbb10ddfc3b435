// What the monitor answers is what the bare machine does, at the very step: the guest's own cause of a fault where the real hart's is another, and
// a device's interrupt right after the access that raises it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/assembled.hpp"
#include "support/collect.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 4u << 20;
constexpr const char* techniques[] = {"bare", "emulate", "trap", "hybrid"};

std::vector<Record> run(const char* technique, const std::string& source) {
  const test::Made made = test::make(technique, ram, {.console = {.input = {{0, 'x'}}}});
  test::boot(made.computer(), source);
  test::Collect all;
  made.computer().run(400, &all);
  return all.records;
}

/// A page fault is all that the real MMU ever says of an address that no shadow table maps.
struct Fault {
  const char* name;
  uint32_t cause;
  const char* upper;  // the entry of the upper table for 0x40000000
  const char* access;
};
constexpr Fault faults[] = {
    {"a load whose table lies outside memory", cause::load_access, "0x20400001", "lw t1, 0(t0)"},
    {"a store whose table lies outside memory", cause::store_access, "0x20400001", "sw t1, 0(t0)"},
    {"a fetch whose table lies outside memory", cause::fetch_access, "0x20400001", "jr t0"},
    {"a load from a page beyond 4 GiB", cause::load_access, "0x600000cf", "lw t1, 0(t0)"},
    {"a load from a page that is not there", cause::page_fault(Access::load), "0", "lw t1, 0(t0)"},
    {"a fetch from a page that may only be read", cause::page_fault(Access::fetch), "0x200000c3", "jr t0"},
};

TEST(Answers, a_fault_has_the_cause_that_the_guests_own_tables_give_it) {
  for (const Fault& fault : faults)
    for (const char* technique : techniques) {
      const auto records = run(technique, fmt::format(R"(
_start: la t0, handler
        csrw stvec, t0
        li t0, 0x80310000
        li t1, {}
        sw t1, 1024(t0)             # 0x40000000
        li t2, 2048
        add t0, t0, t2
        li t1, 0x200000cf           # memory
        sw t1, 0(t0)
        li t1, 0x80080310
        csrw satp, t1
        li t0, 0x40000000
        {}
        .align 2
handler: j handler
)",
                                                      fault.upper, fault.access));
      const auto trap = std::ranges::find(records, Event::trap, &Record::event);
      ASSERT_NE(trap, records.end()) << fault.name << " under " << technique;
      EXPECT_EQ(cause::name(trap->cause), std::string(cause::name(fault.cause))) << fault.name << " under " << technique;
      EXPECT_EQ(trap->tval, 0x4000'0000u) << fault.name << " under " << technique;
    }
}

TEST(Answers, a_device_interrupts_right_after_the_access_that_makes_it) {
  for (const char* technique : techniques) {
    const auto records = run(technique, R"(
_start: la t0, handler
        csrw stvec, t0
        li t0, 0x0c000000           # PLIC: the UART's priority 1, and its source enabled
        li t1, 1
        sw t1, 40(t0)
        li t0, 0x0c002080
        li t1, 0x400
        sw t1, 0(t0)
        li t1, 0x200
        csrw sie, t1
        csrsi sstatus, 2
        li t0, 0x10000000
        li t1, 1
        sb t1, 1(t0)                # a byte waits: it interrupts now
        nop
        nop
        .align 2
handler: j handler
)");
    const auto enabled = std::ranges::find_if(records, [](const Record& r) { return r.memory.count != 0 && r.memory.items[0].virtual_address == 0x1000'0001; });
    ASSERT_LT(enabled + 1, records.end()) << technique;
    EXPECT_EQ(enabled[1].event, Event::interrupt) << technique;
    EXPECT_EQ(enabled[1].cause, cause::external_interrupt) << technique;
  }
}

}  // namespace
}  // namespace vmsim
