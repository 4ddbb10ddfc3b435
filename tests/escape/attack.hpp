// An attack: a small guest that reaches for what is not its own, and how it must end. The lists lie in one file per thing attacked.
#pragma once

#include <ostream>
#include <vector>

#include "machine/virtio/mmio.hpp"

namespace vmsim::escape {

// How an attack ends, beside a power-off code: as its guest says, or, of a guest that is told about a trap, 64 + cause.
inline constexpr int at_the_limit = -1, idle_for_ever = -2, trapped = 64;
/// Of a guest that goes on where it should have been stopped: an ebreak stands behind every attack.
inline constexpr int escaped = trapped + 3;
// Of a disk request: 100 + its status, or these.
inline constexpr int disk_ok = 100, disk_error = 101, disk_unsupported = 102, queue_broken = 110, no_answer = 120;
/// Of a firmware call: its error, negated.
inline constexpr int refused = 3, not_there = 2;
/// The guest's memory: not a multiple of a superpage, so that one can reach over its end.
inline constexpr uint32_t ram = 6u << 20;

struct Attack {
  const char* name;  // what the guest tries
  int ends = 0;
  const char* aims_at;  // what a monitor would do without the one check that stops it: an entry of tests/mutants/escape.mutants
  const char* code;     // of `attack`, after the prelude in arena.cpp
  virtio::Layout layout = virtio::Layout::modern;
};
inline std::ostream& operator<<(std::ostream& out, const Attack& attack) { return out << attack.name; }

std::vector<Attack> memory_attacks();
std::vector<Attack> paging_attacks();
std::vector<Attack> register_attacks();
std::vector<Attack> disk_attacks();
std::vector<Attack> device_attacks();
std::vector<Attack> firmware_attacks();
// Those that aim at no check; see others.cpp.
std::vector<Attack> harmless();
std::vector<Attack> stopped_twice();

}  // namespace vmsim::escape
