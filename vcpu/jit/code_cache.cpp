#include "vcpu/jit/code_cache.hpp"

#include <algorithm>

namespace vmsim::jit {

CodeCache::CodeCache(Emitter& emitter, const Options& options, TranslationCounts& counts, x64::SlowLoad load, x64::SlowStore store)
    : emitter_(emitter), mapping_(std::max<size_t>(options.bytes, 256 << 10) / page_size * page_size), most_pages_(options.most_pages),
      perf_map_(options.perf_map), counts_(counts) {
  const uint32_t runtime = emitter_.write_runtime(mapping_.writable(), mapping_.executable(), page_size, load, store);
  const uint32_t first = (runtime + 63) / 64 * 64;
  const auto each = static_cast<uint32_t>((mapping_.size() - first) / segment_count / 64 * 64);
  for (size_t i = 0; i < segment_count; ++i) {
    segments_[i].begin = segments_[i].used = first + static_cast<uint32_t>(i) * each;
    segments_[i].end = segments_[i].begin + each;
  }
}

Page& CodeCache::indexed(const PageKey& key, uint32_t version) {
  if (const auto it = pages_.find(key); it != pages_.end()) return *it->second;
  if (pages_.size() >= most_pages_) drop([](const Page&) { return true; });
  auto& page = pages_[key];
  page = std::make_unique<Page>();
  page->key = key;
  page->version = version;
  return *page;
}

void CodeCache::part(Translated& block) {
  for (Link* link : block.incoming) {
    emitter_.part(mapping_.writable(), *link);
    link->to = nullptr;
  }
  block.incoming.clear();
  for (Link& link : block.links) {
    if (link.to == nullptr) continue;
    std::erase(link.to->incoming, &link);
    link.to = nullptr;
  }
  ++losses_;
}

void CodeCache::forget_blocks(Page& page) {
  for (Spot& spot : page.spots) {
    if (spot.block == nullptr) continue;
    part(*spot.block);
    spot.block->home = nullptr;  // its code stays until its segment's turn
    spot.block = nullptr;
    ++counts_.invalidated;
  }
}

void CodeCache::next_segment() {
  current_ = (current_ + 1) % segment_count;
  Segment& segment = segments_[current_];
  for (const auto& block : segment.blocks) {
    if (block->home == nullptr) continue;
    part(*block);
    block->home->block = nullptr;
    block->home->heat = 0;
    ++counts_.evicted;
  }
  segment.blocks.clear();
  segment.used = segment.begin;
}

Translated* CodeCache::add(const ir::Block& block, const Ground& ground, Page& page, Spot& spot, uint64_t* runs) {
  auto made = std::make_unique<Translated>();
  made->pc = block.guests[0].pc;
  made->page = page.key.physical;
  made->runs = runs;
  made->count = block.count;
  made->guests = static_cast<uint32_t>(block.guests.size());
  for (int tries = 0; tries < 2; ++tries) {
    Segment& segment = segments_[current_];
    switch (emitter_.emit(block, ground, *made, mapping_.writable(), segment.used, segment.end - segment.used)) {
      case Emitter::Result::too_hard: return nullptr;
      case Emitter::Result::no_room: next_segment(); continue;
      case Emitter::Result::done: break;
    }
    segment.used = std::min(segment.end, (segment.used + made->size + 15) / 16 * 16);
    made->home = &spot;
    spot.block = made.get();
    segment.blocks.push_back(std::move(made));
    ++counts_.translated;
    counts_.guest_instructions += spot.block->guests;
    counts_.bytes += spot.block->size;
    if (perf_map_ != nullptr) {
      std::fprintf(perf_map_, "%zx %x toy32 %08x, %s mode\n", reinterpret_cast<size_t>(mapping_.executable() + spot.block->code), spot.block->size,
                   spot.block->pc, page.key.mode == Mode::kernel ? "kernel" : "user");
    }
    return spot.block;
  }
  return nullptr;  // longer than a segment
}

void CodeCache::join(Link& link, Translated& to) {
  if (link.to != nullptr) std::erase(link.to->incoming, &link);
  link.to = &to;
  to.incoming.push_back(&link);
  emitter_.join(mapping_.writable(), link, to);
}

}  // namespace vmsim::jit
