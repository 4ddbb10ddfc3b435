// A scripted session with the minikernel: what is typed, what it must show, and a computer that runs it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "machine/device_tree.hpp"
#include "machine/disk.hpp"
#include "machine/loader.hpp"
#include "support/collect.hpp"
#include "support/guest_file.hpp"

namespace vmsim::test {

/// What is typed, and what the session must show for it.
struct Line {
  const char* typed;
  const char* shown;  // right after the echo; up to the next prompt
};
inline constexpr Line script[] = {
    {"echo one two | wc\n", "1 2 8\n"},
    {"echo hello > a; cat a a | grep hell | wc\n", "2 2 12\n"},
    {"mkdir d; cd d; echo one > x; echo two >> x; cat x; cd ..; ls d; rm d; rm d/x d; ls d\n", "one\ntwo\n- 8 x\nrm: d: not empty\nls: d: no such file\n"},
    {"crash\n", "crash (process 17): write to nowhere at "},
    {"crash read; crash jump; crash kernel; crash instruction; crash break; crash code; crash stack\n", "crash (process 18): read from nowhere at "},
    {"primes 60\n", "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 \n"},
    {"many 100\n", "many: 100 started, 100 ended as they should\n"},
    {"cat sh > copy; ls | grep copy; wc < copy > n; cat copy | wc > m; cat n m | grep copy; rm copy\n", "- "},
    {"nothing; cat nothing; ls a; rm nothing\n", "sh: nothing: no such file\ncat: nothing: no such file\nls: a: not a directory\nrm: nothing: no such file\n"},
    {"spin\n", "^C\n"},
    {"sleep 2; ps\n", "pid parent state name\n1 0 asleep init\n2 1 asleep sh\n"},
    {"halt 7\n", ""},
};
inline constexpr uint64_t apart = 40'000'000;           // steps from line to line, enough for the slowest
inline constexpr uint64_t session_steps = 900'000'000;  // in which every session has ended

inline std::vector<InputByte> typed() {
  std::vector<InputByte> input;
  uint64_t at = 1'000'000;
  for (const Line& line : script) {
    for (const char* c = line.typed; *c != 0; ++c) input.push_back({at, static_cast<uint8_t>(*c)});
    if (std::string_view(line.typed) == "spin\n") input.push_back({at + apart / 2, 3});  // ^C
    at += apart;
  }
  return input;
}

/// The native kernel, or the paravirtual one, on the bare machine or under a technique, with the script as its input. Throws where it does not start.
struct Session {
  explicit Session(std::string_view technique, bool paravirtual_kernel = false, EngineOptions engine = {}, bool clusters = true)
      : disk(Disk::in_memory(bytes_of("minikernel.img"))) {
    constexpr uint32_t ram = 32u << 20;
    BoardOptions board{.console = {.output = [this](uint8_t byte) { console += static_cast<char>(byte); }}, .disks = {disk}, .paravirt = paravirtual_kernel};
    board.console.input = typed();
    made = make(technique, ram, board, engine, Isa::toy32(), clusters);
    const std::string kernel = paravirtual_kernel ? "minikernel-paravirt.elf" : "minikernel.elf";
    const Image image = load_image(Isa::toy32(), bytes_of(kernel), kernel).value();
    if (!made.computer().boot(image, build_device_tree({.ram_size = ram, .virtio_slots = made.computer().board().virtio_slots()})))
      throw std::runtime_error("the minikernel does not start");
  }
  /// How it ends: powered off, where all is well.
  [[nodiscard]] Stopped run(TraceSink* sink = nullptr) { return made.computer().run(session_steps, sink); }
  /// All of the disk.
  [[nodiscard]] std::vector<uint8_t> disk_bytes() const {
    std::vector<uint8_t> bytes(disk->sectors() * Disk::sector_size);
    if (!disk->read(0, bytes)) throw std::runtime_error("the disk cannot be read");
    return bytes;
  }

  std::string console;
  std::shared_ptr<Disk> disk;
  Made made;
};

}  // namespace vmsim::test
