// What one statement is read with: its tokens, a place for errors, expressions over symbols. Errors are thrown inside the assembler
// and come out of assemble() as an Error.
#pragma once

#include <map>
#include <optional>

#include "isa/assembler/tokens.hpp"

namespace vmsim::assembler {

/// The address of every label, by name and, for numeric labels, in the order of the source.
struct Symbols {
  struct Value {
    int64_t value = 0;  // 32 bits of an address, 64 of a constant
    int section = -1;   // -1: a constant
    bool defined = false;
  };
  struct Numeric {
    size_t statement = 0;
    uint32_t value = 0;
  };
  std::map<std::string, Value, std::less<>> named;
  std::map<uint64_t, std::vector<Numeric>> numeric;
  std::map<uint32_t, uint32_t> pcrel_hi;  // instruction's address -> what its %pcrel_hi was of, minus that address
};

/// A value and whether it depends on an address, which may still move.
struct Value {
  int64_t number = 0;
  bool relative = false;
};

class Statement {
 public:
  Statement(const std::vector<Token>& tokens, size_t number, std::string where, const Symbols& symbols, uint32_t here, bool final)
      : tokens_(tokens), number_(number), where_(std::move(where)), symbols_(symbols), here_(here), final_(final) {}

  [[nodiscard]] const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& take() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  [[nodiscard]] bool at_end() const { return peek().kind == Token::Kind::end; }
  bool accept(std::string_view punctuation) {
    if (!peek().is(punctuation)) return false;
    take();
    return true;
  }
  void expect(std::string_view punctuation);
  void expect_end();
  [[nodiscard]] size_t position() const { return at_; }
  void rewind(size_t position) { at_ = position; }

  /// A whole expression in 64 bits, with GNU as's operators and their precedence. On the last pass every symbol must be defined.
  Value expression(int level = 0);
  /// An expression between bounds; `what` is for the error.
  int64_t number(int64_t low, int64_t high, const char* what);

  [[noreturn]] void error(std::string what, std::string hint) const { error_at(peek().column, std::move(what), std::move(hint)); }
  [[noreturn]] void error_at(int column, std::string what, std::string hint) const;

  /// The address that `.` is: the statement's, or, in a list of data, the item's.
  [[nodiscard]] uint32_t here() const { return here_; }
  void advance(uint32_t bytes) { here_ += bytes; }
  [[nodiscard]] bool is_final() const { return final_; }
  [[nodiscard]] const Symbols& symbols() const { return symbols_; }

 private:
  Value primary();

  const std::vector<Token>& tokens_;
  size_t number_;
  std::string where_;
  const Symbols& symbols_;
  uint32_t here_;
  bool final_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace vmsim::assembler
