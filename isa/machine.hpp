// The machine concept: the vocabulary of effects in which every row of the table, trap entry, the CSR rules and the
// page walk are written. Whatever reads the definition (interpreter, monitor, proof, translator, manual) implements it.
// Rules: mode() is concrete, so an `if` on it is plain C++; a condition on data goes through select() or branch();
// a trap is sticky: after it no effect of the same step commits.
#pragma once

#include <concepts>
#include <cstdint>

namespace vmsim {

class Isa;

/// Privilege mode, with RISC-V's encoding of supervisor as `kernel` (privileged specification, table 1.1).
enum class Mode : uint8_t { user = 0, kernel = 1 };

/// What an access is for; decides the cause of its faults. An AMO and SC fault as stores do.
enum class Access : uint8_t { fetch, load, store };

/// Bytes of one access.
enum class Width : uint8_t { byte = 1, half = 2, word = 4 };

/// Exception causes (privileged specification 1.12, table 4.2); interrupts have bit 31 set.
namespace cause {
inline constexpr uint32_t fetch_misaligned = 0;
inline constexpr uint32_t fetch_access = 1;
inline constexpr uint32_t illegal_instruction = 2;
inline constexpr uint32_t breakpoint = 3;
inline constexpr uint32_t load_misaligned = 4;
inline constexpr uint32_t load_access = 5;
inline constexpr uint32_t store_misaligned = 6;
inline constexpr uint32_t store_access = 7;
inline constexpr uint32_t user_ecall = 8;
inline constexpr uint32_t kernel_ecall = 9;
inline constexpr uint32_t fetch_page = 12;
inline constexpr uint32_t load_page = 13;
inline constexpr uint32_t store_page = 15;
inline constexpr uint32_t interrupt = 0x8000'0000;
inline constexpr uint32_t software_interrupt = interrupt | 1;
inline constexpr uint32_t timer_interrupt = interrupt | 5;
inline constexpr uint32_t external_interrupt = interrupt | 9;

constexpr uint32_t page_fault(Access a) { return a == Access::fetch ? fetch_page : a == Access::load ? load_page : store_page; }
constexpr uint32_t access_fault(Access a) { return a == Access::fetch ? fetch_access : a == Access::load ? load_access : store_access; }
/// The cause's name as the specification has it, in lower case with hyphens ("illegal-instruction").
const char* name(uint32_t cause);
}  // namespace cause

/// Control registers with storage. `sip` stores only its software bit; timer and external are computed.
enum class Csr : uint8_t {
  sstatus,
  sie,
  stvec,
  scounteren,
  sscratch,
  sepc,
  scause,
  stval,
  sip,
  satp,
  stimecmp,
  stimecmph,
  base,  // relocation and bound: only where the MMU is `bounds`
  bound,
};
inline constexpr int csr_count = 14;

/// The three 64-bit counters; `half` 0 is the low word.
enum class Counter : uint8_t { cycle, time, instret };

/// What sfence.vma names. An absent part means "all".
template <class V>
struct FlushScope {
  bool every_address = true;
  bool every_space = true;
  V address{};
  V space{};
};

/// One 32-bit word read from physical memory by the page walk; `ok` is false where no memory is.
template <class V, class F>
struct PhysicalWord {
  F ok;
  V value;
};

/// What rows, trap entry and CSR rules need. Types: Value, a 32-bit word; Condition, a truth value that is not a bool.
template <class M>
concept MachineConcept = requires(M& m, typename M::Value v, typename M::Condition f, uint8_t reg, Width w, Access a, Csr r, Counter n, uint32_t k) {
  { m.isa() } -> std::convertible_to<const Isa&>;
  { m.mode() } -> std::same_as<Mode>;
  {m.set_mode(v)};  // 0 user, 1 kernel
  { m.pc() } -> std::same_as<typename M::Value>;
  {m.set_pc(v)};                                    // where the next step starts; otherwise pc + 4
  { m.word() } -> std::same_as<typename M::Value>;  // the instruction's own encoding
  { m.x(reg) } -> std::same_as<typename M::Value>;
  {m.set(reg, v)};                                  // writes to x0 are dropped
  { m.csr(r) } -> std::same_as<typename M::Value>;  // raw storage; the rules are in csr.hpp
  {m.set_csr(r, v)};
  { m.counter(n, 0) } -> std::same_as<typename M::Value>;  // 0 the low word, 1 the high one
  { m.external_interrupt() } -> std::same_as<typename M::Condition>;
  { m.load(v, w) } -> std::same_as<typename M::Value>;  // virtual address; zero-extended
  {m.store(v, v, w)};
  { m.atomic(v, a) } -> std::same_as<typename M::Value>;  // physical address of an aligned word in main memory
  {m.reserve(v)};                                         // LR: remember this physical word
  { m.reserved(v) } -> std::same_as<typename M::Condition>;
  {m.release()};
  {m.trap(k, v)};        // cause, stval
  {m.branch(f, [] {})};  // do the second only where the first holds
  {m.wait()};            // wfi
  {m.fence_instructions()};
  {m.flush(FlushScope<typename M::Value>{})};
};

/// What the page walk needs: control registers, and words of main memory by (page number, byte offset in the page).
template <class M>
concept PageTableReader = requires(M& m, typename M::Value v, Csr r) {
  { m.csr(r) } -> std::same_as<typename M::Value>;
  { m.physical_word(v, v) } -> std::same_as<PhysicalWord<typename M::Value, typename M::Condition>>;
};

}  // namespace vmsim
