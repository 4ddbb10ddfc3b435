// An independent reference interpreter of toy32, written from docs/toy32.md and the RISC-V specifications alone. It
// shares no header with the rest of the project: isa/ defines an instruction once for every reader, and so a wrong row
// is wrong in all of them; only a second, separately written definition can show it. Nothing here is fast or clever:
// every step decodes its word with a switch, every access walks the page table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "reference/uart.hpp"

namespace vmsim::reference {

// Control registers by number.
inline constexpr uint32_t sstatus = 0x100, sie = 0x104, stvec = 0x105, scounteren = 0x106, sscratch = 0x140;
inline constexpr uint32_t sepc = 0x141, scause = 0x142, stval = 0x143, sip = 0x144, stimecmp = 0x14D, stimecmph = 0x15D;
inline constexpr uint32_t satp = 0x180, cycle = 0xC00, cycleh = 0xC80;

struct Hart {
  std::array<uint32_t, 32> x{};
  uint32_t pc = 0;
  bool kernel = true;
  std::array<uint32_t, 0x200> csr{};    // by number; sip holds its software bit alone
  std::optional<uint32_t> reservation;  // a physical address
  uint64_t steps = 0, idle = 0, instret = 0;

  Hart() { csr[stimecmp] = csr[stimecmph] = ~0u; }
  [[nodiscard]] uint64_t time() const { return (steps + idle) / 100; }
  [[nodiscard]] uint64_t timer() const { return uint64_t{csr[stimecmph]} << 32 | csr[stimecmp]; }
  [[nodiscard]] uint32_t pending() const { return csr[sip] | (time() >= timer() ? 1u << 5 : 0u); }
  /// The value that reading a control register in kernel mode gives, or nothing where there is none.
  [[nodiscard]] std::optional<uint32_t> read(uint32_t number) const;
};

enum class Event : uint8_t { none, trap, interrupt, firmware };
enum class Stop : uint8_t { power, idle };

struct RegisterWrite {
  uint32_t reg = 0, value = 0;
};
struct MemoryAccess {
  bool store = false;
  uint32_t size = 0, virtual_address = 0, physical_address = 0, value = 0;
};

/// What one step did.
struct Step {
  uint64_t step = 0;
  bool kernel = true;
  uint32_t pc = 0, word = 0;
  Event event = Event::none;
  uint32_t cause = 0, epc = 0, tval = 0, next_pc = 0;
  std::vector<RegisterWrite> registers;
  std::vector<MemoryAccess> memory;
};

struct Machine {
  static constexpr uint32_t ram_base = 0x8000'0000, power_base = 0x0010'0000, uart_base = 0x1000'0000;

  explicit Machine(uint32_t ram_size) : ram(ram_size) {}
  Step step();

  Hart hart;
  std::vector<uint8_t> ram;
  Uart uart;
  std::optional<Stop> stopped;
  uint32_t exit_code = 0;
  /// satp and virtual page → the entries that translated it last, since the last fence.
  std::unordered_map<uint64_t, uint64_t> translated;
  /// True once a translation was used that was changed and not fenced: others may rightly differ from then on.
  bool fence_racy = false;
};

}  // namespace vmsim::reference
