// Translated code and where to find it: a ring of segments in a double mapping (host/code_mapping.hpp), and an index by physical page, mode
// and place. When the segments are full, the oldest one's blocks are evicted. A block is joined to others by its exits; before it goes, all that
// leads to it is parted again.
#pragma once

#include <memory>
#include <unordered_map>

#include "host/code_mapping.hpp"
#include "isa/machine.hpp"
#include "vcpu/address.hpp"
#include "vcpu/jit/emitter.hpp"
#include "vcpu/translation.hpp"

namespace vmsim::jit {

/// What is known of the code at one guest word.
struct Spot {
  Translated* block = nullptr;
  uint8_t heat = 0;    // times it was interpreted
  uint8_t length = 0;  // instructions up to the next that may jump, trap or look; 0: not known yet
  bool never = false;  // it cannot be translated
};

/// The code of one physical page as it is seen at one virtual page, in one mode, with or without paging.
struct PageKey {
  uint32_t physical = 0, page = 0;
  Mode mode = Mode::kernel;
  bool direct = false;
  bool operator==(const PageKey&) const = default;
};

struct Page {
  PageKey key;
  uint32_t version = 0;  // of the page's code (Memory::code_version) when this was begun
  std::array<Spot, page_size / 4> spots{};
};

class CodeCache {
 public:
  struct Options {
    size_t bytes = 32 << 20;
    std::FILE* perf_map = nullptr;  // each block is listed there
    size_t most_pages = 4096;       // of the index
  };
  CodeCache(Emitter& emitter, const Options& options, TranslationCounts& counts, x64::SlowLoad load, x64::SlowStore store);

  /// The index page for `key`; a new one has `version`. Valid until a page is dropped.
  Page& page(const PageKey& key, uint32_t version) {
    Page*& recent = recent_[key.page / page_size % recent_.size()];
    if (recent == nullptr || recent->key != key) recent = &indexed(key, version);
    return *recent;
  }
  /// Drops every page for which `stale` holds, and its blocks.
  void drop(auto&& stale) {
    recent_.fill(nullptr);
    for (auto it = pages_.begin(); it != pages_.end();) {
      if (!stale(*it->second)) {
        ++it;
        continue;
      }
      forget_blocks(*it->second);
      it = pages_.erase(it);
    }
  }

  /// Translates `block`, which starts at `spot` of `page`, and enters it there; it counts its executions in `runs`, if that is anything. Null
  /// where that is too hard.
  Translated* add(const ir::Block& block, const Ground& ground, Page& page, Spot& spot, uint64_t* runs);
  /// Makes an exit go straight to `to`.
  void join(Link& link, Translated& to);
  /// Where the block is entered.
  [[nodiscard]] const void* entry(const Translated& block) const { return mapping_.executable() + block.code; }

  /// Grows with every block that goes: what remembers blocks by address looks at it.
  [[nodiscard]] uint64_t losses() const { return losses_; }
  [[nodiscard]] size_t size() const { return mapping_.size(); }

 private:
  struct KeyHash {
    size_t operator()(const PageKey& k) const {
      return (uint64_t{k.physical} << 20 ^ k.page ^ static_cast<uint64_t>(k.mode) << 1 ^ uint64_t{k.direct}) * 0x9E37'79B9'7F4A'7C15u >> 16;
    }
  };
  /// One part of the ring, with the blocks in it in the order of their code.
  struct Segment {
    uint32_t begin = 0, end = 0, used = 0;
    std::vector<std::unique_ptr<Translated>> blocks;
  };
  static constexpr size_t segment_count = 8;

  Page& indexed(const PageKey& key, uint32_t version);
  void forget_blocks(Page& page);
  /// Takes all joins to and from `block` away.
  void part(Translated& block);
  void next_segment();

  Emitter& emitter_;
  host::CodeMapping mapping_;
  size_t most_pages_;
  std::FILE* perf_map_;
  std::array<Segment, segment_count> segments_;
  size_t current_ = 0;
  std::unordered_map<PageKey, std::unique_ptr<Page>, KeyHash> pages_;
  std::array<Page*, 64> recent_{};  // of them, by virtual page: a fence makes every page be looked for again
  uint64_t losses_ = 0;
  TranslationCounts& counts_;
};

}  // namespace vmsim::jit
