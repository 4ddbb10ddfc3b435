#include "check/proof/term.hpp"

namespace vmsim::check {

z3::context& context() {
  thread_local z3::context one;
  return one;
}

}  // namespace vmsim::check
