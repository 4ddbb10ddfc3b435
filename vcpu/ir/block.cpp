#include "vcpu/ir/block.hpp"

#include <fmt/format.h>

#include <array>

#include "isa/isa.hpp"

namespace vmsim::ir {

namespace {
constexpr auto none = Type::none, word = Type::word, truth = Type::truth;
}
const std::array<Shape, operations> shapes = std::to_array<Shape>({
    {"constant", word, none, none, none},
    {"get", word, none, none, none},
    {"get_csr", word, none, none, none},
    {"add", word, word, word, none},
    {"sub", word, word, word, none},
    {"mul", word, word, word, none},
    {"and", word, word, word, none},
    {"or", word, word, word, none},
    {"xor", word, word, word, none},
    {"shl", word, word, word, none},
    {"shr_u", word, word, word, none},
    {"shr_s", word, word, word, none},
    {"mulh_ss", word, word, word, none},
    {"mulh_su", word, word, word, none},
    {"mulh_uu", word, word, word, none},
    {"div_u", word, word, word, none},
    {"div_s", word, word, word, none},
    {"rem_u", word, word, word, none},
    {"rem_s", word, word, word, none},
    {"not", word, word, none, none},
    {"sext", word, word, none, none},
    {"select", word, word, word, truth},
    {"load", word, word, none, none, true},
    {"truth", truth, none, none, none},
    {"eq", truth, word, word, none},
    {"ne", truth, word, word, none},
    {"lt_u", truth, word, word, none},
    {"lt_s", truth, word, word, none},
    {"both", truth, truth, truth, none},
    {"either", truth, truth, truth, none},
    {"differ", truth, truth, truth, none},
    {"negate", truth, truth, none, none},
    {"choose", truth, truth, truth, truth},
    {"set", none, word, none, none, true},
    {"set_csr", none, word, none, none, true},
    {"set_mode", none, word, none, none, true},
    {"store", none, word, word, none, true},
    {"exit_if", none, truth, none, none, true},
    {"trap_if", none, truth, word, none, true},
    {"go", none, none, none, none, true, true},
    {"jump", none, word, none, none, true, true},
    {"look", none, word, none, none, true, true},
    {"trap", none, word, none, none, true, true},
    {"leave", none, none, none, none, true, true},
});

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
