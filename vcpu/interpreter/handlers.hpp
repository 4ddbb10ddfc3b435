// The functions that execute elements of blocks, one for each kind, and one for each sequence of kinds that is frequent enough.
#pragma once

#include <span>

#include "vcpu/interpreter/slot.hpp"

namespace vmsim::threaded {

/// True where this build makes tail calls: without them the threaded form cannot run.
bool has_tail_calls();

/// The handler of a kind; null where it has none.
Handler handler_of(uint16_t kind);

/// A handler for up to four elements in a row.
struct Sequence {
  static constexpr int longest = 4;
  Handler run = nullptr;
  std::array<uint16_t, longest> kinds{};  // no_kind after its end
  int length = 0;
};
std::span<const Sequence> sequences();

/// Executes one element the slow way: whatever has no handler, or did not find what it wanted in a cache.
extern const Handler slow_handler;
/// A link to code in the same page that has not been looked for yet: a stub's, whose imm is the target.
extern const Handler unresolved_handler;
/// A link to another page: a stub's, whose imm is the target.
extern const Handler far_handler;

// What handlers leave to others; slow.cpp has them. Signatures are those of handlers, so that they are reached by tail calls.
/// Executes the element at `op` the slow way, and goes on with the next.
void slow(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before);
/// Goes to the pc that is in `last`.
void find(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before);
/// Resolves the link whose stub is `op`, and follows it.
void resolve(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before);
/// The block that begins at `op` does not fit the budget.
void over_budget(Cpu* cpu, const Slot* op, int64_t budget, uint32_t last, uint32_t before);

}  // namespace vmsim::threaded
