// Repair: a smallest set of changes that makes an instruction set virtualizable, each a change that hardware could have had: an encoding traps in user mode,
// a read is gated by an enable bit, a field is hidden, a trap keeps what it took. Needs Z3.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "check/decide.hpp"

namespace vmsim::check {

struct Change {
  enum class Kind : uint8_t { trap, gate, hide, keep_reservation, save_register };
  Kind kind = Kind::trap;
  std::string name;  // of the instruction or control register
  bool is_csr = false;
  uint32_t mask = 0;  // of the fields to hide
  bool operator==(const Change&) const = default;
};

struct Repair {
  Answer found = Answer::unknown;  // yes also where nothing needed repair; no: none of the changes that were considered helps
  std::string because;
  std::vector<Change> changes;
  std::unique_ptr<const Isa> isa;  // the repaired instruction set
  Report report;                   // and the proof: what deciding it said
  uint64_t tried = 0;              // instruction sets decided on the way
};

/// "popf traps in user mode"
std::string text(const Isa& isa, const Change& change);
/// The changed table whole, in the language of variants: it replaces that of the same name, or is added.
std::string toml(const Isa& repaired, const Change& change);
std::unique_ptr<const Isa> changed(const Isa& isa, const std::vector<Change>& changes);

/// `report` is what decide() said of `isa`. Sets are tried by size, beginning at what the failing classes need at least. A set counts whose members each take
/// away some failure by themselves.
Repair repair(const Isa& isa, const Report& report, const Options& options);

}  // namespace vmsim::check
