// The intermediate form of a run of guest instructions: nodes in the order of their effects, straight from start to end, with side exits on
// the way. A value is the index of the node that makes it; guest registers are read and written by `get` and `set`.
// Invariant (verify.hpp): operands stand before their users and have the right type; exactly the last node ends the block.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "isa/machine.hpp"

namespace vmsim::ir {

/// A node's index in its block.
using Ref = uint16_t;
inline constexpr Ref no_ref = 0xFFFF;

/// What a node does. `a`, `b`, `c`, `k` and `what` are its fields.
enum class Op : uint8_t {
  // words
  constant,  // k
  get,       // register `what`
  get_csr,   // control register `what`, raw
  add,
  sub,
  mul,
  and_,
  or_,
  xor_,
  shl,
  shr_u,
  shr_s,
  mulh_ss,
  mulh_su,
  mulh_uu,
  div_u,
  div_s,
  rem_u,
  rem_s,   // a, b
  not_,    // a
  sext,    // the low k bits of a
  select,  // c ? a : b
  load,    // `what` bytes from a, zero-extended; k = 1: sign-extended
  // truth values
  truth,  // k
  eq,
  ne,
  lt_u,
  lt_s,  // words a, b
  both,
  either,
  differ,  // truth values a, b
  negate,  // a
  choose,  // c ? a : b
  // effects
  set,       // register `what` = a
  set_csr,   // control register `what` = a
  set_mode,  // a
  store,     // `what` bytes to a from b
  exit_if,   // a holds: this instruction retires, and the block is left for address k
  trap_if,   // a holds: this instruction traps with cause k and tval b
  // ends
  go,     // on at address k
  jump,   // on at address a
  look,   // on at address a, after whatever follows a change of system state
  trap,   // this instruction traps with cause k and tval a
  leave,  // the instruction at address k is not for this block: it is run on its own
};

enum class Type : uint8_t { none, word, truth };

/// What an operation's result and operands are.
struct Shape {
  const char* name;
  Type result, a, b, c;
  bool effect = false;  // it must stay, whether its result is used or not
  bool end = false;
};
inline constexpr size_t operations = static_cast<size_t>(Op::leave) + 1;
extern const std::array<Shape, operations> shapes;
inline const Shape& shape(Op op) { return shapes[static_cast<size_t>(op)]; }

struct Node {
  Op op = Op::constant;
  uint8_t what = 0;
  uint16_t at = 0;  // index of the guest instruction it belongs to
  Ref a = no_ref, b = no_ref, c = no_ref;
  uint32_t k = 0;
};

/// One guest instruction of a block.
struct Guest {
  uint32_t pc = 0, word = 0;
};

struct Block {
  Mode mode = Mode::kernel;
  std::vector<Guest> guests;  // in the order in which they run; the last may not retire: a trap, or one that is left
  uint32_t count = 0;         // that retire when the block is run to its end
  std::vector<Node> nodes;
};

/// True for a node after which, or instead of which, the block may be left: guest state must be exact there.
inline bool may_leave(Op op) { return op == Op::load || op == Op::store || op == Op::exit_if || op == Op::trap_if || shape(op).end; }

/// One line a node, as `vmsim run --show-translation` prints it.
std::string print(const Block& block);

}  // namespace vmsim::ir
