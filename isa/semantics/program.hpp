// What an instruction that a variant adds does: text, parsed once to a tree. The tree is evaluated over the same machine concept as the
// rows (run.hpp), so whatever reads rows reads it too. Traps are precise: the parser lets nothing that may trap follow an effect.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isa/error.hpp"

namespace vmsim {
struct CsrRule;
}

namespace vmsim::semantics {

enum class Kind : uint8_t {
  // values; `number` and `more` say what the name did, a, b and c are operands
  number,
  rs1,
  rs2,
  imm,
  pc,
  mode,
  word,
  x,
  csr,
  csr_field,
  counter,
  local,
  add,
  sub,
  mul,
  and_,
  or_,
  xor_,
  complement,
  shl,
  shr_u,
  shr_s,
  bits,
  sext,
  load,
  load_physical,
  translate,
  // conditions
  eq,
  ne,
  lt_u,
  lt_s,
  both,
  either,
  negation,
  // statements; `next` is the one after
  set_rd,
  set_x,
  set_csr,
  set_csr_field,
  set_pc,
  set_mode,
  let,
  store,
  store_physical,
  trap,
  illegal,
  if_,
  wait,
  flush,
  release,
};

/// One node; links are indices into Program::nodes, -1 for none.
struct Node {
  Kind kind = Kind::number;
  uint32_t number = 0, more = 0;
  int a = -1, b = -1, c = -1, next = -1;
};

struct Program {
  std::string text;  // what it was parsed from
  std::vector<Node> nodes;
  int first = -1;  // statement
  int locals = 0;
};

/// Limits that keep a hostile file harmless.
inline constexpr size_t most_nodes = 4096, deepest = 64, most_locals = 16;

/// Parses `text`, which may name the control registers `csrs`. Errors are placed by `file`; there it begins at `line` and `column`.
Result<Program> parse(std::string_view text, std::span<const CsrRule> csrs, const std::string& file, int line = 1, int column = 1);

}  // namespace vmsim::semantics
