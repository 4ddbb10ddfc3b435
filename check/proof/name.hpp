// Names of what is arbitrary in a state. Both engines make their states from these: the proof as variables, the trials as random or given words.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "isa/format.hpp"

namespace vmsim::check {

/// One variable. `which` is 0 where the states of a question share it, else the state's number.
struct Name {
  enum class Kind : uint8_t {
    word,
    pc,
    csr,
    counter,
    reserved,
    reservation,
    external,
    registers,
    window,
    direct,
    physical,
    slice,        // how much further on the guest's memory lies than it believes
    memory_at,    // where it believes its memory to begin
    memory_size,  // and how long that is
  };
  Kind kind = Kind::word;
  uint8_t index = 0, which = 0;
  auto operator<=>(const Name&) const = default;
};
std::string text(Name name);

/// Functions about which nothing is known: faults of the guest's view, by access; pages that the shadow lacks; where an address lies.
enum class Function : uint8_t { no_load, no_store, not_filled, word_of, relocated, table_ok, table_word };
const char* text(Function f);

/// Codes of the registers that the instruction's operands name; those below are registers by number.
inline constexpr Reg code_rd = 32, code_rs1 = 33, code_rs2 = 34;
constexpr unsigned operand_low(Reg code) { return code == code_rd ? 7 : code == code_rs1 ? 15 : 20; }

}  // namespace vmsim::check
