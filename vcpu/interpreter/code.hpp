// Decoded code of the threaded form: extended blocks inside one physical page, as it is seen at one virtual address in one mode, so that
// every pc in them is a constant. A block follows direct jumps and goes on where branches are not taken. It is right for as long as no
// decoded word of its page changes; Memory keeps the version that tells.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "vcpu/engine.hpp"
#include "vcpu/interpreter/handlers.hpp"

namespace vmsim::threaded {

struct BlockMemory {
  std::unique_ptr<Slot[]> ops;
  std::unique_ptr<Site[]> sites;
};

struct CodePage {
  uint32_t version = 0;
  uint32_t page = 0;  // the virtual page's address
  Mode mode = Mode::kernel;
  std::array<const Slot*, page_size / 4> entries{};  // the first operation of the block that begins at each word
  std::vector<BlockMemory> blocks;
  std::unique_ptr<CodePage> next;  // the same physical page, seen otherwise
};

class Code {
 public:
  static constexpr uint32_t longest_block = 48;    // steps
  static constexpr size_t most_bytes = 64u << 20;  // of decoded code in all

  Code(const Isa& isa, Memory& memory, const EngineOptions& options);

  /// The page's blocks, emptied where its code has changed since.
  CodePage& page(Physical at, uint32_t virtual_page, Mode mode);
  /// Decodes the block that begins `offset` bytes into the page, which lies at `at`.
  const Slot* decode(CodePage& page, Physical at, uint32_t offset);
  /// What decode makes a block of, before handlers are chosen: for a profile (bench/train_sequences.cpp).
  struct Part {
    uint16_t kind = 0;  // no_kind: the slow way
    uint32_t step = 0;  // of the block, from 0; of what is no instruction: their number
  };
  [[nodiscard]] std::vector<Part> parts(const CodePage& page, Physical at, uint32_t offset) const;
  /// True where nothing more should be decoded before clear().
  [[nodiscard]] bool full() const { return bytes_ > most_bytes; }
  /// Forgets everything; no operation may be in use.
  void clear();

 private:
  struct Element;
  class Decoder;

  /// Chooses for each element of a block the handler that makes the way to its end shortest.
  void cover(std::vector<Element>& elements) const;
  const Slot* build(CodePage& page, uint32_t offset, const std::vector<Element>& elements, uint32_t steps);

  const Isa& isa_;
  Memory& memory_;
  EngineOptions options_;
  std::vector<std::unique_ptr<CodePage>> pages_;
  std::unordered_map<uint64_t, Handler> sequences_;  // by their kinds
  size_t bytes_ = 0;
};

}  // namespace vmsim::threaded
