#include "vcpu/ir/evaluate.hpp"

#include "vcpu/ir/fold.hpp"

namespace vmsim::ir {

Outcome evaluate(const Block& block, Hart& hart, const DataAccess& memory) {
  std::vector<uint32_t> values(block.nodes.size());  // a truth value is 0 or 1
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    const Node& n = block.nodes[i];
    const auto value = [&](Ref r) { return values[r]; };
    const Guest& guest = block.guests[n.at];
    const auto trap = [&](uint32_t tval) { return Outcome{Left::trap, guest.pc, n.at, n.k, tval, guest.word}; };
    uint32_t& result = values[i];
    switch (n.op) {
      case Op::constant:
      case Op::truth: result = n.k; break;
      case Op::get: result = hart.x[n.what]; break;
      case Op::get_csr: result = hart.csr[n.what]; break;
      case Op::not_: result = ~value(n.a); break;
      case Op::sext: result = sext(Word{value(n.a)}, static_cast<int>(n.k)).bits; break;
      case Op::negate: result = value(n.a) ^ 1; break;
      case Op::select:
      case Op::choose: result = value(n.c) != 0 ? value(n.a) : value(n.b); break;
      case Op::load: {
        const auto loaded = memory.load(value(n.a), static_cast<Width>(n.what));
        if (!loaded) return {Left::step, guest.pc, n.at};
        result = n.k != 0 ? sext(Word{*loaded}, 8 * n.what).bits : *loaded;
        break;
      }
      case Op::set: hart.x[n.what] = value(n.a); break;
      case Op::set_csr: hart.csr[n.what] = value(n.a); break;
      case Op::set_mode: hart.mode = static_cast<Mode>(value(n.a) & 1); break;
      case Op::store:
        if (!memory.store(value(n.a), value(n.b), static_cast<Width>(n.what))) return {Left::step, guest.pc, n.at};
        break;
      case Op::exit_if:
        if (value(n.a) != 0) return {Left::on, n.k, n.at + 1u};
        break;
      case Op::trap_if:
        if (value(n.a) != 0) return trap(value(n.b));
        break;
      case Op::go: return {Left::on, n.k, block.count};
      case Op::jump: return {Left::on, value(n.a), block.count};
      case Op::look: return {Left::look, value(n.a), block.count};
      case Op::trap: return trap(value(n.a));
      case Op::leave: return {Left::step, n.k, block.count};
      default:
        if (is_binary(n.op)) result = fold(n.op, value(n.a), value(n.b));
        else if (is_comparison(n.op)) result = fold_comparison(n.op, value(n.a), value(n.b));
        else result = fold_logic(n.op, value(n.a) != 0, value(n.b) != 0);
    }
  }
  __builtin_unreachable();
}

}  // namespace vmsim::ir
