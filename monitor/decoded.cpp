#include "monitor/decoded.hpp"

#include "isa/effects.hpp"

namespace vmsim {
namespace {

constexpr auto row_effects = []<int... Row>(std::integer_sequence<int, Row...>) { return std::array<Effects, row_count>{effects<Row>()...}; }
(std::make_integer_sequence<int, row_count>{});

}  // namespace

Directly directly(const Isa& isa, const Instruction& i) {
  if (!i.legal()) return Directly::other;
  const RowInfo& row = isa.row(i.op);
  if (row.user == UserRule::trap) return Directly::exits;
  if (row.user != UserRule::execute || row.does != nullptr) return Directly::other;
  if (layout(row.format).csr) {
    // Every counter is closed to the real hart's user mode.
    const CsrRule* rule = isa.csr(i.csr());
    const bool closed =
        rule != nullptr && (rule->user == UserRule::trap || (rule->user == UserRule::execute && rule->source == CsrSource::counter && rule->gated));
    return closed ? Directly::exits : Directly::other;
  }
  const Effects& does = row_effects[i.op];
  const bool always_traps = does.traps && !does.sets_pc;
  return does.system || does.atomic || always_traps ? Directly::other : Directly::same;
}

DecodedWords::DecodedWords(const Isa& isa) : isa_(isa) { entries_.fill(decode(0)); }

Decoded DecodedWords::decode(uint32_t word) const {
  const Instruction i = isa_.decode(word);
  return {word, i.op, directly(isa_, i), i.legal() && isa_.row(i.op).format == Format::Jump,
          i.legal() ? decode_operands<Word>(isa_.row(i.op).format, word) : Operands<Word>{}};
}

}  // namespace vmsim
