#include "vcpu/ir/block.hpp"

#include <fmt/format.h>

#include <array>

#include "isa/isa.hpp"

namespace vmsim::ir {

const Shape& shape(Op op) {
  constexpr auto none = Type::none, word = Type::word, truth = Type::truth;
  static constexpr std::array shapes{
      Shape{"constant", word, none, none, none},
      Shape{"get", word, none, none, none},
      Shape{"get_csr", word, none, none, none},
      Shape{"add", word, word, word, none},
      Shape{"sub", word, word, word, none},
      Shape{"mul", word, word, word, none},
      Shape{"and", word, word, word, none},
      Shape{"or", word, word, word, none},
      Shape{"xor", word, word, word, none},
      Shape{"shl", word, word, word, none},
      Shape{"shr_u", word, word, word, none},
      Shape{"shr_s", word, word, word, none},
      Shape{"mulh_ss", word, word, word, none},
      Shape{"mulh_su", word, word, word, none},
      Shape{"mulh_uu", word, word, word, none},
      Shape{"div_u", word, word, word, none},
      Shape{"div_s", word, word, word, none},
      Shape{"rem_u", word, word, word, none},
      Shape{"rem_s", word, word, word, none},
      Shape{"not", word, word, none, none},
      Shape{"sext", word, word, none, none},
      Shape{"select", word, word, word, truth},
      Shape{"load", word, word, none, none, true},
      Shape{"truth", truth, none, none, none},
      Shape{"eq", truth, word, word, none},
      Shape{"ne", truth, word, word, none},
      Shape{"lt_u", truth, word, word, none},
      Shape{"lt_s", truth, word, word, none},
      Shape{"both", truth, truth, truth, none},
      Shape{"either", truth, truth, truth, none},
      Shape{"differ", truth, truth, truth, none},
      Shape{"negate", truth, truth, none, none},
      Shape{"choose", truth, truth, truth, truth},
      Shape{"set", none, word, none, none, true},
      Shape{"set_csr", none, word, none, none, true},
      Shape{"set_mode", none, word, none, none, true},
      Shape{"store", none, word, word, none, true},
      Shape{"exit_if", none, truth, none, none, true},
      Shape{"trap_if", none, truth, word, none, true},
      Shape{"go", none, none, none, none, true, true},
      Shape{"jump", none, word, none, none, true, true},
      Shape{"look", none, word, none, none, true, true},
      Shape{"trap", none, word, none, none, true, true},
      Shape{"leave", none, none, none, none, true, true},
  };
  static_assert(shapes.size() == static_cast<size_t>(Op::leave) + 1);
  return shapes[static_cast<size_t>(op)];
}

namespace {

std::string fields(const Node& n) {
  switch (n.op) {
    case Op::constant: return fmt::format(" {:#x}", n.k);
    case Op::truth: return n.k != 0 ? " true" : " false";
    case Op::get:
    case Op::set: return fmt::format(" x{}", n.what);
    case Op::get_csr:
    case Op::set_csr: return fmt::format(" {}", name(static_cast<Csr>(n.what)));
    case Op::load: return fmt::format(" {}{}", n.k != 0 ? "signed " : "", 8 * n.what);
    case Op::store: return fmt::format(" {}", 8 * n.what);
    case Op::sext: return fmt::format(" {}", n.k);
    case Op::exit_if:
    case Op::go:
    case Op::leave: return fmt::format(" {:08x}", n.k);
    case Op::trap_if:
    case Op::trap: return fmt::format(" {}", cause::name(n.k));
    default: return {};
  }
}

}  // namespace

std::string print(const Block& block) {
  std::string text;
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    const Node& n = block.nodes[i];
    const Shape& s = shape(n.op);
    const std::string result = s.result == Type::none ? "" : fmt::format("{:>5} = ", fmt::format("%{}", i));
    text += fmt::format("{:8}{}{}", result, s.name, fields(n));
    for (const Ref r : {n.c, n.a, n.b})
      if (r != no_ref) text += fmt::format(" %{}", r);
    text += '\n';
  }
  return text;
}

}  // namespace vmsim::ir
