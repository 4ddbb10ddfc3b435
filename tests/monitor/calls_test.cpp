// Calls to what lies below a guest, with whatever in the registers: a paravirtual kernel's and the control domain's.
// What is refused gets the documented error and has changed nothing: not the guest, not another, not the machine.
#include <gtest/gtest.h>

#include <algorithm>

#include "monitor/control.hpp"
#include "support/assembled.hpp"

namespace vmsim {
namespace {

constexpr uint32_t ram = 256 << 10, pool = 16, end = ram_base + ram;  // small, so that all of it can be compared often
constexpr uint32_t page = ram_base + 0x10000, list = ram_base + 0x11000, frame = ram_base + 0x12000, text = ram_base + 0x13000, code = ram_base + 0x30000;
constexpr uint32_t failed = firmware_error::failed, not_there = firmware_error::not_supported, bad = firmware_error::invalid_parameter,
                   denied = firmware_error::denied;

void boot_at_code(VirtualMachine& vm, std::string_view source) {
  const auto assembly = assemble(Isa::toy32(), source, "guest.s", {.base = code});
  if (!assembly || !vm.boot(to_image(*assembly), {})) throw std::runtime_error("the guest does not start");
}

/// A host with the guest that calls, one that is paused, one that has ended and one that is destroyed; only the first
/// ever runs.
class Calls : public testing::Test {
 protected:
  static constexpr uint32_t caller = 0, paused = 1, ended = 2, gone = 3;

  explicit Calls(bool control = true, bool paravirt = true) {
    BoardOptions board{.paravirt = paravirt};
    if (control) board.control = [this](const auto& a, Dma& dma) { return calls.call(a, dma); };
    add("caller", board, "_start: ecall\n j _start\n", {});
    add("paused", {}, "_start: j _start\n", {.pause_from = 0, .pause_until = 1ull << 62});
    add("ended", {}, "_start: j _start\n", {.stop = 1});
    add("gone", {}, "_start: j _start\n", {.pause_from = 0, .pause_until = 1ull << 62});
    host.run(4);
    host.destroy(gone);
  }
  void add(const std::string& name, const BoardOptions& board, const char* source, Hours hours) {
    auto vm = VirtualMachine::make(allocator, ram, board, Technique::trap, {}, pool).value();
    boot_at_code(*vm, source);
    host.add({.name = name, .machine = std::move(vm), .hours = hours});
  }
  [[nodiscard]] VirtualMachine& guest() { return *host.guests()[caller].machine; }
  /// The caller's next step is this call; a0.
  uint32_t call(uint32_t extension, uint32_t function, std::array<uint32_t, 3> arguments) {
    Hart& hart = guest().hart();
    hart.pc = code;
    std::ranges::copy(arguments, hart.x.begin() + 10);
    hart.x[16] = function, hart.x[17] = extension;
    const uint64_t before = hart.clock.steps;
    while (hart.clock.steps == before) host.run(host.scheduler().now() + 1);
    EXPECT_EQ(hart.clock.steps, before + 1);
    return hart.x[10];
  }
  uint32_t control(uint32_t function, std::array<uint32_t, 3> arguments) { return call(control_extension, function, arguments); }
  uint32_t paravirt(uint32_t function, std::array<uint32_t, 3> arguments) { return call(Paravirt::extension, function, arguments); }
  [[nodiscard]] uint32_t a1() { return guest().hart().x[11]; }
  void put(uint32_t at, std::string_view bytes) { guest().memory().write(Physical{at}, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}); }
  void put_word(uint32_t at, uint32_t value) { guest().memory().write(Physical{at}, value, Width::word); }
  uint32_t word(uint32_t at) { return guest().memory().read(Physical{at}, Width::word); }

  /// All that a call could have changed, the caller's pc, clock, a0 and a1 apart.
  struct State {
    std::vector<uint8_t> memory;
    std::vector<std::string> guests;
    std::vector<std::vector<uint64_t>> harts;
    uint64_t returned;
    bool operator==(const State&) const = default;
  };
  [[nodiscard]] State state() {
    State s{.memory{machine.memory().bytes().begin(), machine.memory().bytes().end()}, .guests{}, .harts{}, .returned = allocator.returned()};
    for (const Host::Guest& g : host.guests()) {
      s.guests.push_back(g.name + ", " + name(g.state) + (g.held ? ", held" : ""));
      if (!g.machine) continue;
      Hart hart = g.machine->hart();
      hart.pc = 0, hart.clock = {}, hart.x[16] = hart.x[17] = 0;
      for (int i = 10; i < 13; ++i) hart.x[static_cast<size_t>(i)] = 0;
      std::vector<uint64_t>& fields = s.harts.emplace_back();
      Hart::visit(hart, [&](const std::string&, auto value) { fields.push_back(static_cast<uint64_t>(value)); });
    }
    return s;
  }

  Machine machine{Isa::toy32(), 2u << 20, {}};
  Allocator allocator{machine};
  Host host{1000};
  int makes = 0;
  bool no_room = false;
  Control calls{host,
                {.templates = {"spinner", "sleeper"},
                 .make = [this](size_t which, const std::string& name) -> Result<HostGuest> {
                   ++makes;
                   if (no_room) return fail("no room");
                   auto vm = VirtualMachine::make(allocator, ram, {}, Technique::trap, {}, pool);
                   if (!vm) return tl::unexpected(vm.error());
                   boot_at_code(**vm, which == 0 ? "_start: addi t0, t0, 1\n j _start\n" : "_start: wfi\n j _start\n");
                   return HostGuest{.name = name, .machine = std::move(*vm), .share = {.weight = 300}};
                 },
                 .most_made = 2}};
};

struct Hostile {
  const char* what;
  uint32_t function;
  std::array<uint32_t, 3> arguments;
  uint32_t error;
  std::string_view name = {};  // at `text`
};

constexpr Hostile hostile_control[] = {
    {"a list of more than 64", Control::list, {list, 65, 0}, bad},
    {"a list of 2^32 - 1", Control::list, {list, ~0u, 0}, bad},
    {"a list whose size wraps to 0", Control::list, {list, 1u << 26, 0}, bad},
    {"a list below memory", Control::list, {ram_base - 64, 1, 0}, bad},
    {"a list at 0", Control::list, {0, 1, 0}, bad},
    {"a list across the end of memory", Control::list, {end - 63, 1, 0}, bad},
    {"a list whose last entry is outside", Control::list, {end - 64, 2, 0}, bad},
    {"a list in a device", Control::list, {0x1000'0000, 1, 0}, bad},
    {"a list around the end of all addresses", Control::list, {~0u - 31, 1, 0}, bad},
    {"a template that is not there", Control::templates, {2, text, 0}, bad},
    {"template 2^32 - 1", Control::templates, {~0u, text, 0}, bad},
    {"a template's name below memory", Control::templates, {0, ram_base - 1, 0}, bad},
    {"a template's name across the end", Control::templates, {0, end - 31, 0}, bad},
    {"a guest of a template that is not there", Control::create, {2, text, 0}, bad, "new"},
    {"a guest of template 2^31", Control::create, {1u << 31, text, 0}, bad, "new"},
    {"a guest whose name is outside", Control::create, {0, end, 0}, bad},
    {"a guest whose name is across the end", Control::create, {0, end - 16, 0}, bad},
    {"a guest whose name is at 2^32 - 1", Control::create, {0, ~0u, 0}, bad},
    {"a guest without a name", Control::create, {0, text, 0}, bad, ""},
    {"a guest whose name does not end", Control::create, {0, text, 0}, bad, "abcdefghijklmnopqrstuvwxyz123456"},
    {"a guest called like a file", Control::create, {0, text, 0}, bad, "/etc/passwd"},
    {"a guest called like a folder above", Control::create, {0, text, 0}, bad, "../x"},
    {"a guest whose name commands a terminal", Control::create, {0, text, 0}, bad, "\x1b[2J"},
    {"a guest whose name is two lines", Control::create, {0, text, 0}, bad, "a\nb"},
    {"a guest with a name that is not ASCII", Control::create, {0, text, 0}, bad, "\xC3\xA4"},
    {"a guest with the caller's name", Control::create, {0, text, 0}, bad, "caller"},
    {"a guest with an ended one's name", Control::create, {0, text, 0}, bad, "ended"},
    {"a pause of itself", Control::pause, {0, 0, 0}, denied},
    {"a resume of itself", Control::resume, {0, 0, 0}, denied},
    {"its own destruction", Control::destroy, {0, 0, 0}, denied},
    {"a pause of one that is not there", Control::pause, {4, 0, 0}, bad},
    {"a resume of 2^32 - 1", Control::resume, {~0u, 0, 0}, bad},
    {"the destruction of 2^31", Control::destroy, {1u << 31, 0, 0}, bad},
    {"a pause of one that has ended", Control::pause, {2, 0, 0}, bad},
    {"a resume of one that has ended", Control::resume, {2, 0, 0}, bad},
    {"a pause of one that is destroyed", Control::pause, {3, 0, 0}, bad},
    {"a second destruction", Control::destroy, {3, 0, 0}, bad},
    {"a function that is not there", 6, {0, 0, 0}, not_there},
    {"function 2^32 - 1", ~0u, {0, 0, 0}, not_there},
};

TEST_F(Calls, of_a_hostile_control_domain_are_refused_and_change_nothing) {
  for (const Hostile& c : hostile_control) {
    put(text, std::string(40, '\0'));
    if (c.name.size() < 32) put(text, c.name);
    else put(text, std::string(c.name) + "x");
    const State before = state();
    EXPECT_EQ(control(c.function, c.arguments), c.error) << c.what;
    EXPECT_EQ(a1(), 0u) << c.what;
    EXPECT_TRUE(state() == before) << c.what;
  }
  EXPECT_EQ(makes, 0);
}

TEST_F(Calls, fail_without_a_change_where_there_is_no_room_or_enough_has_been_made) {
  put(text, std::string("new\0", 4));
  no_room = true;
  const State before = state();
  EXPECT_EQ(control(Control::create, {0, text, 0}), failed);
  EXPECT_TRUE(state() == before) << "no room";
  no_room = false;
  EXPECT_EQ(control(Control::create, {0, text, 0}), 0u);
  host.destroy(a1());
  const State full = state();
  EXPECT_EQ(control(Control::create, {0, text, 0}), failed) << "the third";
  EXPECT_TRUE(state() == full);
  EXPECT_EQ(makes, 2) << "what would cost the host time again and again";
}

/// With a page shared, and at `list` two changes of which the second is bad.
constexpr uint32_t good_entry = ram_base + 0x20000;
constexpr Hostile hostile_paravirt[] = {
    {"a page that does not begin at one", 0, {page + 4, 0, 0}, bad},
    {"a page below memory", 0, {ram_base - 4096, 0, 0}, bad},
    {"a page above memory", 0, {end, 0, 0}, bad},
    {"a page of a device", 0, {0x1000'0000, 0, 0}, bad},
    {"the last page of all addresses", 0, {~0u - 4095, 0, 0}, bad},
    {"513 changes of page tables", 1, {list, 513, 0}, bad},
    {"2^32 - 1 changes", 1, {list, ~0u, 0}, bad},
    {"changes whose size wraps", 1, {list, 0x1555'5556, 0}, bad},
    {"changes outside memory", 1, {end, 1, 0}, bad},
    {"changes across the end", 1, {end - 11, 1, 0}, bad},
    {"changes in a device", 1, {0x0C00'0000, 1, 0}, bad},
    {"a change of what is outside, after a good one", 1, {list, 2, 0}, bad},
    {"a change of an entry that is not aligned, after a good one", 1, {list + 24, 2, 0}, bad},
    {"a frame that is not aligned", 4, {frame + 2, 0, 0}, bad},
    {"a frame outside", 4, {end, 0, 0}, bad},
    {"a frame across the end", 4, {end - 128, 0, 0}, bad},
    {"a frame at 2^32 - 4", 4, {~0u - 3, 0, 0}, bad},
    {"going on from a frame that is not aligned", 5, {frame + 1, 0, 0}, bad},
    {"going on from outside", 5, {0, 0, 0}, bad},
    {"going on from across the end", 5, {end - 128, 0, 0}, bad},
    {"a function that is not there", 6, {0, 0, 0}, not_there},
    {"function 2^31", 1u << 31, {0, 0, 0}, not_there},
    {"function 2^32 - 1", ~0u, {0, 0, 0}, not_there},
};

TEST_F(Calls, of_a_hostile_paravirtual_kernel_are_refused_and_change_nothing) {
  ASSERT_EQ(paravirt(0, {page, 0, 0}), 0u);
  const uint32_t changes[] = {good_entry, 1, 0, end, 1, 0, good_entry, 1, 0, good_entry + 2, 1, 0};
  for (uint32_t i = 0; i < std::size(changes); ++i) put_word(list + 4 * i, changes[i]);
  for (const Hostile& c : hostile_paravirt) {
    const State before = state();
    EXPECT_EQ(paravirt(c.function, c.arguments), c.error) << c.what;
    EXPECT_TRUE(state() == before) << c.what;
  }
  ASSERT_EQ(paravirt(1, {list, 1, 0}), 0u);
  EXPECT_EQ(word(good_entry), 1u) << "the good change alone is carried out";
}

TEST_F(Calls, that_need_a_shared_page_are_not_there_before_one_is) {
  for (uint32_t function = 1; function <= 6; ++function) {
    const State before = state();
    EXPECT_EQ(paravirt(function, {list, 1, 0}), not_there) << function;
    EXPECT_TRUE(state() == before) << function;
  }
}

class CallsWithoutTheRight : public Calls {
 protected:
  CallsWithoutTheRight() : Calls(false, false) {}
};

TEST_F(CallsWithoutTheRight, are_not_there_and_change_nothing) {
  put(text, std::string("new\0", 4));
  for (const uint32_t extension : {control_extension, Paravirt::extension})
    for (const uint32_t function : {0u, 1u, 2u, 3u, 4u, 5u, 6u, ~0u})
      for (const std::array<uint32_t, 3>& a : {std::array{paused, text, 0u}, {list, 1u, 0u}, {0u, text, 0u}, {page, 0u, 0u}, {~0u, ~0u, ~0u}}) {
        const State before = state();
        EXPECT_EQ(call(extension, function, a), not_there) << std::hex << extension << " " << function;
        EXPECT_TRUE(state() == before) << std::hex << extension << " " << function;
      }
  EXPECT_EQ(makes, 0);
}

TEST_F(CallsWithoutTheRight, are_denied_by_the_base_extension_too) {
  EXPECT_EQ(call(0x10, 3, {control_extension, 0, 0}), 0u);
  EXPECT_EQ(a1(), 0u);
}

TEST_F(Calls, of_the_control_domain_list_create_pause_resume_and_destroy) {
  EXPECT_EQ(call(0x10, 3, {control_extension, 0, 0}), 0u);
  EXPECT_EQ(a1(), 1u) << "it may ask whether it may";
  ASSERT_EQ(control(Control::templates, {1, text, 0}), 0u);
  EXPECT_STREQ(reinterpret_cast<const char*>(guest().memory().host(Physical{text})), "sleeper");

  put(text, std::string("worker\0", 7));
  ASSERT_EQ(control(Control::create, {0, text, 0}), 0u);
  const uint32_t worker = a1();
  EXPECT_EQ(worker, 4u);
  const auto steps = [&] { return host.guests()[worker].machine->hart().clock.steps; };
  host.run(host.scheduler().now() + 100'000);
  EXPECT_GT(steps(), 70'000u) << "three times the caller's weight";

  // Three entries: caller, paused, ended; the destroyed one is not among them; the worker is the fourth.
  ASSERT_EQ(control(Control::list, {list, 64, 0}), 0u);
  ASSERT_EQ(a1(), 4u);
  const auto field = [&](uint32_t entry, uint32_t offset) { return word(list + entry * Control::entry_size + offset); };
  const auto life = [&](uint32_t entry) { return static_cast<Control::Life>(field(entry, 36)); };
  EXPECT_STREQ(reinterpret_cast<const char*>(guest().memory().host(Physical{list + 3 * Control::entry_size})), "worker");
  EXPECT_EQ(field(3, 32), worker);
  EXPECT_EQ(life(0), Control::Life::ready);
  EXPECT_EQ(life(1), Control::Life::paused);
  EXPECT_EQ(life(2), Control::Life::ended);
  EXPECT_EQ(field(3, 40), ram / 1024);
  EXPECT_EQ(field(3, 44), 300u);
  EXPECT_EQ(field(3, 48), host.scheduler().account(*host.guests()[worker].id).received);
  EXPECT_EQ(field(0, 56), 1u) << "this is the caller";
  EXPECT_EQ(field(3, 56), 0u);
  ASSERT_EQ(control(Control::list, {list, 1, 1}), 0u);
  EXPECT_EQ(a1(), 1u);
  EXPECT_EQ(field(0, 32), paused) << "from a number on, and no more than there is room for";

  ASSERT_EQ(control(Control::pause, {worker, 0, 0}), 0u);
  const uint64_t paused_at = steps();
  host.run(host.scheduler().now() + 100'000);
  EXPECT_EQ(steps(), paused_at);
  ASSERT_EQ(control(Control::resume, {worker, 0, 0}), 0u);
  host.run(host.scheduler().now() + 100'000);
  EXPECT_GT(steps(), paused_at);

  const uint64_t returned = allocator.returned();
  ASSERT_EQ(control(Control::destroy, {worker, 0, 0}), 0u);
  EXPECT_GE(allocator.returned(), returned + ram) << "its memory is another's now";
  EXPECT_EQ(host.guests()[worker].state, Host::State::destroyed);
  const uint64_t received = host.scheduler().account(*host.guests()[worker].id).received;
  host.run(host.scheduler().now() + 100'000);
  EXPECT_EQ(host.scheduler().account(*host.guests()[worker].id).received, received);
  ASSERT_EQ(control(Control::create, {0, text, 0}), 0u) << "its name is free again";
  EXPECT_EQ(a1(), 5u) << "its number is not";
  ASSERT_EQ(control(Control::destroy, {ended, 0, 0}), 0u) << "one that has ended still held its memory";
}

}  // namespace
}  // namespace vmsim
