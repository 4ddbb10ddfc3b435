// Several guests on one machine: everyone gets what it is due, and nobody can take what is another's.
#include <gtest/gtest.h>

#include <cmath>

#include "escape/prelude.hpp"
#include "machine/device_tree.hpp"
#include "machine/disk.hpp"
#include "machine/loader.hpp"
#include "monitor/host.hpp"
#include "support/scale.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 4u << 20, pool = 64;
constexpr const char* spins = "_start: addi t0, t0, 1\n j _start\n";
/// Prints, sets its timer a little ahead, and waits for it, for ever.
constexpr const char* sleeps =
    "_start: li t0, 32\n csrw sie, t0\n"
    "again: rdtime t1\n li t2, 200\n add t1, t1, t2\n csrw stimecmp, t1\n csrw stimecmph, zero\n wfi\n addi s0, s0, 1\n j again\n";
/// Writes the same sector to its disk again and again, a request a few instructions.
const std::string floods_disk = std::string(escape::prelude) + R"(
        call harmless
        li t0, header
        li t1, 1
        sw t1, 0(t0)
        li t0, descriptors
        li t1, 0x00020001
        sw t1, 28(t0)
again:  li t0, available
        lhu t1, 2(t0)
        addi t1, t1, 1
        sh t1, 2(t0)
        li t0, disk
        sw zero, 0x50(t0)
        j again
)";
const std::string hostile[] = {
    spins,
    "_start: li a7, 1\n li a0, 33\n ecall\n j _start\n",                                        // floods its console
    "_start: la t0, _start\n csrw stvec, t0\n .word 0\n",                                       // faults in its own handler for ever
    "_start: li t0, 0x7ffff000\nnext: sw t0, 0(t0)\n addi t0, t0, 4\n j next\n",                // writes where nothing is
    "_start: li t0, 0x80000000\nnext: sfence.vma\n csrw satp, t0\n addi t0, t0, 1\n j next\n",  // churns address spaces
    "_start: li t0, 0x00100000\n li t1, 0x5555\n sw t1, 0(t0)\n",                               // turns itself off
    floods_disk,
    "_start: li a7, 0x0900766d\n li a6, 5\n li a0, 0\nagain: ecall\n li a0, 0\n li a7, 0x0a00766d\n ecall\n li a7, 0x0900766d\n j again\n",  // would destroy
                                                                                                                                             // another
};

Image assembled(const std::string& text) { return load_image(Isa::toy32(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "guest.s").value(); }

class TheHost : public testing::Test {
 protected:
  void add(const std::string& text, Share share = {}, Hours hours = {}) {
    auto disk = Disk::in_memory(std::vector<uint8_t>(4096));
    disk->limit_writes(50'000);
    auto vm = VirtualMachine::make(allocator, ram, {.console = {.max_output = 10'000}, .disks = {std::move(disk)}}, Technique::trap, {}, pool).value();
    ASSERT_TRUE(vm->boot(assembled(text), {}));
    host.add({.name = "g" + std::to_string(host.guests().size()), .machine = std::move(vm), .share = share, .hours = hours});
  }
  [[nodiscard]] const Scheduler::Account& account(size_t guest) const { return host.scheduler().account(*host.guests()[guest].id); }

  Machine machine{Isa::toy32(), 640u << 20, {}};
  Allocator allocator{machine};
  // With the length of the run, what one turn more or less makes stays the same part of it.
  Host host{test::scaled(5'000)};
  const uint64_t long_run = test::scaled(100'000'000);
};

TEST_F(TheHost, shares_one_machine_among_64_guests_by_weight_within_2_percent) {
  uint64_t weights = 0;
  for (uint32_t i = 0; i < 64; ++i) add(spins, {.weight = 100 + 50 * (i % 7)}), weights += 100 + 50 * (i % 7);
  host.run(long_run);
  EXPECT_EQ(host.scheduler().now(), long_run);
  for (uint32_t i = 0; i < 64; ++i) {
    const double due = static_cast<double>(long_run) * (100 + 50 * (i % 7)) / static_cast<double>(weights);
    EXPECT_NEAR(static_cast<double>(account(i).received), due, 0.02 * due) << "guest " << i;
    EXPECT_NEAR(account(i).due, due, 1) << "guest " << i;
  }
}

TEST_F(TheHost, holds_a_cap_within_2_percent_and_gives_the_rest_to_the_others) {
  add(spins, {.weight = 1000, .quota = 100'000, .period = 1'000'000});
  add(spins);
  host.run(20'000'000);
  EXPECT_NEAR(static_cast<double>(account(0).received), 2e6, 0.02 * 2e6);
  EXPECT_EQ(account(0).received + account(1).received, 20'000'000u);
  EXPECT_GT(account(0).throttled, 0u);
}

TEST_F(TheHost, keeps_the_shares_of_the_good_when_half_of_the_guests_are_hostile) {
  for (uint32_t i = 0; i < 64; ++i) add(i % 2 == 0 ? spins : hostile[i / 2 % std::size(hostile)]);
  host.run(long_run);
  double least = 1e18, most = 0;
  for (size_t i = 0; i < 64; i += 2) {
    const auto received = static_cast<double>(account(i).received);
    EXPECT_NEAR(received, account(i).due, 0.02 * account(i).due) << "guest " << i;
    least = std::min(least, received), most = std::max(most, received);
    EXPECT_EQ(host.guests()[i].state, Host::State::running);
  }
  EXPECT_LT(most - least, 0.02 * most) << "equal weights";
  EXPECT_EQ(host.guests()[3].state, Host::State::over_limit) << "floods its console";
  EXPECT_EQ(host.guests()[11].state, Host::State::powered_off);
  EXPECT_EQ(host.guests()[13].state, Host::State::over_limit) << "floods its disk";
  EXPECT_EQ(host.guests()[15].state, Host::State::running) << "it has no right to what it calls";
}

TEST_F(TheHost, holds_a_cap_within_2_percent_when_half_of_the_guests_are_hostile) {
  for (uint32_t i = 0; i < 16; ++i) {
    if (i == 0) add(spins, {.weight = 10'000, .quota = 50'000, .period = 500'000});
    else add(i % 2 == 0 ? spins : hostile[i / 2]);
  }
  host.run(5'000'000);
  EXPECT_NEAR(static_cast<double>(account(0).received), 5e5, 0.02 * 5e5);
  add(hostile[0], {.weight = 10'000, .quota = 50'000, .period = 500'000});
  host.run(10'000'000);
  EXPECT_NEAR(static_cast<double>(account(16).received), 5e5, 0.02 * 5e5) << "one that does not want it";
}

TEST_F(TheHost, gives_a_waiting_guests_time_to_others_and_wakes_it_with_its_own_clock_right) {
  add(sleeps);
  add(spins);
  host.run(10'000'000);
  // Each round waits about 20000 steps of the guest's own time; alone on a machine it would do as many rounds as here.
  Machine alone(Isa::toy32(), ram, {});
  ASSERT_TRUE(alone.boot(assembled(sleeps), {}));
  alone.run(host.guests()[0].machine->hart().clock.steps, nullptr);
  VirtualMachine& guest = *host.guests()[0].machine;
  if (host.guests()[0].state == Host::State::waiting) guest.pass(host.guests()[0].wait_left);
  EXPECT_EQ(alone.hart(), host.guests()[0].machine->hart()) << "it cannot tell that it was not alone";
  EXPECT_GT(host.guests()[0].machine->hart().x[8], 300u);
  EXPECT_GT(account(1).received, 9'900'000u);
  EXPECT_GT(account(0).idle, 9'000'000u);
}

TEST_F(TheHost, starts_pauses_and_stops_guests_at_their_hours) {
  add(spins, {}, {.start = 1'000'000, .stop = 9'000'000, .pause_from = 2'000'000, .pause_until = 5'000'000});
  host.run(20'000'000);
  EXPECT_EQ(account(0).received, 1'000'000u + 4'000'000u);
  EXPECT_EQ(host.guests()[0].state, Host::State::stopped);
  EXPECT_EQ(host.scheduler().machine_idle(), 4'000'000u) << "before its start, and while it was paused";
}

TEST(TheScheduler, gives_no_credit_for_time_that_was_waited_or_paused) {
  for (const bool by_pause : {false, true}) {
    Scheduler scheduler(100);
    const Scheduler::Id one = scheduler.add({}), other = scheduler.add({});
    by_pause ? scheduler.pause(one) : scheduler.wait(one, std::nullopt);
    const auto run = [&](uint64_t until) {
      while (scheduler.now() < until) {
        const Scheduler::Turn turn = scheduler.next(until);
        ASSERT_TRUE(turn.who);
        scheduler.ran(turn.who, turn.steps);
      }
    };
    run(100'000);
    EXPECT_EQ(scheduler.account(other).received, 100'000u);
    by_pause ? scheduler.resume(one) : scheduler.ready(one);
    run(110'000);
    EXPECT_NEAR(static_cast<double>(scheduler.account(one).received), 5'000, 100) << (by_pause ? "paused" : "waited");
  }
}

TEST(AThousandGuests, live_at_once_and_each_runs_to_its_end) {
  // Position-independent, so that it fits the little memory that a tiny guest has.
  const Image whole = assembled("_start: li t0, 0x00100000\n li t1, 0x5555\n sw t1, 0(t0)\n");
  const Image image{.segments = {{.address = ram_base, .bytes = whole.segments.at(0).bytes}}, .entry = ram_base, .kind = "flat binary"};
  Machine machine(Isa::toy32(), 512u << 20, {});
  Allocator allocator(machine);
  Host host(5'000);
  for (int i = 0; i < 1000; ++i) {
    auto vm = VirtualMachine::make(allocator, 256 << 10, {}, Technique::trap, {}, 8);
    ASSERT_TRUE(vm) << vm.error().text();
    ASSERT_TRUE((*vm)->boot(image, {}));
    host.add({.name = "tiny", .machine = std::move(*vm)});
  }
  host.run(1'000'000);
  for (const Host::Guest& g : host.guests()) ASSERT_EQ(g.state, Host::State::powered_off);
}

}  // namespace
}  // namespace vmsim
