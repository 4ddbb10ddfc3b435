// What one step did, as the guest sees it: the one thing behind trace, lock-step comparison, replay and grading. A monitor
// never shows in it: under every technique a guest's records are those of bare metal.
#pragma once

#include <array>
#include <cstdint>

#include "isa/machine.hpp"

namespace vmsim {

/// A list of at most N, stored in place.
template <class T, int N>
struct Few {
  std::array<T, N> items{};
  int count = 0;
  void add(const T& item) {
    if (count < N) items[static_cast<size_t>(count++)] = item;
  }
  [[nodiscard]] const T* begin() const { return items.data(); }
  [[nodiscard]] const T* end() const { return items.data() + count; }
  [[nodiscard]] bool empty() const { return count == 0; }
  bool operator==(const Few& other) const {
    if (count != other.count) return false;
    for (int i = 0; i < count; ++i)
      if (!(items[static_cast<size_t>(i)] == other.items[static_cast<size_t>(i)])) return false;
    return true;
  }
};

struct RegisterWrite {
  uint8_t reg = 0;
  uint32_t value = 0;
  bool operator==(const RegisterWrite&) const = default;
};

struct MemoryAccess {
  bool is_store = false;
  Width width = Width::word;
  uint32_t virtual_address = 0;
  uint32_t physical_address = 0;  // guest-physical, of the first byte
  uint32_t value = 0;             // zero-extended
  bool operator==(const MemoryAccess&) const = default;
};

struct CsrWrite {
  Csr csr = Csr::sstatus;
  uint32_t value = 0;  // as stored
  bool operator==(const CsrWrite&) const = default;
};

enum class Event : uint8_t {
  none,       // the instruction retired
  trap,       // it trapped into the guest's kernel
  interrupt,  // an interrupt was taken instead; nothing was fetched
  firmware,   // ecall from the kernel: the firmware answered
};

struct Record {
  uint64_t step = 0;  // steps completed before this one
  uint32_t hart = 0;
  Mode mode = Mode::kernel;  // virtual mode, before the step
  uint32_t pc = 0;
  uint32_t word = 0;                // 0 where nothing was fetched
  Few<RegisterWrite, 2> registers;  // two only for a firmware call
  Few<MemoryAccess, 2> memory;      // two only for an AMO: its load, then its store
  Few<CsrWrite, 4> csrs;
  Event event = Event::none;
  uint32_t cause = 0, epc = 0, tval = 0;  // of a trap or interrupt
  uint32_t next_pc = 0;
  bool operator==(const Record&) const = default;
};

}  // namespace vmsim
