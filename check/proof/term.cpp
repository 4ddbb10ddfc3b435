#include "check/proof/term.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "isa/word.hpp"

namespace vmsim::check {
namespace {

std::unique_ptr<z3::context>& current() {
  thread_local std::unique_ptr<z3::context> one = std::make_unique<z3::context>();
  return one;
}

}  // namespace

namespace {

std::optional<uint32_t> opaque_result(const std::string& name, Word a, Word b) {
  if (name == "mul") return (a * b).bits;
  if (name == "mulh_ss") return mulh_ss(a, b).bits;
  if (name == "mulh_su") return mulh_su(a, b).bits;
  if (name == "mulh_uu") return mulh_uu(a, b).bits;
  if (name == "div_u") return div_u(a, b).bits;
  if (name == "rem_u") return rem_u(a, b).bits;
  if (name == "div_s") return div_s(a, b).bits;
  if (name == "rem_s") return rem_s(a, b).bits;
  return std::nullopt;
}

void collect(const z3::expr& e, std::set<unsigned>& seen, std::vector<Opaque>& found) {
  if (!e.is_app() || !seen.insert(Z3_get_ast_id(e.ctx(), e)).second) return;
  for (unsigned i = 0; i < e.num_args(); ++i) collect(e.arg(i), seen, found);
  if (e.num_args() == 2 && e.decl().decl_kind() == Z3_OP_UNINTERPRETED && opaque_result(e.decl().name().str(), 0u, 0u))
    found.push_back({e, e.arg(0), e.arg(1)});
}

}  // namespace

uint32_t Opaque::result(uint32_t of_a, uint32_t of_b) const { return *opaque_result(term.decl().name().str(), of_a, of_b); }

z3::expr Opaque::at(uint32_t of_a, uint32_t of_b) const {
  z3::context& z = term.ctx();
  return a == z.bv_val(of_a, 32) && b == z.bv_val(of_b, 32) && term == z.bv_val(result(of_a, of_b), 32);
}

std::vector<Opaque> opaque_terms(const z3::expr& formula) {
  std::set<unsigned> seen;
  std::vector<Opaque> found;
  collect(formula, seen, found);
  return found;
}

z3::context& context() { return *current(); }
void forget_terms() { current() = std::make_unique<z3::context>(); }

}  // namespace vmsim::check
