// Any calls with any arguments, by a paravirtual kernel that is the control domain and by a guest that is neither: nobody without the right changes anybody
// else, a refused call changes nothing but its answer, and what was given is never more than there is.
#include "fuzz/whole_machine.hpp"
#include "monitor/control.hpp"

using namespace vmsim;

namespace {

constexpr uint32_t ram = 64 << 10, pool = 8;

/// Mostly something near what a call wants.
uint32_t argument(fuzz::Bytes& bytes) {
  const uint8_t code = bytes.byte();
  switch (code & 3) {
    case 0: return code >> 2;
    case 1: return ram_base + uint32_t{code} / 4 * 1024;
    case 2: return ram_base + ram - code / 4u;
    default: return bytes.word();
  }
}

struct Party {
  Party() {
    control.emplace(host, Control::Options{.templates = {"one", "two"},
                                           .make = [this](size_t which, const std::string& name) -> Result<HostGuest> {
                                             auto vm = make({});
                                             if (!vm || which > 1) return fail("no");
                                             return HostGuest{.name = name, .machine = std::move(*vm)};
                                           },
                                           .most_made = 6});
    BoardOptions board{.paravirt = true};
    board.control = [this](const auto& a, Dma& dma) { return control->call(a, dma); };
    host.add({.name = "caller", .machine = *make(board)});
    host.add({.name = "other", .machine = *make({}), .hours = {.pause_from = 0, .pause_until = 1ull << 62}});
    host.run(1);
  }
  Result<std::unique_ptr<VirtualMachine>> make(const BoardOptions& board) {
    auto vm = VirtualMachine::make(allocator, ram, board, Technique::trap, {}, pool);
    if (vm) {
      const uint32_t code[] = {0x0000'0073, 0xFFDF'F06F};  // ecall; j .-4
      (*vm)->memory().write(Physical{ram_base}, {reinterpret_cast<const uint8_t*>(code), sizeof code});
      (*vm)->hart().pc = ram_base;
    }
    return vm;
  }
  Machine machine{Isa::toy32(), 1u << 20, {}};
  Allocator allocator{machine};
  Host host{100};
  std::optional<Control> control;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Bytes bytes(data, size);
  Party party;
  Computer& caller = *party.host.guests()[0].machine;
  for (int calls = 0; calls < 40 && !bytes.empty(); ++calls) {
    const uint8_t which = bytes.byte();
    Hart& hart = caller.hart();
    if ((which & 0x40) != 0) {  // something in memory: a name, a list, a frame
      std::array<uint8_t, 32> text;
      for (uint8_t& b : text) b = bytes.byte();
      caller.memory().write(Physical{ram_base + 1024u * (which & 31)}, text);
      continue;
    }
    const bool control = (which & 1) != 0;
    hart.pc = ram_base;
    caller.memory().write(Physical{ram_base}, 0x0000'0073, Width::word);
    for (size_t i = 10; i < 13; ++i) hart.x[i] = argument(bytes);
    hart.x[16] = (which & 0x80) != 0 ? bytes.word() : which >> 1 & 7;
    hart.x[17] = control ? control_extension : Paravirt::extension;
    const bool resumes = !control && hart.x[16] == 5;
    const uint64_t steps = hart.clock.steps, alive = party.host.guests().size();
    const std::vector<uint8_t> before(caller.memory().bytes().begin(), caller.memory().bytes().end());
    const uint64_t returned = party.allocator.returned();
    const auto a = std::array<uint32_t, 8>{hart.x[10], hart.x[11], hart.x[12], 0, 0, 0, hart.x[16], hart.x[17]};
    // A guest without the rights, first: nothing is there.
    Board& other = party.host.guests()[1].machine ? party.host.guests()[1].machine->board() : caller.board();
    if (&other != &caller.board()) {
      Dma dma = party.host.guests()[1].machine->grant().dma();
      const FirmwareReply reply = firmware_call(a, hart, 0, other, dma);
      if (reply.a0 != firmware_error::not_supported || reply.a1 != 0u || reply.resume || !reply.forget.empty()) __builtin_trap();
    }
    while (hart.clock.steps == steps) party.host.run(party.host.scheduler().now() + 1);
    const uint32_t answer = hart.x[10];
    const bool refused = answer == firmware_error::not_supported || answer == firmware_error::invalid_parameter || answer == firmware_error::denied;
    if (!refused) {
      if (party.host.guests().size() > 8) __builtin_trap();
      continue;
    }
    if (resumes || (!control && hart.x[16] == 4)) continue;  // scause may look like an error
    if (party.host.guests().size() != alive || party.allocator.returned() != returned) __builtin_trap();
    if (!control || caller.board().paravirt()->active()) continue;  // a shared page changes by itself
    if (!std::ranges::equal(before, caller.memory().bytes())) __builtin_trap();
  }
  return 0;
}
