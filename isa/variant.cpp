#include "isa/variant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "isa/syntax.hpp"
#include "isa/toml.hpp"

namespace vmsim {
namespace {

constexpr size_t most_rows = 250;
constexpr uint32_t superpage = 4u << 20;

struct Failure {
  Error error;
};

class Loader {
 public:
  Loader(std::string_view text, const std::string& file) : text_(text), file_(file), parts_(Isa::toy32_parts()) {}

  Variant load() {
    if (text_.size() > largest_variant)
      throw Failure{{fmt::format("the file has {} bytes; a variant has at most {}", text_.size(), largest_variant), file_, "is it a variant at all?"}};
    const toml::parse_result parsed = toml::parse(text_, file_);
    if (!parsed) {
      const auto& e = parsed.error();
      std::string what(e.description());
      for (char& c : what)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
      throw Failure{{"not TOML: " + what, place(e.source()), "see docs/adding-a-variant.md"}};
    }
    const toml::table& top = parsed.table();
    keys(top, {"name", "models", "source", "notes", "expect", "instruction", "csr", "add", "mmu", "trap"});
    Variant v{.name = text(top, "name", true), .models = text(top, "models", false), .source = text(top, "source", false), .notes = text(top, "notes", false)};
    if (v.name.empty() || v.name.size() > 40 || !std::ranges::all_of(v.name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; }))
      stop(*top.get("name"), fmt::format("a variant's name is small letters, digits and hyphens, found {}", quoted(v.name)), "name = \"x86-popf\"");
    parts_.name = v.name;
    if (const toml::table* t = table(top, "mmu")) mmu(*t);
    each(top, "instruction", [&](const toml::table& t) { instruction(t); });
    each(top, "csr", [&](const toml::table& t) { csr(t); });
    each(top, "add", [&](const toml::table& t) { add(t); });
    if (const toml::table* t = table(top, "trap")) trap(*t);
    if (const toml::table* t = table(top, "expect")) v.expect = expect(*t);
    v.isa = std::make_unique<const Isa>(std::move(parts_));
    return v;
  }

 private:
  [[nodiscard]] std::string place(const toml::source_region& at) const { return fmt::format("{}:{}:{}", file_, at.begin.line, at.begin.column); }
  [[noreturn]] void stop(const toml::node& at, const std::string& what, const std::string& hint) const { throw Failure{{what, place(at.source()), hint}}; }
  static std::string list(const auto& names) { return fmt::format("{}", fmt::join(names, ", ")); }
  static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  /// What stands there, in a reader's words.
  static std::string found(const toml::node& node) {
    switch (node.type()) {
      case toml::node_type::string: return quoted(node.as_string()->get());
      case toml::node_type::integer: return fmt::format("the number {}", node.as_integer()->get());
      case toml::node_type::floating_point: return "a number with a point";
      case toml::node_type::boolean: return node.as_boolean()->get() ? "true" : "false";
      case toml::node_type::array: return "a list";
      case toml::node_type::table: return "a table";
      default: return "a date";
    }
  }

  void keys(const toml::table& t, std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : t)
      if (std::ranges::find(known, key.str()) == known.end())
        throw Failure{{"unknown key " + quoted(key.str()), place(key.source()), "one of: " + list(known)}};
  }
  std::string text(const toml::table& t, std::string_view key, bool needed) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) {
      if (needed) stop(t, fmt::format("'{}' is missing", key), fmt::format("{} = \"...\"", key));
      return {};
    }
    if (!node->is_string()) stop(*node, fmt::format("'{}' must be a text, found {}", key, found(*node)), fmt::format("{} = \"...\"", key));
    return node->as_string()->get();
  }
  std::optional<bool> flag(const toml::table& t, std::string_view key) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_boolean()) stop(*node, fmt::format("'{}' must be true or false, found {}", key, found(*node)), fmt::format("{} = true", key));
    return node->as_boolean()->get();
  }
  std::optional<uint32_t> number(const toml::table& t, std::string_view key) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_integer() || node->as_integer()->get() < 0 || node->as_integer()->get() > int64_t{~0u})
      stop(*node, fmt::format("'{}' must be a number of 32 bits, found {}", key, found(*node)), fmt::format("{} = 0xC0000000", key));
    return static_cast<uint32_t>(node->as_integer()->get());
  }
  const toml::table* table(const toml::table& t, std::string_view key) const {
    const toml::node* node = t.get(key);
    if (node != nullptr && !node->is_table()) stop(*node, fmt::format("'{}' must be a table, found {}", key, found(*node)), fmt::format("[{}]", key));
    return node != nullptr ? node->as_table() : nullptr;
  }
  void each(const toml::table& t, std::string_view key, auto&& f) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) return;
    if (!node->is_array()) stop(*node, fmt::format("'{}' must be a list of tables, found {}", key, found(*node)), fmt::format("[[{}]]", key));
    for (const toml::node& element : *node->as_array()) {
      if (!element.is_table()) stop(element, fmt::format("'{}' must be a list of tables, found {}", key, found(element)), fmt::format("[[{}]]", key));
      f(*element.as_table());
    }
  }
  /// A list of texts, each one of `legal`; a text alone is a list of one.
  std::vector<std::string> words(const toml::node& node, std::initializer_list<std::string_view> legal) const {
    std::vector<std::string> all;
    auto one = [&](const toml::node& word) {
      if (!word.is_string() || std::ranges::find(legal, word.as_string()->get()) == legal.end())
        stop(word, "unknown word, found " + found(word), "one of: " + list(legal));
      all.push_back(word.as_string()->get());
    };
    if (!node.is_array()) one(node);
    else
      for (const toml::node& element : *node.as_array()) one(element);
    return all;
  }

  Expectation expect(const toml::table& t) const {
    keys(t, {"theorem1", "theorem2", "theorem3", "safe", "literal1", "literal3", "rescue", "class"});
    Expectation e;
    for (auto [key, target] : {std::pair("theorem1", &e.theorem1),
                               {"theorem2", &e.theorem2},
                               {"theorem3", &e.theorem3},
                               {"safe", &e.safe},
                               {"literal1", &e.literal1},
                               {"literal3", &e.literal3}})
      if (const toml::node* node = t.get(key)) {
        const auto all = words(*node, {"yes", "no", "configured"});
        if (all.size() != 1) stop(*node, fmt::format("'{}' is one word", key), "yes, no or configured");
        *target = all[0];
      }
    if (const toml::node* node = t.get("rescue")) e.rescue = words(*node, {"trap", "hybrid", "emulate", "translate"});
    if (const toml::table* classes = table(t, "class"))
      for (const auto& [instruction, node] : *classes)
        e.classes[std::string(instruction.str())] = words(node, {"control", "location", "mode", "hidden", "trap", "time", "innocuous"});
    return e;
  }

  std::optional<UserRule> user_rule(const toml::table& t, bool may_filter) const {
    const toml::node* node = t.get("user");
    if (node == nullptr) return std::nullopt;
    const std::string word = text(t, "user", true);
    if (word == "trap") return UserRule::trap;
    if (word == "execute") return UserRule::execute;
    if (word == "ignore") return UserRule::ignore;
    if (word == "filter" && may_filter) return UserRule::filter;
    stop(*node, "unknown rule " + quoted(word), may_filter ? "trap, execute, ignore or filter" : "trap, execute or ignore");
  }

  /// A thing is changed once, or the order of a file would matter.
  void once(const toml::table& t, const std::string& name) {
    if (!changed_.insert(name).second) stop(*t.get("name"), fmt::format("'{}' is changed a second time", name), "say all of it in one table");
  }

  void instruction(const toml::table& t) {
    keys(t, {"name", "user", "off"});
    const std::string name = text(t, "name", true);
    const auto row = std::ranges::find(parts_.rows, name, &RowInfo::name);
    if (row == parts_.rows.end()) stop(*t.get("name"), "toy32 has no instruction " + quoted(name), "the names are those that vmsim isa show toy32 prints");
    once(t, name);
    if (const auto rule = user_rule(t, false)) row->user = *rule;
    row->off |= flag(t, "off").value_or(false);
  }

  uint32_t fields(const toml::table& t, std::string_view key, const CsrRule& rule) const {
    const toml::node* node = t.get(key);
    if (node == nullptr) return 0;
    if (!node->is_array())
      stop(*node, fmt::format("'{}' must be a list of fields, found {}", key, found(*node)), fmt::format("{} = [\"{}\"]", key, rule.fields()[0].name));
    uint32_t mask = 0;
    for (const toml::node& element : *node->as_array()) {
      const std::string name = element.is_string() ? element.as_string()->get() : "";
      std::vector<std::string_view> legal;
      bool known = false;
      for (const CsrField& field : rule.fields()) {
        legal.push_back(field.name);
        if (field.name == name) mask |= field.mask(), known = true;
      }
      if (!known) stop(element, fmt::format("{} has no field {}", rule.name, found(element)), "one of: " + list(legal));
    }
    return mask;
  }

  void csr(const toml::table& t) {
    keys(t, {"name", "user", "user_reads", "user_writes", "gated"});
    const std::string name = text(t, "name", true);
    const auto rule = std::ranges::find(parts_.csrs, name, &CsrRule::name);
    if (rule == parts_.csrs.end()) {
      std::vector<std::string_view> names;
      for (const CsrRule& r : parts_.csrs) names.push_back(r.name);
      stop(*t.get("name"), "there is no control register " + quoted(name), "one of: " + list(names));
    }
    once(t, name);
    if (const auto user = user_rule(t, true)) rule->user = *user;
    rule->user_reads = fields(t, "user_reads", *rule);
    rule->user_writes = fields(t, "user_writes", *rule);
    if ((rule->user_reads | rule->user_writes) != 0 && rule->user != UserRule::filter)
      stop(t, "user_reads and user_writes need user = \"filter\"", "user = \"filter\"");
    if (const auto gated = flag(t, "gated")) {
      if (rule->source != CsrSource::counter) stop(*t.get("gated"), fmt::format("{} is no counter", rule->name), "cycle, time or instret");
      rule->gated = *gated;
    }
  }

  /// Where the text of a value begins: behind its quotation marks.
  [[nodiscard]] std::pair<int, int> beginning(const toml::node& node) const {
    const auto [line, column] = node.source().begin;
    size_t at = 0;
    for (toml::source_index i = 1; i < line && at != std::string_view::npos; ++i) at = text_.find('\n', at) + 1;
    const std::string_view rest = text_.substr(std::min(at + column - 1, text_.size()));
    const bool in_lines = rest.starts_with("\"\"\"") || rest.starts_with("'''");
    if (in_lines && (rest.substr(3).starts_with('\n') || rest.substr(3).starts_with("\r\n"))) return {static_cast<int>(line) + 1, 1};
    return {static_cast<int>(line), static_cast<int>(column) + (in_lines ? 3 : 1)};
  }

  void add(const toml::table& t) {
    keys(t, {"name", "encoding", "format", "user", "does"});
    RowInfo row{.name = text(t, "name", true)};
    if (row.name.empty() || row.name.size() > 20 || !is_lower(row.name[0]) ||
        !std::ranges::all_of(row.name, [](char c) { return is_lower(c) || is_digit(c) || c == '.'; }))
      stop(*t.get("name"), "a name is a small letter, then small letters, digits and dots, 20 in all; found " + quoted(row.name), "name = \"jrst1\"");
    if (std::ranges::find(aliases(), row.name, &Alias::name) != aliases().end())
      stop(*t.get("name"), fmt::format("'{}' is a pseudo-instruction of the assembler", row.name), "choose another name");
    if (parts_.rows.size() >= most_rows) stop(t, "too many instructions", fmt::format("at most {} in all", most_rows));
    for (const RowInfo& other : parts_.rows)
      if (other.name == row.name && !other.off)
        stop(*t.get("name"), fmt::format("there is an instruction '{}' already", row.name), "switch the other off first");

    const std::string encoding = text(t, "encoding", true), format = text(t, "format", true);
    row.pattern = parse_pattern(encoding);
    if (!row.pattern.well_formed)
      stop(*t.get("encoding"),
           row.pattern.length == 32 ? "the encoding has other characters than 0, 1 and -" : fmt::format("the encoding has {} bits", row.pattern.length),
           "32 characters of 0, 1 and -; spaces are free");
    const auto* known = std::ranges::find(added_formats, format, [](const auto& f) { return f.first; });
    if (known == added_formats.end())
      stop(*t.get("format"), "unknown format " + quoted(format), "one of: R, I, Shift, Load, Store, Branch, Upper, Jump, JumpReg, Flush, None");
    row.format = known->second;
    if ((row.pattern.mask ^ operand_mask(row.format)) != ~0u)
      stop(*t.get("encoding"),
           fmt::format("the open bits are {:032b}; format {} has its operands in {:032b}", ~row.pattern.mask, format, operand_mask(row.format)),
           "leave exactly the operands open");
    if ((row.pattern.match & 3) != 3) stop(*t.get("encoding"), "a 32-bit encoding ends in 11", "opcodes 0001011, 0101011, 1011011 and 1111011 are free");
    for (const RowInfo& other : parts_.rows)
      if (!other.off && other.pattern.overlaps(row.pattern))
        stop(*t.get("encoding"), fmt::format("the encoding overlaps that of '{}'", other.name), "opcodes 0001011, 0101011, 1011011 and 1111011 are free");

    row.user = user_rule(t, false).value_or(UserRule::execute);
    const std::string does = text(t, "does", true);
    const auto [line, column] = beginning(*t.get("does"));
    auto program = semantics::parse(does, parts_.csrs, file_, line, column);
    if (!program) throw Failure{program.error()};
    row.does = std::make_shared<const semantics::Program>(std::move(*program));
    parts_.rows.push_back(std::move(row));
  }

  void mmu(const toml::table& t) {
    keys(t, {"kind", "kernel_direct_from", "kernel_direct_to"});
    const std::string kind = text(t, "kind", false);
    if (!kind.empty() && kind != "paged" && kind != "bounds") stop(*t.get("kind"), "unknown kind of MMU " + quoted(kind), "paged or bounds");
    parts_.mmu.bounds = kind == "bounds";
    if (parts_.mmu.bounds)
      for (const CsrRule& rule : every_csr())
        if (rule.storage == Csr::base || rule.storage == Csr::bound) parts_.csrs.push_back(rule);
    for (auto [key, target] : {std::pair("kernel_direct_from", &parts_.mmu.direct_from), {"kernel_direct_to", &parts_.mmu.direct_to}}) {
      const auto value = number(t, key);
      if (!value) continue;
      if (*value % superpage != 0) stop(*t.get(key), fmt::format("'{}' must be a multiple of 4 MiB", key), "0xC0000000");
      *target = *value;
    }
  }

  void trap(const toml::table& t) {
    keys(t, {"clears_reservation", "loses"});
    parts_.trap.clears_reservation = flag(t, "clears_reservation").value_or(false);
    const std::string loses = text(t, "loses", false);
    if (loses.empty()) return;
    const auto reg = register_number(loses);
    if (!reg || *reg == 0) stop(*t.get("loses"), quoted(loses) + " is no register that can be lost", "x1 to x31, or its name");
    parts_.trap.loses = *reg;
  }

  std::string_view text_;
  const std::string& file_;
  IsaParts parts_;
  std::set<std::string> changed_;
};

}  // namespace

Result<Variant> parse_variant(std::string_view text, const std::string& file) {
  try {
    return Loader(text, file).load();
  } catch (const Failure& failure) {
    return tl::unexpected(failure.error);
  }
}

Variant toy32_variant() { return {.name = "toy32", .models = "RISC-V's user and supervisor modes", .isa = std::make_unique<const Isa>(Isa::toy32_parts())}; }

}  // namespace vmsim
