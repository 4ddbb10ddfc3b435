#include "check/proof/term.hpp"

#include <memory>

namespace vmsim::check {
namespace {

std::unique_ptr<z3::context>& current() {
  thread_local std::unique_ptr<z3::context> one = std::make_unique<z3::context>();
  return one;
}

}  // namespace

z3::context& context() { return *current(); }
void forget_terms() { current() = std::make_unique<z3::context>(); }

}  // namespace vmsim::check
