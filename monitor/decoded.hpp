// Guest instructions as the emulator keeps them: decoded once per word, with what the real hart does about them in real user mode. A word
// decodes to the same instruction wherever it lies, so nothing here goes stale.
#pragma once

#include <array>

#include "isa/format.hpp"
#include "isa/isa.hpp"
#include "isa/word.hpp"

namespace vmsim {

/// An instruction of the virtual kernel on the real hart, which is in user mode.
enum class Directly : uint8_t {
  exits,  // privileged: it traps, and is emulated
  same,   // innocuous: it does there what it does in kernel mode, to registers, pc and memory alone
  other,  // neither can be said, or it is not worth saying: calls, atomics, fences, what a variant added or leaves sensitive
};

struct Decoded {
  uint32_t word = 0;
  Op op = illegal_op;
  Directly directly = Directly::other;
  bool jumps = false;  // always, and by operands.imm from where it lies
  Operands<Word> operands;
};

/// What the real hart does about `i` in real user mode, on a kernel's behalf.
Directly directly(const Isa& isa, const Instruction& i);

class DecodedWords {
 public:
  explicit DecodedWords(const Isa& isa);
  /// Valid until the next call.
  const Decoded& operator[](uint32_t word) {
    Decoded& entry = entries_[(word >> 7 ^ word >> 20 ^ word >> 2) % entries_.size()];
    if (entry.word != word) entry = decode(word);
    return entry;
  }

 private:
  [[nodiscard]] Decoded decode(uint32_t word) const;

  const Isa& isa_;
  std::array<Decoded, 256> entries_;
};

}  // namespace vmsim
