// The language of added instructions: a recursive-descent parser, one method per level of the grammar (docs/adding-a-variant.md).
//   statements   rd = e · x5 = e · pc = e · mode = e · CSR = e · CSR.FIELD = e · let name = e · store.w(a, e) · store_physical.w(a, e)
//                trap illegal · trap CAUSE, e · if c { } else { } · wait · flush · release
//   values       numbers, rs1, rs2, imm, pc, mode, word, x5, CSR, CSR.FIELD, names, + - * & | ^ ~ << >>,
//                e[high:low], sra(a, n), sext(e, bits), load.w(a), load_physical.w(a), translate(a), user, kernel
//   conditions   a == b, a != b, lt_u(a, b), lt_s(a, b), and, or, not
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "isa/csr.hpp"
#include "isa/semantics/program.hpp"
#include "isa/syntax.hpp"

namespace vmsim::semantics {
namespace {

struct Token {
  enum class Type : uint8_t { end, separator, number, name, symbol } type = Type::end;
  std::string_view text;
  uint32_t number = 0;
  int line = 1, column = 1;
};

struct Failure {
  Error error;
};

class Parser {
 public:
  Parser(std::string_view text, std::span<const CsrRule> csrs, const std::string& file, int line, int column)
      : text_(text), csrs_(csrs), file_(file), line_(line), column_(column) {
    advance();
  }

  Program program() {
    p_.first = statements(false);
    if (token_.type != Token::Type::end) stop("expected a statement or the end");
    p_.text = text_;
    return std::move(p_);
  }

 private:
  using Type = Token::Type;

  [[noreturn]] void stop(const std::string& what, const std::string& hint = "see docs/adding-a-variant.md for the language") const {
    const std::string found = token_.type == Type::end ? "the end" : token_.type == Type::separator ? "the end of a line" : quoted(token_.text);
    throw Failure{{fmt::format("{}, found {}", what, found), fmt::format("{}:{}:{}", file_, token_.line, token_.column), hint}};
  }

  void advance() {
    for (;;) {
      while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_, ++column_;
      if (at_ >= text_.size() || text_[at_] != '#') break;
      while (at_ < text_.size() && text_[at_] != '\n') ++at_, ++column_;
    }
    token_ = {.line = line_, .column = column_};
    if (at_ >= text_.size()) return;
    const size_t start = at_;
    const char c = text_[at_];
    auto word = [](char ch) { return std::isalnum(static_cast<unsigned char>(ch)) != 0 || ch == '_' || ch == '.'; };
    if (c == '\n' || c == ';') {
      token_.type = Type::separator;
      ++at_, ++column_;
      if (c == '\n') ++line_, column_ = 1;
      token_.text = text_.substr(start, 1);
      return;
    }
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      while (at_ < text_.size() && word(text_[at_])) ++at_;
      token_.type = std::isdigit(static_cast<unsigned char>(c)) != 0 ? Type::number : Type::name;
    } else {
      token_.type = Type::symbol;
      const std::string_view two = text_.substr(at_, 2);
      at_ += two == "==" || two == "!=" || two == "<<" || two == ">>" ? 2 : 1;
    }
    token_.text = text_.substr(start, at_ - start);
    column_ += static_cast<int>(at_ - start);
    if (token_.type != Type::number) return;
    std::string_view digits = token_.text;
    const bool hex = digits.starts_with("0x");
    if (hex) digits.remove_prefix(2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token_.number, hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size()) stop("expected a number of 32 bits");
  }

  [[nodiscard]] bool is(std::string_view text) const { return (token_.type == Type::symbol || token_.type == Type::name) && token_.text == text; }
  bool accept(std::string_view text) {
    if (!is(text)) return false;
    advance();
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text)) stop(fmt::format("expected '{}'", text));
  }

  int add(Node node) {
    if (p_.nodes.size() == most_nodes) stop("the semantics are too long");
    p_.nodes.push_back(node);
    return static_cast<int>(p_.nodes.size()) - 1;
  }

  /// Counts nesting for as long as it lives.
  struct Deeper {
    explicit Deeper(Parser& parser) : parser(parser) {
      if (++parser.depth_ > deepest) parser.stop("nested too deeply");
    }
    ~Deeper() { --parser.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& parser;
  };

  int statements(bool in_braces) {
    int first = -1, last = -1;
    for (;;) {
      while (token_.type == Type::separator) advance();
      if (token_.type == Type::end || (in_braces && is("}"))) return first;
      const int s = statement();
      if (first < 0) first = s;
      else p_.nodes[static_cast<size_t>(last)].next = s;
      last = s;
      if (token_.type != Type::separator && token_.type != Type::end && !(in_braces && is("}"))) stop("expected a new line or ';'");
    }
  }

  /// A block's names end with it.
  int braced() {
    const Deeper deeper(*this);
    const auto names = names_;
    expect("{");
    const int first = statements(true);
    expect("}");
    names_ = names;
    return first;
  }

  int conditional() {
    const Deeper deeper(*this);
    const int c = condition();
    const bool before = takes_effect_;
    const int then = braced();
    const bool after_then = std::exchange(takes_effect_, before);
    int otherwise = -1;
    if (accept("else")) otherwise = accept("if") ? conditional() : braced();
    takes_effect_ |= after_then;
    return add({.kind = Kind::if_, .a = c, .b = then, .c = otherwise});
  }

  /// Called before whatever may trap: what took effect before a trap would take effect again when the instruction is run anew.
  void may_trap() const {
    if (takes_effect_)
      stop("this may trap after something else has taken effect", "loads, stores, translate and trap come before assignments; name what was loaded with let");
  }

  static std::optional<Width> width_of(std::string_view name, std::string_view stem) {
    if (!name.starts_with(stem) || name.size() != stem.size() + 2 || name[stem.size()] != '.') return std::nullopt;
    switch (name.back()) {
      case 'b': return Width::byte;
      case 'h': return Width::half;
      case 'w': return Width::word;
      default: return std::nullopt;
    }
  }

  int statement() {
    if (token_.type != Type::name) stop("expected a statement");
    const Deeper deeper(*this);
    const std::string name(token_.text);
    for (const auto& [word, kind] : {std::pair("wait", Kind::wait), {"flush", Kind::flush}, {"release", Kind::release}})
      if (accept(word)) return effect({.kind = kind});
    if (accept("if")) return conditional();
    if (is("trap")) {
      may_trap();
      advance();
      if (accept("illegal")) return add({.kind = Kind::illegal});
      if (token_.type != Type::number || token_.number > 15) stop("expected 'illegal' or a cause from 0 to 15");
      const uint32_t cause = token_.number;
      advance();
      expect(",");
      return add({.kind = Kind::trap, .number = cause, .a = value()});
    }
    if (accept("let")) {
      if (token_.type != Type::name || place(token_.text) || names_.contains(std::string(token_.text)) || keyword(token_.text))
        stop("expected a new name", "a name is given once, and nothing else is called so");
      if (p_.locals == static_cast<int>(most_locals)) stop("too many names", fmt::format("at most {} in all", most_locals));
      const std::string new_name(token_.text);
      advance();
      expect("=");
      const int v = value();  // before the name is known: it is not defined by itself
      names_[new_name] = static_cast<uint32_t>(p_.locals);
      return add({.kind = Kind::let, .number = static_cast<uint32_t>(p_.locals++), .a = v});
    }
    for (const auto& [stem, kind] : {std::pair("store", Kind::store), {"store_physical", Kind::store_physical}}) {
      const auto width = width_of(name, stem);
      if (!width) continue;
      may_trap();
      advance();
      const auto [address, stored] = two_arguments();
      return effect({.kind = kind, .number = static_cast<uint32_t>(*width), .a = address, .b = stored});
    }
    const auto target = name == "rd" ? Node{.kind = Kind::set_rd} : assignable(name);
    advance();
    expect("=");
    return effect({.kind = target.kind, .number = target.number, .more = target.more, .a = value()});
  }

  int effect(Node node) {
    takes_effect_ = true;
    return add(node);
  }

  /// The assignment to `name`, its value still missing.
  Node assignable(std::string_view name) const {
    const auto target = place(name);
    constexpr const char* hint = "rd, x1 to x31, pc, mode, a control register or REGISTER.FIELD; or let NAME = ...";
    if (!target) stop("expected a statement", names_.contains(std::string(name)) ? "a name is given once" : hint);
    switch (target->kind) {
      case Kind::pc: return {.kind = Kind::set_pc};
      case Kind::mode: return {.kind = Kind::set_mode};
      case Kind::x: return {.kind = Kind::set_x, .number = target->number};
      case Kind::csr: return {.kind = Kind::set_csr, .number = target->number, .more = target->more};
      case Kind::csr_field:
        if (!writable(*target)) stop("this field is read-only", "see vmsim isa doc for what can be written");
        return {.kind = Kind::set_csr_field, .number = target->number, .more = target->more};
      default: stop(fmt::format("'{}' cannot be assigned to", name), hint);
    }
  }

  [[nodiscard]] bool writable(const Node& field) const {
    for (const CsrRule& rule : csrs_)
      if (rule.source != CsrSource::counter && static_cast<uint32_t>(rule.storage) == field.number) return (field.more & ~rule.write_mask()) == 0;
    return false;
  }

  static bool keyword(std::string_view word) {
    for (const char* k :
         {"if", "else", "let", "trap", "illegal", "wait", "flush", "release", "and", "or", "not", "lt_u", "lt_s", "sra", "sext", "translate", "rd"})
      if (word == k) return true;
    return word.find('.') != std::string_view::npos;
  }

  /// What a name stands for as a value, where it is not one of the text's own.
  std::optional<Node> place(std::string_view name) const {
    if (name == "rs1") return Node{.kind = Kind::rs1};
    if (name == "rs2") return Node{.kind = Kind::rs2};
    if (name == "imm") return Node{.kind = Kind::imm};
    if (name == "pc") return Node{.kind = Kind::pc};
    if (name == "mode") return Node{.kind = Kind::mode};
    if (name == "word") return Node{.kind = Kind::word};
    if (name == "user" || name == "kernel") return Node{.kind = Kind::number, .number = name == "kernel" ? 1u : 0u};
    if (name.starts_with('x'))
      if (const auto reg = register_number(name)) return Node{.kind = Kind::x, .number = *reg};
    const size_t dot = name.find('.');
    for (const CsrRule& rule : csrs_) {
      if (rule.name != name.substr(0, dot)) continue;
      if (rule.source == CsrSource::counter) {
        if (dot != std::string_view::npos) return std::nullopt;
        return Node{.kind = Kind::counter, .number = static_cast<uint32_t>(rule.counter), .more = rule.half};
      }
      const auto storage = static_cast<uint32_t>(rule.storage);
      if (dot == std::string_view::npos) return Node{.kind = Kind::csr, .number = storage, .more = rule.write_mask()};
      for (const CsrField& field : rule.fields())
        if (field.name == name.substr(dot + 1)) return Node{.kind = Kind::csr_field, .number = storage, .more = field.mask()};
    }
    return std::nullopt;
  }

  // Conditions.
  int condition() {
    const Deeper deeper(*this);
    int left = conjunction();
    while (accept("or")) left = add({.kind = Kind::either, .a = left, .b = conjunction()});
    return left;
  }
  int conjunction() {
    int left = comparison();
    while (accept("and")) left = add({.kind = Kind::both, .a = left, .b = comparison()});
    return left;
  }
  int comparison() {
    const Deeper deeper(*this);
    if (accept("not")) return add({.kind = Kind::negation, .a = comparison()});
    for (const auto& [word, kind] : {std::pair("lt_u", Kind::lt_u), {"lt_s", Kind::lt_s}}) {
      if (!accept(word)) continue;
      const auto [a, b] = two_arguments();
      return add({.kind = kind, .a = a, .b = b});
    }
    const int left = value();
    const bool equal = is("==");
    if (!equal && !is("!=")) stop("expected '==' or '!='", "order has a sign: write lt_u(a, b) or lt_s(a, b)");
    advance();
    return add({.kind = equal ? Kind::eq : Kind::ne, .a = left, .b = value()});
  }
  std::pair<int, int> two_arguments() {
    expect("(");
    const int a = value();
    expect(",");
    const int b = value();
    expect(")");
    return {a, b};
  }

  // Values, from the loosest operator to the tightest.
  struct Level {
    std::string_view symbol;
    Kind kind;
    int level;
  };
  static constexpr Level operators[] = {{"|", Kind::or_, 0},    {"^", Kind::xor_, 1}, {"&", Kind::and_, 2}, {"<<", Kind::shl, 3},
                                        {">>", Kind::shr_u, 3}, {"+", Kind::add, 4},  {"-", Kind::sub, 4},  {"*", Kind::mul, 5}};
  int value(int level = 0) {
    if (level == 6) return unary();
    int left = value(level + 1);
    for (;;) {
      const Level* found = nullptr;
      for (const Level& l : operators)
        if (l.level == level && is(l.symbol)) found = &l;
      if (found == nullptr) return left;
      advance();
      left = add({.kind = found->kind, .a = left, .b = value(level + 1)});
    }
  }
  int unary() {
    const Deeper deeper(*this);
    if (accept("~")) return add({.kind = Kind::complement, .a = unary()});
    int v = primary();
    while (accept("[")) {
      const uint32_t high = bit();
      const uint32_t low = accept(":") ? bit() : high;
      expect("]");
      if (low > high) stop("the high bit comes first");
      v = add({.kind = Kind::bits, .number = static_cast<uint32_t>((uint64_t{1} << (high - low + 1)) - 1), .more = low, .a = v});
    }
    return v;
  }
  uint32_t bit() {
    if (token_.type != Type::number || token_.number > 31) stop("expected a bit from 0 to 31");
    const uint32_t n = token_.number;
    advance();
    return n;
  }
  int primary() {
    if (token_.type == Type::number) {
      const uint32_t n = token_.number;
      advance();
      return add({.kind = Kind::number, .number = n});
    }
    if (accept("(")) {
      const int v = value();
      expect(")");
      return v;
    }
    if (token_.type != Type::name) stop("expected a value");
    const std::string_view name = token_.text;
    if (name == "rd") stop("rd can only be written");
    for (const auto& [stem, kind] : {std::pair("load", Kind::load), {"load_physical", Kind::load_physical}})
      if (const auto width = width_of(name, stem)) return may_trap(), advance(), argument(kind, static_cast<uint32_t>(*width));
    if (is("translate")) return may_trap(), advance(), argument(Kind::translate, 0);
    if (accept("sra")) {
      const auto [a, b] = two_arguments();
      return add({.kind = Kind::shr_s, .a = a, .b = b});
    }
    if (accept("sext")) {
      expect("(");
      const int v = value();
      expect(",");
      if (token_.type != Type::number || token_.number < 1 || token_.number > 32) stop("expected a width from 1 to 32");
      const uint32_t width = token_.number;
      advance();
      expect(")");
      return add({.kind = Kind::sext, .number = width, .a = v});
    }
    if (const auto it = names_.find(std::string(name)); it != names_.end()) return advance(), add({.kind = Kind::local, .number = it->second});
    if (const auto node = place(name)) return advance(), add(*node);
    const size_t dot = name.find('.');
    for (const CsrRule& rule : csrs_) {
      if (dot == std::string_view::npos || rule.name != name.substr(0, dot) || rule.source == CsrSource::counter) continue;
      std::string fields;
      for (const CsrField& field : rule.fields()) fields += fmt::format("{}{}.{}", fields.empty() ? "one of: " : ", ", rule.name, field.name);
      stop(fmt::format("{} has no such field", rule.name), fields);
    }
    stop("expected a value", "rs1, rs2, imm, pc, mode, word, x1 to x31, a control register or its field, load.w(...), or a name given with let");
  }
  int argument(Kind kind, uint32_t number) {
    expect("(");
    const int a = value();
    expect(")");
    return add({.kind = kind, .number = number, .a = a});
  }

  std::string_view text_;
  std::span<const CsrRule> csrs_;
  const std::string& file_;
  size_t at_ = 0;
  int line_, column_;
  Token token_;
  size_t depth_ = 0;
  Program p_;
  std::map<std::string, uint32_t> names_;
  bool takes_effect_ = false;  // something before this token does, on some path
};

}  // namespace

Result<Program> parse(std::string_view text, std::span<const CsrRule> csrs, const std::string& file, int line, int column) {
  try {
    return Parser(text, csrs, file, line, column).program();
  } catch (const Failure& failure) {
    return tl::unexpected(failure.error);
  }
}

}  // namespace vmsim::semantics
