// Decoded code: straight runs of instructions inside one physical page, found by their first word. A block is right for as
// long as no decoded word of its page changes; Memory keeps the version that tells.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "isa/execute.hpp"
#include "isa/isa.hpp"
#include "vcpu/memory.hpp"

namespace vmsim {

/// Handlers beyond the table's rows.
inline constexpr int illegal_handler = row_count;      // traps as illegal
inline constexpr int ignored_handler = row_count + 1;  // retires and does nothing
inline constexpr int end_handler = row_count + 2;      // no instruction: the block ends before this address
inline constexpr int added_handler = row_count + 3;    // an instruction that a variant added
inline constexpr int handler_count = row_count + 4;

/// Writes to x0 go to a register that nothing reads.
inline constexpr Reg discarded = 32;

/// One decoded instruction, 16 bytes.
struct DecodedOp {
  uint8_t handler = end_handler;
  Reg rd = 0, rs1 = 0, rs2 = 0;
  uint32_t imm = 0;
  uint32_t word = 0;
  uint32_t offset = 0;  // in its page; 4096 for the end of a block that reaches the page's end
};

/// `count` instructions and an end.
struct Block {
  uint32_t count = 0;
  std::unique_ptr<DecodedOp[]> ops;
};

/// The blocks of one physical page, per mode (a row may do something else in user mode) and first word.
struct CodePage {
  uint32_t version = 0;
  std::array<std::array<const Block*, page_size / 4>, 2> blocks{};
  std::deque<Block> storage;
};

/// The instruction that lies at `at`, as it is in `mode`.
DecodedOp decode_one(const Isa& isa, const Memory& memory, Physical at, Mode mode);

class BlockCache {
 public:
  static constexpr uint32_t longest_block = 64;    // instructions
  static constexpr size_t most_bytes = 64u << 20;  // of decoded code in all, about

  BlockCache(const Isa& isa, Memory& memory, bool cached) : isa_(isa), memory_(memory), cached_(cached), pages_(memory.size() / page_size) {}

  /// The page's blocks, emptied where its code has changed since. Every other page's may be forgotten.
  CodePage& page(Physical at);
  /// Decodes the block that starts at `at`, for `mode`.
  const Block& decode(CodePage& page, Physical at, Mode mode);
  /// A block of the first instruction alone. Valid until the next call.
  const Block& first_of(const Block& block);

 private:
  const Isa& isa_;
  Memory& memory_;
  bool cached_;
  std::vector<std::unique_ptr<CodePage>> pages_;
  size_t bytes_ = 0;
  Block single_{1, std::make_unique<DecodedOp[]>(2)};
};

}  // namespace vmsim
