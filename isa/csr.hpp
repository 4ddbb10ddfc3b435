// Control registers: their numbers, named fields and access rules, and what a CSR instruction does with them, over any
// machine (privileged specification 1.12, chapter 4; the choices are in docs/toy32.md). The rules are data, so that a variant can alter them.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "isa/format.hpp"
#include "isa/machine.hpp"
#include "isa/row.hpp"

namespace vmsim {

/// Bits `low` to `low + width - 1` of a register. Bits in no field read as zero and ignore writes.
struct CsrField {
  std::string_view name;
  uint8_t low = 0, width = 0;
  bool writable = true;
  [[nodiscard]] constexpr uint32_t mask() const { return static_cast<uint32_t>((uint64_t{1} << width) - 1) << low; }
};

/// Where a register's value comes from.
enum class CsrSource : uint8_t {
  stored,   // its own storage
  pending,  // sip: stored software bit, computed timer and external bits
  counter,  // read-only
};

struct CsrRule {
  std::string_view name;
  uint16_t number = 0;
  CsrSource source = CsrSource::stored;
  Csr storage = Csr::sstatus;
  Counter counter = Counter::cycle;
  uint8_t half = 0;  // of a counter: 0 is the low word
  UserRule user = UserRule::trap;
  uint32_t user_reads = 0, user_writes = 0;  // bits, where `user` is filter
  bool gated = true;                         // of a counter: user mode sees it where scounteren says so
  uint8_t field_count = 0;
  std::array<CsrField, 5> field_storage{};

  [[nodiscard]] constexpr std::span<const CsrField> fields() const { return {field_storage.data(), field_count}; }
  [[nodiscard]] constexpr uint32_t write_mask() const {
    uint32_t mask = 0;
    for (const CsrField& f : fields()) mask |= f.writable ? f.mask() : 0;
    return mask;
  }
  /// Numbers with both top bits set are read-only (privileged specification, section 2.1).
  [[nodiscard]] constexpr bool read_only() const { return number >> 10 == 3; }
};

namespace sstatus {
inline constexpr uint32_t sie = 1u << 1, spie = 1u << 5, spp = 1u << 8, sum = 1u << 18, mxr = 1u << 19;
}
namespace interrupt_bit {
inline constexpr uint32_t software = 1u << 1, timer = 1u << 5, external = 1u << 9;
}
namespace satp {
inline constexpr uint32_t mode = 1u << 31, asid_shift = 22, asid = 0x1FFu << asid_shift, ppn = (1u << 22) - 1;
}

/// True where a write to a register may change what the next step is: translation depends on it, or whether an interrupt is due.
constexpr bool decides_next_step(Csr r) {
  return r == Csr::sstatus || r == Csr::sie || r == Csr::sip || r == Csr::satp || r == Csr::stimecmp || r == Csr::stimecmph || r == Csr::base ||
         r == Csr::bound;
}

/// toy32's registers in the order of their numbers.
std::span<const CsrRule> toy32_csrs();
/// The same, and those that only variants have: `base` and `bound` of a `bounds` MMU.
std::span<const CsrRule> every_csr();

/// Time as `sip` sees it: STIP is time >= stimecmp, 64 bits, unsigned (Sstc).
template <class M>
constexpr typename M::Condition timer_pending(M& m) {
  auto low = m.counter(Counter::time, 0), high = m.counter(Counter::time, 1);
  auto at_low = m.csr(Csr::stimecmp), at_high = m.csr(Csr::stimecmph);
  return select(eq(high, at_high), !lt_u(low, at_low), lt_u(at_high, high));
}

/// The value of `sip`.
template <class M>
constexpr typename M::Value pending_interrupts(M& m) {
  using V = typename M::Value;
  return m.csr(Csr::sip) | select(timer_pending(m), V{interrupt_bit::timer}, V{0u}) | select(m.external_interrupt(), V{interrupt_bit::external}, V{0u});
}

template <class M>
constexpr typename M::Value read_csr(M& m, const CsrRule& rule) {
  switch (rule.source) {
    case CsrSource::stored: return m.csr(rule.storage);
    case CsrSource::pending: return pending_interrupts(m);
    case CsrSource::counter: return m.counter(rule.counter, rule.half);
  }
  return {};
}

template <class M>
constexpr void illegal_instruction(M& m) {
  m.trap(cause::illegal_instruction, m.word());
}

/// One CSR instruction: reads register `number` to `rd`; where `writes`, stores next(old), masked to the writable fields.
/// Traps as illegal when the register does not exist, when this mode may not see it, or when it cannot be written.
template <class M, class Next>
constexpr void csr_access(M& m, uint16_t number, Reg rd, bool writes, Next next) {
  using V = typename M::Value;
  const CsrRule* rule = m.isa().csr(number);
  if (rule == nullptr || (writes && rule->read_only())) return illegal_instruction(m);
  if (m.mode() == Mode::user) {
    if (rule->user == UserRule::trap) return illegal_instruction(m);
    if (rule->user == UserRule::ignore) return;
    if (rule->source == CsrSource::counter && rule->gated) {
      const uint32_t enabled = 1u << static_cast<int>(rule->counter);
      m.branch(eq(m.csr(Csr::scounteren) & V{enabled}, V{0u}), [&] { illegal_instruction(m); });
    }
  }
  const V whole = read_csr(m, *rule);
  const bool filtered = m.mode() == Mode::user && rule->user == UserRule::filter;
  const V old = filtered ? whole & V{rule->user_reads} : whole;
  const uint32_t writable = rule->write_mask() & (filtered ? rule->user_writes : ~0u);
  if (writes && writable == rule->write_mask()) m.set_csr(rule->storage, next(old) & V{writable});
  else if (writes && writable != 0) m.set_csr(rule->storage, (m.csr(rule->storage) & V{~writable}) | (next(old) & V{writable}));
  m.set(rd, old);
}

}  // namespace vmsim
