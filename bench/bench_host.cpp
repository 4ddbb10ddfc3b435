// What many guests on one machine cost: resident bytes of each while a thousand live at once, with the pages of their image shared and with copies;
// the same for minikernels at their prompts; and what it takes to switch between 64 guests.
#include <benchmark/benchmark.h>

#include <chrono>
#include <stdexcept>

#include "machine/device_tree.hpp"
#include "machine/disk.hpp"
#include "machine/loader.hpp"
#include "monitor/host.hpp"
#include "support/assembled.hpp"
#include "support/guest_file.hpp"
#include "support/resident.hpp"

namespace vmsim {
namespace {

/// A program of 64 KiB that reads all of itself, writes one page, and waits for ever.
constexpr const char* tiny = R"(
_start: la t0, data
        li t1, 16384
1:      lw t2, 0(t0)
        addi t0, t0, 4
        addi t1, t1, -1
        bnez t1, 1b
        li t0, 0x80018000
        sw t1, 0(t0)
        wfi
        .align 12
data:   .word 1
        .zero 65528
        .word 2
)";

/// Makes `count` guests of one image, lets each run, and reports what each takes of the host.
void live_at_once(benchmark::State& state, const Image& image, uint32_t ram, uint32_t pool, size_t count, uint64_t steps, bool disk) {
  const bool share = state.range(0) != 0;
  const ImagePages pages(image);
  const auto kibibytes = [&](Allocator& allocator) {
    const uint64_t before = test::resident_bytes();
    std::vector<std::unique_ptr<VirtualMachine>> guests;
    for (size_t i = 0; i < count; ++i) {
      BoardOptions board;
      if (disk) board.disks = {Disk::open(std::string(VMSIM_BINARY_DIR) + "/guests/minikernel.img", Disk::Access::copy_on_write).value()};
      guests.push_back(VirtualMachine::make(allocator, ram, board, Technique::trap, {}, pool).value());
      const auto tree = disk ? build_device_tree({.ram_size = ram, .virtio_slots = guests.back()->board().virtio_slots()}) : std::vector<uint8_t>{};
      if (!guests.back()->boot(image, tree, share ? &pages : nullptr)) throw std::runtime_error("a guest does not start");
    }
    for (auto& guest : guests) guest->run(steps, nullptr);
    return static_cast<double>(test::resident_bytes() - before) / 1024 / static_cast<double>(count);
  };
  for (auto _ : state) {
    Machine machine(Isa::toy32(), 2040u << 20, {});
    Allocator allocator(machine);
    // The first round counts what the machine and the process keep for the next guests as well; the second has what they gave back.
    state.counters["KiB_a_guest_at_first"] = kibibytes(allocator);
    state.counters["KiB_a_guest"] = kibibytes(allocator);
  }
  state.SetLabel(std::to_string(count) + (share ? " guests, sharing" : " guests, copies"));
}

void tiny_guests(benchmark::State& state) {
  const auto assembly = assemble(Isa::toy32(), tiny, "tiny.s", {.base = ram_base});
  live_at_once(state, to_image(*assembly), 256 << 10, 8, 1000, 200'000, false);
}
BENCHMARK(tiny_guests)->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond)->Iterations(1);

void minikernels_at_their_prompts(benchmark::State& state) {
  const Image image = load_image(Isa::toy32(), test::bytes_of("minikernel.elf"), "minikernel.elf").value();
  live_at_once(state, image, 4u << 20, 128, 200, 3'000'000, true);
}
BENCHMARK(minikernels_at_their_prompts)->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond)->Iterations(1);

/// 20 million steps of spinning guests, in turns of 10,000; against one guest alone.
void turns(benchmark::State& state) {
  for (auto _ : state) {
    Machine machine(Isa::toy32(), 512u << 20, {});
    Allocator allocator(machine);
    Host host(10'000);
    for (int64_t i = 0; i < state.range(0); ++i) {
      auto vm = VirtualMachine::make(allocator, 4u << 20, {}, Technique::trap, {}, 64).value();
      test::boot(*vm, "_start: addi t0, t0, 1\n j _start\n");
      host.add({.name = "spins", .machine = std::move(vm)});
    }
    const auto start = std::chrono::steady_clock::now();
    host.run(20'000'000);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    state.counters["ns_a_turn"] = seconds * 1e9 / 2'000;
  }
}
BENCHMARK(turns)->Arg(1)->Arg(64)->Unit(benchmark::kMillisecond)->Iterations(5);

}  // namespace
}  // namespace vmsim

BENCHMARK_MAIN();
