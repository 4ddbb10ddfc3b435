#include "isa/assembler/statement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vmsim::assembler {
namespace {

/// Binary operators by level of GNU as, loosest first: not C's, where shifts bind looser than sums.
constexpr std::string_view levels[][6] = {{"||"}, {"&&"}, {"==", "!=", "<", ">", "<=", ">="}, {"+", "-"}, {"|", "&", "^", "!"}, {"*", "/", "%", "<<", ">>"}};
constexpr int level_count = 6;
constexpr int deepest = 200;

}  // namespace

void Statement::error_at(int column, std::string what, std::string hint) const {
  throw Error{std::move(what), fmt::format("{}:{}", where_, column), std::move(hint)};
}

void Statement::expect(std::string_view punctuation) {
  if (!accept(punctuation)) error(fmt::format("expected '{}'", punctuation), "operands are separated by commas, and every bracket is closed");
}

void Statement::expect_end() {
  if (!at_end()) error("unexpected text after the statement", "one statement a line, or separate them with ;");
}

Value Statement::primary() {
  if (++depth_ > deepest) error("the expression is nested too deeply", "name a part of it with .equ");
  struct Leave {
    int& depth;
    ~Leave() { --depth; }
  } leave{depth_};
  const Token token = take();
  switch (token.kind) {
    case Token::Kind::number: return {static_cast<int64_t>(token.value)};
    case Token::Kind::local_label: {
      const auto it = symbols_.numeric.find(token.value);
      if (it != symbols_.numeric.end()) {
        const auto after = std::ranges::upper_bound(it->second, number_, {}, &Symbols::Numeric::statement);
        if (token.text == "f" && after != it->second.end()) return {after->value, true};
        if (token.text == "b" && after != it->second.begin()) return {std::prev(after)->value, true};
      }
      if (final_)
        error_at(token.column, fmt::format("there is no label {}: {}", token.value, token.text == "f" ? "further on" : "before"),
                 "1b is the last label 1: before it, 1f the next one after it");
      return {here_, true};
    }
    case Token::Kind::name: {
      if (token.text == ".") return {here_, true};
      const auto it = symbols_.named.find(token.text);
      if (it != symbols_.named.end() && it->second.defined) return {it->second.value, it->second.section >= 0};
      if (final_) error_at(token.column, fmt::format("'{}' is not defined", token.text), "define it as a label, or with .equ");
      return {here_, true};
    }
    case Token::Kind::punctuation:
      if (token.text == "(") {
        const Value value = expression();
        expect(")");
        return value;
      }
      if (token.text == "-") return {static_cast<int64_t>(0 - static_cast<uint64_t>(primary().number))};
      if (token.text == "+") return primary();
      if (token.text == "~") return {~primary().number};
      if (token.text == "!") return {primary().number == 0 ? 1 : 0};
      break;
    default: break;
  }
  error_at(token.column, token.kind == Token::Kind::end ? "a value is missing" : "expected a value", "a number, a symbol, or an expression of them");
}

Value Statement::expression(int level) {
  if (level == level_count) return primary();
  Value left = expression(level + 1);
  for (;;) {
    const auto& operators = levels[level];
    const Token& token = peek();
    const auto* found = std::ranges::find_if(operators, [&](std::string_view o) { return !o.empty() && token.is(o); });
    if (found == std::end(operators)) return left;
    const std::string_view o = *found;
    const int column = token.column;
    take();
    const Value right = expression(level + 1);
    const auto a = static_cast<uint64_t>(left.number), b = static_cast<uint64_t>(right.number);
    const bool relative = o == "-" ? left.relative != right.relative : left.relative || right.relative;
    uint64_t result = 0;
    if (o == "+") result = a + b;
    else if (o == "-") result = a - b;
    else if (o == "*") result = a * b;
    else if (o == "<<") result = b < 64 ? a << b : 0;
    else if (o == ">>") result = b < 64 ? a >> b : 0;
    else if (o == "|") result = a | b;
    else if (o == "&") result = a & b;
    else if (o == "^") result = a ^ b;
    else if (o == "!") result = a | ~b;
    else if (o == "&&") result = a != 0 && b != 0;
    else if (o == "||") result = a != 0 || b != 0;
    // GNU as: a comparison that holds is -1.
    else if (o == "==") result = a == b ? ~uint64_t{0} : 0;
    else if (o == "!=") result = a != b ? ~uint64_t{0} : 0;
    else if (o == "<") result = left.number < right.number ? ~uint64_t{0} : 0;
    else if (o == ">") result = left.number > right.number ? ~uint64_t{0} : 0;
    else if (o == "<=") result = left.number <= right.number ? ~uint64_t{0} : 0;
    else if (o == ">=") result = left.number >= right.number ? ~uint64_t{0} : 0;
    else if (right.number == 0 || right.number == -1) {
      if (right.number == 0 && final_) error_at(column, "division by zero", "an expression is computed while it is assembled");
      result = right.number == 0 ? 0 : o == "/" ? 0 - a : 0;
    } else {
      result = static_cast<uint64_t>(o == "/" ? left.number / right.number : left.number % right.number);
    }
    left = {static_cast<int64_t>(result), relative};
  }
}

int64_t Statement::number(int64_t low, int64_t high, const char* what) {
  const int column = peek().column;
  const int64_t value = expression().number;
  if (value >= low && value <= high) return value;
  if (final_) error_at(column, fmt::format("{} {} is not between {} and {}", what, value, low, high), "nothing else has a meaning here");
  return low;
}

}  // namespace vmsim::assembler
