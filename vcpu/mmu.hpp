// From virtual addresses to bytes: the page walk, the faults, devices, accesses that straddle pages, and a cache of
// translations for engines. A cached entry lets an engine reach host memory with one compare; everything else comes
// through here.
#pragma once

#include <array>
#include <bit>
#include <optional>

#include "vcpu/engine.hpp"

namespace vmsim {

/// One data access that did not hit the cache.
struct AccessResult {
  bool fault = false;
  bool device = false;           // it reached a device: interrupt lines and power may have changed
  uint32_t cause = 0, tval = 0;  // of the fault
  uint32_t value = 0;            // loaded, zero-extended
  Physical physical;             // of the first byte
};

struct TranslateResult {
  bool fault = false;
  uint32_t cause = 0;
  Physical physical;
  bool wide = false;  // the same holds for all the 4 MiB around: a superpage, or paging is off
};

/// What translation depends on besides the tables: satp, mode, SUM and MXR; or base and bound. With Sv32 off there is
/// one key, 0.
uint64_t translation_key(const Isa& isa, const Hart& hart);

/// Which entries of a table are in use, so that emptying it costs no more than filling it did.
template <size_t N>
class InUse {
 public:
  void add(size_t i) { bits_[i / 64] |= uint64_t{1} << i % 64; }
  /// Empties the entries in use for which `stale` holds.
  void empty(auto& table, auto&& stale) {
    for (size_t word = 0; word < bits_.size(); ++word)
      for (uint64_t left = bits_[word]; left != 0; left &= left - 1) {
        const auto bit = static_cast<size_t>(std::countr_zero(left));
        if (!stale(table[word * 64 + bit])) continue;
        table[word * 64 + bit] = {};
        bits_[word] &= ~(uint64_t{1} << bit);
      }
  }
  void empty(auto& table) {
    empty(table, [](const auto&) { return true; });
  }

 private:
  std::array<uint64_t, N / 64> bits_{};
};

/// Cached translations of one address space seen from one mode.
struct TranslationContext {
  /// `tag` is the virtual page's address; a host byte is at virtual address + addend. Nothing matches an empty tag,
  /// because a lookup keeps at most two low bits of an address.
  struct Entry {
    uint32_t tag = empty;
    uintptr_t addend = 0;
  };
  struct FetchEntry {
    uint32_t tag = empty;
    Physical page;
  };
  static constexpr uint32_t empty = 0xFFF;
  static constexpr size_t data_entries = 256, fetch_entries = 64;

  uint64_t key = ~uint64_t{0};  // a translation_key
  uint64_t used = 0;            // when it was last selected
  uint64_t generation = 0;      // no other context ever has it; a new one whenever fetches may have become other ones
  std::array<Entry, data_entries> read, write;
  std::array<FetchEntry, fetch_entries> fetch;
  InUse<data_entries> reads, writes;
  InUse<fetch_entries> fetches;

  /// The entry for `address`, and what its tag must be: an access that is misaligned matches none.
  static constexpr size_t data_slot(uint32_t address) { return address >> 12 & (data_entries - 1); }
  static constexpr uint32_t data_tag(uint32_t address, Width w) { return address & (0xFFFF'F000u | (static_cast<uint32_t>(w) - 1)); }
  /// The entry itself, found by its offset in bytes: one shift, where a slot's number takes two.
  static const Entry& data_entry(const std::array<Entry, data_entries>& table, uint32_t address) {
    constexpr int scale = std::countr_zero(sizeof(Entry));
    static_assert(sizeof(Entry) == size_t{1} << scale);
    const uint32_t offset = address >> (12 - scale) & (data_entries - 1) << scale;
    return *reinterpret_cast<const Entry*>(reinterpret_cast<const char*>(table.data()) + offset);
  }
  static constexpr size_t fetch_slot(uint32_t address) { return address >> 12 & (fetch_entries - 1); }
};

class Mmu {
 public:
  /// Without `cached`, every access walks; `races`, if there is one, hears of every walk.
  Mmu(const Isa& isa, Bus& bus, bool cached, FenceRaces* races = nullptr) : isa_(isa), bus_(bus), cached_(cached), races_(races) {}

  /// Makes the context of the hart's satp, mode and sstatus the current one.
  TranslationContext& select(const Hart& hart);

  AccessResult load(Hart& hart, Virtual address, Width width);
  AccessResult store(Hart& hart, Virtual address, uint32_t value, Width width);
  /// An access to a physical address, as if `address` had been translated to it; it does not straddle pages.
  AccessResult access_physical(Physical physical, Virtual address, Width width, Access access, uint32_t value);
  /// An address for `access`, made in the hart's mode; a result outside main memory is for the caller to judge.
  TranslateResult translate(Hart& hart, Virtual address, Access access);
  /// As `translate`, and outside main memory it faults: for fetches and atomics.
  TranslateResult translate_to_memory(Hart& hart, Virtual address, Access access);
  /// Where a data access lies that is simply main memory's, in one page, without a fault; remembers the page. Nothing
  /// for any other.
  std::optional<Physical> in_memory(Hart& hart, Virtual address, Width width, Access access);
  /// As `translate_to_memory` for the page of `address`; remembers it.
  TranslateResult fetch(Hart& hart, Virtual address);

  void flush(std::optional<Virtual> address);
  void flush_writes();
  void flush_fetches();

 private:
  AccessResult access(Hart& hart, Virtual address, Width width, Access access, uint32_t value);
  AccessResult access_straddling(Hart& hart, Virtual address, Width width, Access access, uint32_t value);
  void remember(Virtual address, Physical physical, Access access);

  const Isa& isa_;
  Bus& bus_;
  bool cached_;
  FenceRaces* races_;
  std::array<TranslationContext, 8> contexts_;
  size_t current_ = 0;
  uint64_t clock_ = 0, generations_ = 0;
};

}  // namespace vmsim
