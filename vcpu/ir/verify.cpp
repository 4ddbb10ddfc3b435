#include "vcpu/ir/verify.hpp"

#include <fmt/format.h>

#include "isa/csr.hpp"

namespace vmsim::ir {
namespace {

bool is_width(uint8_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4; }

const char* fields_wrong(const Node& n) {
  switch (n.op) {
    case Op::get:
    case Op::set: return n.what == 0 || n.what > 31 ? "names no register that can be written" : nullptr;
    case Op::get_csr:
    case Op::set_csr: return n.what >= csr_count ? "names no control register" : nullptr;
    case Op::load: return !is_width(n.what) || n.k > 1 || (n.k == 1 && n.what == 4) ? "has no such width" : nullptr;
    case Op::store: return !is_width(n.what) ? "has no such width" : nullptr;
    case Op::sext: return n.k < 1 || n.k > 32 ? "extends from no bit" : nullptr;
    case Op::truth: return n.k > 1 ? "is neither true nor false" : nullptr;
    default: return nullptr;
  }
}

}  // namespace

std::string verify(const Block& block) {
  const auto wrong = [](size_t i, std::string_view what) { return fmt::format("node %{} {}", i, what); };
  if (block.nodes.empty()) return "the block is empty";
  if (block.count > block.guests.size()) return "more instructions retire than there are";
  uint16_t at = 0;
  for (size_t i = 0; i < block.nodes.size(); ++i) {
    const Node& n = block.nodes[i];
    const Shape& s = shape(n.op);
    const auto fits = [&](Ref r, Type wanted) {
      if (wanted == Type::none) return r == no_ref;
      return r < i && shape(block.nodes[r].op).result == wanted;
    };
    if (!fits(n.a, s.a) || !fits(n.b, s.b) || !fits(n.c, s.c)) return wrong(i, "has an operand that is not there, comes later, or is of another type");
    if (const char* what = fields_wrong(n)) return wrong(i, what);
    if (n.at >= block.guests.size()) return wrong(i, "belongs to no instruction");
    if (n.at < at && s.effect) return wrong(i, "is out of order");
    if (s.effect) at = n.at;
    if (s.end != (i + 1 == block.nodes.size())) return wrong(i, s.end ? "ends the block before its end" : "is last and does not end the block");
  }
  return {};
}

}  // namespace vmsim::ir
