// Random privileged programs: kernels that trap, return, switch modes and (on request) address spaces, take interrupts, and
// touch devices, with operands biased to aliases, x0 and boundaries. A program is a list of items with fixed places, so that
// the shrinker can blank one item without moving another.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "isa/isa.hpp"
#include "vcpu/memory.hpp"

namespace vmsim::lockstep {

struct Item {
  uint32_t address = 0;
  std::vector<uint32_t> words;
  bool needed = false;  // boot code and handler: the shrinker leaves it

  static constexpr uint32_t nop = 0x13;
  void make_blank() { std::ranges::fill(words, nop); }
  [[nodiscard]] bool blank() const {
    return std::ranges::all_of(words, [](uint32_t word) { return word == nop; });
  }
};

struct Program {
  uint64_t seed = 0;
  bool paging = false;
  std::vector<Item> items;
  uint64_t budget = 0;  // steps

  static constexpr uint32_t ram = 0x8000'0000;
  static constexpr uint32_t ram_size = 256 << 10;
  static constexpr uint32_t entry = ram;

  /// Writes the items' words into `bytes`, which begin at `ram`.
  void place(std::span<uint8_t> bytes) const;
  /// The items that are still there, disassembled.
  [[nodiscard]] std::string listing() const;
};

/// Words that a program shall be about: (word & mask) == match. `models` are some with what their source registers hold, as from a proof.
struct Use {
  struct Model {
    uint32_t word = 0, rs1 = 0, rs2 = 0;
  };
  uint32_t mask = 0, match = 0;
  std::vector<Model> models;
};

struct ProgramOptions {
  bool paging = false;
  bool privileged = true;  // false: user-level instructions in kernel mode only
  int items = 160;
  uint64_t budget = 700;
  bool finite = false;    // ends by itself, with the firmware's shutdown, and depends on nothing but instructions: no time, no devices, no A or D clear
  bool user = false;      // in user mode, from beginning to end: whoever is below goes on behind what trapped, until enough has. Finite, and calls nobody
  std::vector<Use> uses;  // every second item is one of these, where there are any
};

Program make_program(uint64_t seed, const ProgramOptions& options);

}  // namespace vmsim::lockstep
