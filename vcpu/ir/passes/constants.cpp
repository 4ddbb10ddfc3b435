// Constant propagation, forwards over the straight block: a node's value, once known, makes the node a constant; a register that was set
// to a constant is one until it is set again. What a known condition decides goes with it.
#include "vcpu/ir/fold.hpp"
#include "vcpu/ir/passes/passes.hpp"

namespace vmsim::ir {
namespace {

/// A value, where it is known.
struct Known {
  bool is = false;
  uint32_t k = 0;
  explicit operator bool() const { return is; }
  uint32_t operator*() const { return k; }
};

class Constants {
 public:
  explicit Constants(Block& block) : nodes_(block.nodes), keep_(block, true), instead_(block, no_ref) {}

  void run(Block& block) {
    for (size_t i = 0; i < nodes_.size(); ++i) visit(nodes_[i], i);
    if (dropped_) compact(block, keep_);
  }

 private:
  [[nodiscard]] Known known(Ref r) const {
    const Node& n = nodes_[r];
    if (n.op == Op::constant || n.op == Op::truth) return {true, n.k};
    return {};
  }
  static void become(Node& n, uint32_t k) {
    const bool truth = shape(n.op).result == Type::truth;
    n = {.op = truth ? Op::truth : Op::constant, .at = n.at, .k = k};
  }
  /// Users of n use `r` from now on.
  void forward(Node& n, Ref r) {
    instead_[static_cast<size_t>(&n - nodes_.data())] = r;
    forwarded_ = true;
  }

  void visit(Node& n, size_t i) {
    if (forwarded_)
      for (Ref* operand : {&n.a, &n.b, &n.c})
        if (*operand != no_ref && instead_[*operand] != no_ref) *operand = instead_[*operand];
    const Known a = n.a != no_ref ? known(n.a) : Known{}, b = n.b != no_ref ? known(n.b) : Known{};
    if (is_binary(n.op)) {
      if (a && b) become(n, fold(n.op, *a, *b));
      else if (b && *b == 0 && keeps_left_with_zero(n.op)) forward(n, n.a);
      else if (a && *a == 0 && (n.op == Op::add || n.op == Op::or_ || n.op == Op::xor_)) forward(n, n.b);
      else if ((a && *a == 0 && n.op == Op::and_) || (b && *b == 0 && (n.op == Op::and_ || n.op == Op::mul))) become(n, 0);
      return;
    }
    if (is_comparison(n.op)) {
      if (a && b) become(n, fold_comparison(n.op, *a, *b));
      return;
    }
    if (is_logic(n.op)) {
      if (a && b) become(n, fold_logic(n.op, *a != 0, *b != 0));
      return;
    }
    switch (n.op) {
      case Op::not_:
        if (a) become(n, ~*a);
        break;
      case Op::negate:
        if (a) become(n, *a ^ 1);
        break;
      case Op::sext:
        if (a) become(n, sext(Word{*a}, static_cast<int>(n.k)).bits);
        break;
      case Op::select:
      case Op::choose:
        if (const auto c = known(n.c)) forward(n, *c != 0 ? n.a : n.b);
        break;
      case Op::get:
        if ((known_registers_ >> n.what & 1) != 0) become(n, registers_[n.what]);
        break;
      case Op::set:
        known_registers_ = (known_registers_ & ~(1u << n.what)) | uint32_t{a.is} << n.what;
        registers_[n.what] = a.k;
        break;
      case Op::exit_if:
      case Op::trap_if:  // one that always leaves stays, and what follows is never reached
        if (a && *a == 0) keep_[i] = false, dropped_ = true;
        break;
      case Op::jump:
        if (a) n = {.op = Op::go, .at = n.at, .k = *a};
        break;
      default: break;
    }
  }

  static bool keeps_left_with_zero(Op op) {
    switch (op) {
      case Op::add:
      case Op::sub:
      case Op::or_:
      case Op::xor_:
      case Op::shl:
      case Op::shr_u:
      case Op::shr_s: return true;
      default: return false;
    }
  }

  std::vector<Node>& nodes_;
  PerNode<bool> keep_;
  PerNode<Ref> instead_;                      // of each node: the one whose value it has
  bool dropped_ = false, forwarded_ = false;  // any
  uint32_t known_registers_ = 0;              // a bit each
  std::array<uint32_t, 32> registers_;        // of those, what they hold
};

}  // namespace

void propagate_constants(Block& block) { Constants(block).run(block); }

}  // namespace vmsim::ir
