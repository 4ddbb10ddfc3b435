// What the checker finds out about an instruction set: plain values, without Z3. The questions are those of docs/popek-goldberg.md; everything that
// shows, repairs or uses a verdict (tables, witnesses' guests, the translator) reads this and nothing else of the checker.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/isa.hpp"

namespace vmsim::check {

/// `unknown` is a question that ran out of effort or that no model could be shown for: never a pass.
enum class Answer : uint8_t { no, yes, configured, unknown };

/// The questions asked about one encoding class. Pairs are named by the modes of their two states.
enum class Query : uint8_t {
  privileged,            // PRIV: for all s, traps in user mode and not in kernel mode
  user_traps,            // UTRAP: for all s in user mode it traps; weak privilege
  kernel_traps,          // for all s in kernel mode it traps; with the one above: always traps
  control_kernel,        // CS({kernel})
  control_user,          // CS({user})
  literal_control,       // CS as printed: mode or relocation only
  location_kernel,       // BS, location: both states in kernel mode
  location_user,         // BS, location: both in user mode
  mode,                  // BS, mode: kernel and user
  hidden_kernel,         // BS, hidden state: both in kernel mode
  hidden_user,           // BS, hidden state: both in user mode
  trap_location_kernel,  // TS, as the pairs above
  trap_location_user,
  trap_mode_kernel,  // does not trap in kernel mode, traps in user mode
  trap_mode_user,    // does not trap in user mode, traps in kernel mode
  trap_hidden_kernel,
  trap_hidden_user,
  time_kernel,  // TIME
  time_user,
  commutes_kernel,  // TOC, of the virtual kernel
  commutes_user,    // TOC, of the virtual user
  commutes_freely,  // TOC of both, whatever the real control registers hold
  emulated_kernel,  // EMU
  emulated_user,
};
inline constexpr size_t query_count = 24;
/// "behaviour-sensitive (mode)"
const char* name(Query query);
/// Whether `yes` is something that a state or a pair of states shows; of the others `no` is.
constexpr bool is_existential(Query q) { return q >= Query::control_kernel && q <= Query::time_user; }

struct MemoryByte {
  uint32_t address = 0;
  uint8_t value = 0;
  bool operator==(const MemoryByte&) const = default;
};

/// One state of the machine. `csr` holds R (satp, base, bound) and H (the rest).
struct WitnessState {
  Mode mode = Mode::kernel;
  std::array<uint32_t, 32> x{};
  uint32_t pc = 0;
  std::array<uint32_t, csr_count> csr{};
  std::array<uint64_t, 3> counters{};  // by Counter
  bool external_interrupt = false;
  bool reserved = false;
  uint32_t reservation = 0;
  std::vector<MemoryByte> memory;                // the bytes that the instruction reads, by virtual address, as the guest sees them
  std::vector<MemoryByte> physical;              // those that it reaches without relocation, by physical address
  std::vector<uint32_t> unreadable, unwritable;  // virtual addresses, among those that it uses

  [[nodiscard]] uint32_t operator[](Csr r) const { return csr[static_cast<size_t>(r)]; }
};

/// What a state became, or how it trapped.
struct WitnessResult {
  bool trapped = false;
  uint32_t cause = 0, tval = 0;
  WitnessState after;
};

/// Shows the answer to one question: one state, or two that are alike but for what the question varies.
struct Witness {
  Query query = Query::privileged;
  uint32_t word = 0;                   // the instruction with its operands
  std::vector<WitnessState> states;    // one or two
  std::vector<WitnessResult> results;  // of each
  std::string difference;              // "x5: 00000001, 00000000"
  bool replayed = false;               // the concrete machine shows the same
};

struct Finding {
  Answer answer = Answer::unknown;
  Answer antecedent = Answer::unknown;  // whether anything satisfies what the question supposes; `no` makes it vacuous
  int witness = -1;                     // of ClassVerdict::witnesses
  std::string reason;                   // why it is unknown; else empty
  double seconds = 0;                   // that it took, with its trials or its witness
};

/// A field of a control register that the monitor keeps at a value.
struct Setting {
  Csr csr = Csr::scounteren;
  uint32_t mask = 0, value = 0;
  bool operator==(const Setting&) const = default;
};
/// "scounteren.TM = 0"
std::string text(const Isa& isa, const std::vector<Setting>& settings);

/// Words that one verdict covers: (word & mask) == match, and where `source` says so, bits 19..15 are zero or are not.
struct EncodingClass {
  enum class Source : uint8_t { any, zero, not_zero };
  std::string name;         // "csrrs sstatus (reads)"
  std::string instruction;  // "csrrs"; "(illegal)" for words that are no instruction
  Op op = illegal_op;
  uint32_t mask = 0, match = 0;
  Source source = Source::any;
  std::optional<uint16_t> csr;  // the number, where the class has one
  bool any_other_csr = false;   // every number that is no register; `csr` is one of them
  [[nodiscard]] bool covers(const Isa& isa, uint32_t word) const;
};

struct ClassVerdict {
  EncodingClass encoding;
  std::array<Finding, query_count> findings;
  std::vector<Witness> witnesses;
  std::vector<Setting> settings;   // under which user mode traps, where it does not always; empty where there are none
  std::vector<Setting> withdrawn;  // the same, where some instruction that user mode runs untrapped can undo them
  double seconds = 0;
  bool reused = false;  // from an earlier check of the same semantics

  [[nodiscard]] const Finding& operator[](Query q) const { return findings[static_cast<size_t>(q)]; }
  [[nodiscard]] Finding& operator[](Query q) { return findings[static_cast<size_t>(q)]; }
  [[nodiscard]] bool is(Query q) const { return (*this)[q].answer == Answer::yes; }
  [[nodiscard]] bool always_traps() const { return is(Query::user_traps) && is(Query::kernel_traps); }
  /// SENS and USER of the extended reading; `unknown` where a question that would decide is.
  [[nodiscard]] Answer sensitive() const;
  [[nodiscard]] Answer user_sensitive() const;
  [[nodiscard]] Answer literally_sensitive() const;
  [[nodiscard]] Answer literally_user_sensitive() const;
  [[nodiscard]] Answer time_sensitive() const;
  /// SENS implies UTRAP, and USER implies UTRAP: `configured` where `settings` makes it so.
  [[nodiscard]] Answer theorem1() const;
  [[nodiscard]] Answer theorem3() const;
  /// The same as the paper prints them: without hidden state, and with its "privileged".
  [[nodiscard]] Answer literal_theorem1() const;
  [[nodiscard]] Answer literal_theorem3() const;
  /// Theorem 1 with the paper's note to behaviour sensitivity: pairs of states whose second is in kernel mode do not count.
  [[nodiscard]] Answer theorem1_by_the_note() const;
  /// That it does not show the time without a trap.
  [[nodiscard]] Answer timeless() const;
  /// TOC and EMU.
  [[nodiscard]] Answer commutes() const;
  [[nodiscard]] Answer emulated() const;
  /// Every class name that applies: "privileged", "weakly privileged", "control-sensitive (kernel)", "behaviour-sensitive (hidden)", "trap-sensitive",
  /// "time-sensitive", "innocuous", "always traps".
  [[nodiscard]] std::vector<std::string> classes() const;
  /// The witness to show first: of whatever makes the class fail, else of what it is. Null where there is none.
  [[nodiscard]] const Witness* witness() const;
};

struct Theorem {
  Answer holds = Answer::unknown;
  std::string because;
};

struct Report {
  std::string variant, models;
  uint64_t hash = 0;                                          // of everything that decides the verdicts
  Theorem literal1, literal3;                                 // the paper's words, ⟨E, M, P, R⟩
  Theorem theorem1, theorem2, theorem3;                       // extended
  Theorem safe, reversible, emulation, product, translation;  // SAFE and its parts; `translation`: equal keys, equal walks
  std::vector<Setting> configuration;                         // what the monitor keeps, where a verdict is `configured`
  std::vector<ClassVerdict> classes;
  std::vector<std::string> product_witness;  // the sequence that goes wrong, one instruction a line
  std::vector<std::string> bugs;             // engines that disagree, witnesses that do not replay: of vmsim, not of the variant
  uint64_t queries = 0, by_simplification = 0;
  double seconds = 0;

  /// The class that covers `word`, or null.
  [[nodiscard]] const ClassVerdict* find(const Isa& isa, uint32_t word) const;
};

/// Everything that decides the verdicts of an instruction set: rows, rules, added semantics, MMU and traps.
uint64_t hash(const Isa& isa);

const char* name(Answer answer);

}  // namespace vmsim::check
