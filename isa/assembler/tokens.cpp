#include "isa/assembler/tokens.hpp"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <optional>

namespace vmsim::assembler {
namespace {

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '$'; }
bool in_name(char c) { return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Lexer {
 public:
  Lexer(std::string_view line, bool& in_comment, const std::string& where) : line_(line), in_comment_(in_comment), where_(where) {}

  Result<std::vector<std::vector<Token>>> run() {
    std::vector<std::vector<Token>> statements(1);
    auto end_statement = [&] { statements.back().push_back({.column = column()}); };
    while (skip_blank()) {
      if (line_[at_] == ';') {
        end_statement();
        statements.emplace_back();
        ++at_;
        continue;
      }
      auto token = next();
      if (!token) return tl::unexpected(token.error());
      statements.back().push_back(std::move(*token));
    }
    end_statement();
    return statements;
  }

 private:
  [[nodiscard]] int column() const { return static_cast<int>(at_) + 1; }
  [[nodiscard]] char peek(size_t ahead = 0) const { return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0'; }
  [[nodiscard]] tl::unexpected<Error> bad(std::string what, std::string hint) const {
    return fail(std::move(what), fmt::format("{}:{}", where_, column()), std::move(hint));
  }

  /// Moves to the next token. False at the end of the line.
  bool skip_blank() {
    while (at_ < line_.size()) {
      if (in_comment_) {
        const size_t close = line_.find("*/", at_);
        if (close == std::string_view::npos) return false;
        at_ = close + 2;
        in_comment_ = false;
      } else if (peek() == '/' && peek(1) == '*') {
        at_ += 2;
        in_comment_ = true;
      } else if (peek() == '#' || (peek() == '/' && peek(1) == '/')) {
        return false;
      } else if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
        ++at_;
      } else {
        return true;
      }
    }
    return false;
  }

  Result<Token> next() {
    const int start = column();
    const char c = peek();
    if (c == '"') return string();
    if (c == '\'') return character();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) return number();
    if (c == '%' && begins_name(peek(1))) {
      ++at_;
      return Token{Token::Kind::relocation, name(), 0, start};
    }
    if (begins_name(c)) return Token{Token::Kind::name, name(), 0, start};
    for (std::string_view two : {"<<", ">>", "&&", "||", "==", "!=", "<=", ">="}) {
      if (line_.substr(at_, 2) != two) continue;
      at_ += 2;
      return Token{Token::Kind::punctuation, std::string(two), 0, start};
    }
    if (std::string_view("+-*/%&|^~!(),:=<>@").find(c) == std::string_view::npos)
      return bad(std::isprint(static_cast<unsigned char>(c)) != 0 ? fmt::format("unexpected character '{}'", c)
                                                                  : fmt::format("unexpected byte {:#04x}", static_cast<uint8_t>(c)),
                 "assembly source is plain text; is this the file that was meant?");
    ++at_;
    return Token{Token::Kind::punctuation, std::string(1, c), 0, start};
  }

  std::string name() {
    const size_t start = at_;
    while (at_ < line_.size() && in_name(line_[at_])) ++at_;
    return std::string(line_.substr(start, at_ - start));
  }

  Result<Token> number() {
    Token token{Token::Kind::number, {}, 0, column()};
    int base = 10;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) base = 16;
    else if (peek() == '0' && (peek(1) == 'b' || peek(1) == 'B') && (peek(2) == '0' || peek(2) == '1')) base = 2;
    else if (peek() == '0' && std::isdigit(static_cast<unsigned char>(peek(1))) != 0) base = 8;
    const size_t digits = at_ + (base == 16 || base == 2 ? 2 : 0);
    const auto [end, error] = std::from_chars(line_.data() + digits, line_.data() + line_.size(), token.value, base);
    if (error != std::errc()) return bad("not a number that fits 64 bits", "as in 10, 0xa, 0b1010 or 012");
    at_ = static_cast<size_t>(end - line_.data());
    if (base == 10 && (peek() == 'b' || peek() == 'f') && !in_name(peek(1))) {
      token.kind = Token::Kind::local_label;
      token.text = line_[at_++];
    } else if (in_name(peek())) {
      return bad("a number is followed by letters", "a hexadecimal number begins with 0x");
    }
    return token;
  }

  /// After a backslash.
  std::optional<char> escape() {
    const char c = peek();
    ++at_;
    switch (c) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      case 'b': return '\b';
      case 'f': return '\f';
      case 'a': return '\a';
      case '\\':
      case '"':
      case '\'': return c;
      case 'x': {
        unsigned value = 0;
        const size_t from = at_;
        while (std::isxdigit(static_cast<unsigned char>(peek())) != 0) {
          value = value * 16 + static_cast<unsigned>(peek() <= '9' ? peek() - '0' : (peek() | 0x20) - 'a' + 10);
          ++at_;
        }
        return at_ == from ? std::nullopt : std::optional(static_cast<char>(value));
      }
      default: break;
    }
    if (c < '0' || c > '7') return std::nullopt;
    unsigned value = static_cast<unsigned>(c - '0');
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) value = value * 8 + static_cast<unsigned>(line_[at_++] - '0');
    return static_cast<char>(value);
  }

  Result<Token> string() {
    Token token{Token::Kind::string, {}, 0, column()};
    ++at_;
    while (at_ < line_.size() && peek() != '"') {
      if (peek() != '\\') {
        token.text += line_[at_++];
        continue;
      }
      ++at_;
      const auto c = escape();
      if (!c) return bad("unknown escape in a string", "\\n \\t \\r \\0 \\xHH \\\\ and \\\" are known");
      token.text += *c;
    }
    if (at_ >= line_.size()) return bad("the string does not end on this line", "close it with a quote");
    ++at_;
    return token;
  }

  Result<Token> character() {
    Token token{Token::Kind::number, {}, 0, column()};
    ++at_;
    if (at_ >= line_.size()) return bad("a character is missing after the quote", "as in 'a' or '\\n'");
    std::optional<char> c = peek();
    ++at_;
    if (c == '\\') c = escape();
    if (!c) return bad("unknown escape in a character", "\\n \\t \\r \\0 \\xHH \\\\ and \\' are known");
    if (peek() == '\'') ++at_;
    token.value = static_cast<uint8_t>(*c);
    return token;
  }

  std::string_view line_;
  bool& in_comment_;
  const std::string& where_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<std::vector<Token>>> tokenize(std::string_view line, bool& in_comment, const std::string& where) {
  return Lexer(line, in_comment, where).run();
}

}  // namespace vmsim::assembler
