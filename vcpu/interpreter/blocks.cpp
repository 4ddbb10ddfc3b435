#include "vcpu/interpreter/blocks.hpp"

#include <algorithm>

#include "isa/effects.hpp"

namespace vmsim {
namespace {

/// What ends a block, per row: a jump, or anything that may change what the next step is (mode, translation, interrupts).
/// A conditional branch does not: the block goes on where it is not taken.
constexpr auto ends_block = []<int... Row>(std::integer_sequence<int, Row...>) {
  return std::array<bool, handler_count>{(effects<Row>().always_sets_pc || effects<Row>().system)..., true, false, true, true};
}
(std::make_integer_sequence<int, row_count>{});

}  // namespace

CodePage& BlockCache::page(Physical at) {
  if (bytes_ > most_bytes) {
    std::ranges::fill(pages_, nullptr);
    bytes_ = 0;
  }
  std::unique_ptr<CodePage>& page = pages_[(at.at - memory_.base().at) / page_size];
  const uint32_t version = memory_.code_version(at);
  if (page == nullptr || page->version != version || !cached_) {
    page = std::make_unique<CodePage>();
    page->version = version;
    bytes_ += sizeof(CodePage);
  }
  return *page;
}

DecodedOp decode_one(const Isa& isa, const Memory& memory, Physical at, Mode mode) {
  const Instruction i = isa.decode(memory.read(at, Width::word));
  DecodedOp op{.handler = i.op, .rd = i.rd, .rs1 = i.rs1, .rs2 = i.rs2, .imm = i.imm, .word = i.word, .offset = at.offset()};
  const UserRule rule = i.legal() ? effective_rule(isa.row(i.op), mode) : UserRule::trap;
  if (i.legal() && isa.row(i.op).does != nullptr) op.handler = added_handler;
  if (rule == UserRule::trap) op.handler = illegal_handler;
  if (rule == UserRule::ignore) op.handler = ignored_handler;
  if (op.rd == 0) op.rd = discarded;
  return op;
}

const Block& BlockCache::decode(CodePage& page, Physical at, Mode mode) {
  std::array<DecodedOp, longest_block + 1> ops;
  const uint32_t longest = std::min((page_size - at.offset()) / 4, longest_block);
  uint32_t count = 0;
  while (count < longest) {
    const Physical word{at.at + 4 * count};
    ops[count] = decode_one(isa_, memory_, word, mode);
    memory_.mark_code(word);
    if (ends_block[ops[count++].handler]) break;
  }
  ops[count] = {.offset = at.offset() + 4 * count};
  if (!cached_) page.storage.clear();
  Block& block = page.storage.emplace_back(Block{count, std::make_unique<DecodedOp[]>(count + 1)});
  bytes_ += sizeof(Block) + (count + 1) * sizeof(DecodedOp);
  std::copy_n(ops.begin(), count + 1, block.ops.get());
  if (cached_) page.blocks[static_cast<size_t>(mode)][at.offset() / 4] = &block;
  return block;
}

const Block& BlockCache::first_of(const Block& block) {
  single_.ops[0] = block.ops[0];
  single_.ops[1] = {.offset = block.ops[0].offset + 4};
  return single_;
}

}  // namespace vmsim
