// The monitor's paths: the project's own guests, together, make every kind of exit, fill, reflection, injection, device access and firmware call
// happen under `trap`. What happened is taken from the acts, and printed with counts.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "isa/isa.hpp"
#include "machine/device_tree.hpp"
#include "machine/disk.hpp"
#include "machine/loader.hpp"
#include "support/collect.hpp"
#include "support/command.hpp"

namespace vmsim {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t ram = 32u << 20;

/// Everything that the monitor can be made to do.
constexpr const char* paths[] = {
    "emulate csrrc",
    "emulate csrrci",
    "emulate csrrs",
    "emulate csrrsi",
    "emulate csrrw",
    "emulate csrrwi",
    "emulate sfence.vma",
    "emulate sret",
    "fill page",
    "fill superpage",
    "fill piece of a superpage",
    "fill that evicts",
    "reflect fetch-misaligned",
    "reflect fetch-access-fault",
    "reflect fetch-page-fault",
    "reflect load-misaligned",
    "reflect load-access-fault",
    "reflect load-page-fault",
    "reflect store-misaligned",
    "reflect store-access-fault",
    "reflect store-page-fault",
    "reflect illegal-instruction",
    "reflect breakpoint",
    "reflect user-ecall",
    "inject external-interrupt",
    "inject software-interrupt",
    "inject timer-interrupt",
    "device uart load",
    "device uart store",
    "device plic load",
    "device plic store",
    "device disk load",
    "device disk store",
    "device power store",
    "firmware base",
    "firmware debug console",
    "firmware system reset",
    "firmware timer",
    "firmware legacy getchar",
    "firmware legacy putchar",
    "firmware legacy set-timer",
    "firmware legacy shutdown",
    "firmware unknown",
    "wait",
};

const char* device_at(uint32_t physical) {
  if (physical >> 12 == 0x00100) return "power";
  if (physical >> 12 == 0x10000) return "uart";
  if (physical >> 12 == 0x10001) return "disk";
  return physical >> 24 == 0x0C ? "plic" : "nothing that is known";
}

/// Counts acts by path.
struct Paths final : TraceSink {
  uint64_t acts = 0;
  std::map<std::string, int> seen;
  [[nodiscard]] bool wants_records() const override { return false; }
  void record(const Record&) override {}
  void act(const Act& a) override {
    ++acts;
    const auto says = [&](const char* part) { return a.detail.find(part) != std::string::npos; };
    switch (a.kind) {
      case ActKind::emulate: {
        const Instruction i = Isa::toy32().decode(a.word);
        ++seen[fmt::format("emulate {}", i.legal() ? Isa::toy32().row(i.op).name : "what is no instruction")];
        break;
      }
      case ActKind::fill:
        ++seen[says("piece of a superpage") ? "fill piece of a superpage" : says(", superpage") ? "fill superpage" : "fill page"];
        if (says("evicted")) ++seen["fill that evicts"];
        break;
      case ActKind::reflect: ++seen[fmt::format("reflect {}", cause::name(a.cause))]; break;
      case ActKind::inject: ++seen[fmt::format("inject {}", cause::name(a.cause))]; break;
      case ActKind::device: {
        const size_t at = a.detail.find("guest-physical ") + 15;
        ++seen[fmt::format("device {} {}", device_at(static_cast<uint32_t>(std::stoul(a.detail.substr(at, 8), nullptr, 16))),
                           (a.word & 0x7F) == 0x03 ? "load" : "store")];
        break;
      }
      case ActKind::firmware: ++seen["firmware " + a.detail]; break;
      case ActKind::wait: ++seen["wait"]; break;
    }
  }
};

void run(const fs::path& path, const BoardOptions& board, Paths& sink) {
  const std::string bytes = test::read_text(path);
  const auto image = load_image(Isa::toy32(), {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, path);
  ASSERT_TRUE(image) << image.error().text();
  const test::Made made = test::make("trap", ram, board);
  ASSERT_TRUE(made.computer().boot(*image, build_device_tree({.ram_size = ram, .virtio_slots = made.computer().board().virtio_slots()})));
  const uint64_t before = sink.acts;
  EXPECT_EQ(made.computer().run(200'000'000, &sink), Stopped::powered_off) << path;
  EXPECT_EQ(sink.acts - before, made.guest->exits() + made.guest->clustered()) << path << ": every exit is one act, and so is what is handled in another's";
}

TEST(MonitorPaths, are_all_taken_by_the_projects_own_guests) {
  Paths sink;
  const fs::path guests = fs::path(VMSIM_SOURCE_DIR) / "guests", built = fs::path(VMSIM_BINARY_DIR) / "guests";
  for (const auto& entry : fs::recursive_directory_iterator(guests)) {
    if (entry.path().extension() != ".expected") continue;
    const fs::path source = fs::path(entry.path()).replace_extension(".s"), input = fs::path(entry.path()).replace_extension(".input");
    ConsoleOptions console;
    if (fs::exists(input)) console.input = parse_input_log(test::read_text(input), input).value();
    run(fs::exists(source) ? source : built / source.filename().replace_extension(".elf"), {.console = console}, sink);
  }
  const std::string disk = test::read_text(built / "minikernel.img");
  BoardOptions board{.disks = {Disk::in_memory({disk.begin(), disk.end()})}};
  uint64_t at = 1'000'000;
  for (const char c : std::string_view("echo hello > a; cat a\nhalt 0\n")) board.console.input.push_back({at++, static_cast<uint8_t>(c)});
  run(built / "minikernel.elf", board, sink);

  for (const auto& [path, count] : sink.seen) fmt::print("{:9} {}\n", count, path);
  for (const char* path : paths) EXPECT_TRUE(sink.seen.contains(path)) << "no guest makes the monitor do this: " << path;
  for (const auto& [path, count] : sink.seen) EXPECT_TRUE(std::ranges::count(paths, path)) << "not in the list of paths: " << path;
}

}  // namespace
}  // namespace vmsim
