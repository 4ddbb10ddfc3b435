#include "isa/assembler/instruction.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "isa/syntax.hpp"

namespace vmsim::assembler {
namespace {

using Ops = Operands<uint32_t>;

uint32_t high20(uint32_t value) { return (value + 0x800) & 0xFFFF'F000; }
uint32_t low12(uint32_t value) { return static_cast<uint32_t>(static_cast<int32_t>(value << 20) >> 20); }

/// A form that an instruction can be written in.
struct Form {
  Op op = illegal_op;
  std::string_view operands;
  std::span<const Alias::Fixed> fixed;
};

/// Why a form does not fit what is written.
struct Mismatch {
  int column = 0;
  std::string what;
};

class Encoder {
 public:
  Encoder(const Isa& isa, Statement& s) : isa_(isa), s_(s) {}

  Encoded run(const Token& mnemonic) {
    const std::string& name = mnemonic.text;
    if (name == "li") return load_immediate();
    if (name == "la" || name == "lla") return load_address();
    if (name == "call" || name == "tail") return far_jump(name == "call");
    const std::string row_name = without_ordering(name);
    const Op op = isa_.find(row_name);
    if (op != illegal_op && (isa_.row(op).format == Format::Load || isa_.row(op).format == Format::Store))
      if (auto access = symbol_access(op)) return *access;

    std::vector<Form> forms;
    if (op != illegal_op) forms.push_back({op, operand_template(isa_.row(op).format), {}});
    for (const Alias& alias : aliases())
      if (alias.name == name) forms.push_back({isa_.find(alias.base), alias.operands, alias.fixed});
    if (forms.empty()) s_.error_at(mnemonic.column, fmt::format("unknown instruction '{}'", name), nearest(name));

    const size_t start = s_.position();
    std::optional<Mismatch> worst;
    for (const Form& form : forms) {
      s_.rewind(start);
      auto mismatch = fits(form);
      if (!mismatch) return result_;
      if (!worst || mismatch->column > worst->column) worst = std::move(mismatch);
    }
    s_.error_at(worst->column, worst->what, fmt::format("{} is written: {}", name, usage(name, forms)));
  }

 private:
  /// The row behind amoadd.w.aqrl; keeps the ordering bits.
  std::string without_ordering(const std::string& name) {
    for (const auto& [suffix, bits] : {std::pair{".aqrl", 3u}, {".aq", 2u}, {".rl", 1u}}) {
      if (!name.ends_with(suffix)) continue;
      const std::string row = name.substr(0, name.size() - std::string_view(suffix).size());
      const Op op = isa_.find(row);
      if (op == illegal_op || (isa_.row(op).format != Format::Atomic && isa_.row(op).format != Format::Reserve)) continue;
      ordering_ = bits;
      return row;
    }
    return name;
  }

  std::optional<Mismatch> fits(const Form& form) {
    const Format format = isa_.row(form.op).format;
    Ops o;
    o.imm = ordering_;
    result_.pcrel_hi.reset();
    for (const Alias::Fixed& fixed : form.fixed) {
      switch (fixed.field) {
        case Alias::Field::rd: o.rd = static_cast<Reg>(fixed.value); break;
        case Alias::Field::rs1: o.rs1 = static_cast<Reg>(fixed.value); break;
        case Alias::Field::rs2: o.rs2 = static_cast<Reg>(fixed.value); break;
        case Alias::Field::imm: o.imm = fixed.value; break;
        case Alias::Field::csr: o.csr = static_cast<uint16_t>(fixed.value); break;
        case Alias::Field::none: break;
      }
    }
    for (const char letter : form.operands) {
      if (auto mismatch = operand(letter, format, o)) return mismatch;
    }
    if (!s_.at_end()) return mismatch("unexpected text after the operands");
    result_.words = {isa_.encode(form.op, o)};
    return std::nullopt;
  }

  [[nodiscard]] Mismatch mismatch(std::string what) const { return {s_.peek().column, std::move(what)}; }

  std::optional<Reg> accept_register() {
    if (s_.peek().kind != Token::Kind::name) return std::nullopt;
    const auto r = register_number(s_.peek().text);
    if (r) s_.take();
    return r;
  }
  [[nodiscard]] bool at_register() const { return s_.peek().kind == Token::Kind::name && register_number(s_.peek().text).has_value(); }

  std::optional<Mismatch> operand(char letter, Format format, Ops& o) {
    switch (letter) {
      case ',': return s_.accept(",") ? std::nullopt : std::optional(mismatch("expected ',' and another operand"));
      case 'd':
      case 's':
      case 't': {
        const auto r = accept_register();
        if (!r) return mismatch("expected a register");
        (letter == 'd' ? o.rd : letter == 's' ? o.rs1 : o.rs2) = *r;
        return std::nullopt;
      }
      case 'a':
        // GNU as takes a zero before the parenthesis.
        if (s_.peek().kind == Token::Kind::number && s_.peek().value == 0) s_.take();
        return base_register(o);
      case 'o': {
        if (at_register()) return mismatch("expected an offset and a register in parentheses");
        const int column = s_.peek().column;
        // "(" begins the base register or an expression; a register after it tells.
        const bool bare = s_.peek().is("(") && s_.peek(1).kind == Token::Kind::name && register_number(s_.peek(1).text);
        o.imm = bare ? 0 : checked(low_part(), layout(format).imm, column);
        return base_register(o);
      }
      case 'i': {
        if (at_register()) return mismatch("expected a number");
        const int column = s_.peek().column;
        o.imm = checked(low_part(), layout(format).imm, column);
        return std::nullopt;
      }
      case 'h':
      case 'z': {
        if (at_register()) return mismatch("expected a number");
        o.imm = static_cast<uint32_t>(s_.number(0, 31, letter == 'h' ? "shift amount" : "immediate"));
        return std::nullopt;
      }
      case 'u': o.imm = upper_part(); return std::nullopt;
      case 'p': {
        if (at_register()) return mismatch("expected a label");
        const int column = s_.peek().column;
        const auto target = static_cast<uint32_t>(s_.expression().number);
        o.imm = target - s_.here();
        if (s_.is_final() && !immediate_fits(layout(format).imm, static_cast<int32_t>(o.imm)))
          s_.error_at(column, fmt::format("the target {:08x} is out of reach", target),
                      format == Format::Branch ? "branch over a `j`: branches reach 4 KiB, jumps 1 MiB" : "use `tail` or `call`");
        return std::nullopt;
      }
      case 'E': {
        const CsrRule* rule = s_.peek().kind == Token::Kind::name ? isa_.csr(s_.peek().text) : nullptr;
        if (rule != nullptr) s_.take();
        o.csr = rule != nullptr ? rule->number : static_cast<uint16_t>(s_.number(0, 0xFFF, "control register"));
        return std::nullopt;
      }
      case 'P':
      case 'Q': {
        std::string_view set = s_.peek().kind == Token::Kind::name ? std::string_view(s_.peek().text) : std::string_view();
        uint32_t bits = 0;
        for (char c : set) {
          const size_t which = std::string_view("wroi").find(c);
          if (which == std::string_view::npos) return mismatch("expected a set of i, o, r and w");
          bits |= 1u << which;
        }
        if (set.empty()) return mismatch("expected a set of i, o, r and w");
        s_.take();
        o.imm |= letter == 'P' ? bits << 4 : bits;
        return std::nullopt;
      }
      default: return mismatch("expected an operand");
    }
  }

  std::optional<Mismatch> base_register(Ops& o) {
    if (!s_.accept("(")) return mismatch("expected a register in parentheses");
    const auto r = accept_register();
    if (!r) return mismatch("expected a register");
    if (!s_.accept(")")) return mismatch("expected ')'");
    o.rs1 = *r;
    return std::nullopt;
  }

  uint32_t checked(int64_t value, const Immediate& imm, int column) {
    // A 32-bit pattern counts as its signed value.
    if (value > 0x7FFF'FFFF && value <= 0xFFFF'FFFF) value = static_cast<int32_t>(value);
    if (s_.is_final() && !immediate_fits(imm, value))
      s_.error_at(column, fmt::format("immediate {} does not fit {} {} bits", value, imm.bits, imm.is_signed ? "signed" : "unsigned"),
                  "load it into a register with `li` first");
    return static_cast<uint32_t>(value);
  }

  /// An immediate, or %lo, or %pcrel_lo.
  int64_t low_part() {
    if (s_.peek().kind != Token::Kind::relocation) return s_.expression().number;
    const Token relocation = s_.take();
    s_.expect("(");
    const auto value = static_cast<uint32_t>(s_.expression().number);
    s_.expect(")");
    if (relocation.text == "lo") return static_cast<int32_t>(low12(value));
    if (relocation.text != "pcrel_lo") s_.error_at(relocation.column, fmt::format("'%{}' cannot stand here", relocation.text), "%lo and %pcrel_lo can");
    const auto it = s_.symbols().pcrel_hi.find(value);
    if (it != s_.symbols().pcrel_hi.end()) return static_cast<int32_t>(low12(it->second));
    if (s_.is_final()) s_.error_at(relocation.column, "there is no %pcrel_hi at that label", "%pcrel_lo names the label of the auipc, not of the data");
    return 0;
  }

  /// The upper 20 bits of a lui or auipc, as they stand in the immediate.
  uint32_t upper_part() {
    if (s_.peek().kind != Token::Kind::relocation) return static_cast<uint32_t>(s_.number(0, 0xFFFFF, "upper immediate")) << 12;
    const Token relocation = s_.take();
    s_.expect("(");
    const auto value = static_cast<uint32_t>(s_.expression().number);
    s_.expect(")");
    if (relocation.text == "hi") return high20(value);
    if (relocation.text != "pcrel_hi") s_.error_at(relocation.column, fmt::format("'%{}' cannot stand here", relocation.text), "%hi and %pcrel_hi can");
    result_.pcrel_hi = value - s_.here();
    return high20(value - s_.here());
  }

  Reg register_operand() {
    const auto r = accept_register();
    if (!r) s_.error("expected a register", "x0 to x31, or their names: zero, ra, sp, a0, t0, s0, ...");
    return *r;
  }
  [[nodiscard]] uint32_t word(std::string_view row, const Ops& o) const { return isa_.encode(isa_.find(row), o); }

  Encoded load_immediate() {
    const Reg rd = register_operand();
    s_.expect(",");
    const int column = s_.peek().column;
    const int64_t number = s_.peek().kind == Token::Kind::relocation ? low_part() : s_.expression().number;
    s_.expect_end();
    if (s_.is_final() && (number < -0x8000'0000LL || number > 0xFFFF'FFFFLL))
      s_.error_at(column, fmt::format("{} does not fit 32 bits", number), "a register of toy32 has 32 bits: from -2147483648 to 4294967295");
    const auto value = static_cast<uint32_t>(number);
    const uint32_t low = low12(value);
    if (low == value) return {{word("addi", {.rd = rd, .imm = low})}, {}};
    const uint32_t upper = word("lui", {.rd = rd, .imm = high20(value)});
    if (low == 0) return {{upper}, {}};
    return {{upper, word("addi", {.rd = rd, .rs1 = rd, .imm = low})}, {}};
  }

  /// auipc to `rd`, then `row` with the low part.
  [[nodiscard]] Encoded pc_relative(Reg via, uint32_t target, std::string_view row, Ops o) const {
    const uint32_t offset = target - s_.here();
    o.rs1 = via;
    o.imm = low12(offset);
    return {{word("auipc", {.rd = via, .imm = high20(offset)}), word(row, o)}, {}};
  }

  Encoded load_address() {
    const Reg rd = register_operand();
    s_.expect(",");
    const auto target = static_cast<uint32_t>(s_.expression().number);
    s_.expect_end();
    return pc_relative(rd, target, "addi", {.rd = rd});
  }

  Encoded far_jump(bool link) {
    // As GNU as has it: the address is made in t1, but in ra by a call that names no register.
    Reg rd = link ? Reg{1} : Reg{0}, via = link ? Reg{1} : Reg{6};
    if (link && at_register()) {
      rd = register_operand();
      via = 6;
      s_.expect(",");
    }
    const auto target = static_cast<uint32_t>(s_.expression().number);
    s_.expect_end();
    return pc_relative(via, target, "jalr", {.rd = rd});
  }

  /// `lw rd, symbol` and `sw rs2, symbol, scratch`; nothing where the operands are of the ordinary form.
  std::optional<Encoded> symbol_access(Op op) {
    const RowInfo& row = isa_.row(op);
    const size_t start = s_.position();
    const auto r = accept_register();
    if (r && s_.accept(",") && !at_register() && s_.peek().kind != Token::Kind::relocation && !s_.peek().is("(")) {
      const auto target = static_cast<uint32_t>(s_.expression().number);
      if (row.format == Format::Load && s_.at_end()) return pc_relative(*r == 0 ? Reg{6} : *r, target, row.name, {.rd = *r});
      if (row.format == Format::Store && s_.accept(",")) {
        const Reg via = register_operand();
        s_.expect_end();
        return pc_relative(via, target, row.name, {.rs2 = *r});
      }
    }
    s_.rewind(start);
    return std::nullopt;
  }

  [[nodiscard]] static std::string usage(const std::string& name, const std::vector<Form>& forms) {
    std::string text;
    for (const Form& form : forms) {
      if (!text.empty()) text += "; or ";
      text += name + " ";
      for (const char letter : form.operands) {
        switch (letter) {
          case ',': text += ", "; break;
          case 'd': text += "rd"; break;
          case 's': text += "rs1"; break;
          case 't': text += "rs2"; break;
          case 'o': text += "offset(rs1)"; break;
          case 'a': text += "(rs1)"; break;
          case 'p': text += "label"; break;
          case 'E': text += "csr"; break;
          case 'P':
          case 'Q': text += "iorw"; break;
          default: text += "number"; break;
        }
      }
    }
    return text;
  }

  /// A hint that names the known mnemonic with the fewest edits away from `name`.
  [[nodiscard]] std::string nearest(const std::string& name) const {
    std::string_view best;
    size_t fewest = 3;
    auto consider = [&](std::string_view known) {
      const size_t edits = distance(name, known);
      if (edits < fewest) {
        fewest = edits;
        best = known;
      }
    };
    for (const RowInfo& row : isa_.rows()) consider(row.name);
    for (const Alias& alias : aliases()) consider(alias.name);
    for (std::string_view other : {"li", "la", "call", "tail"}) consider(other);
    return best.empty() ? "toy32 is RV32IMA with Zicsr and Zifencei; see docs/toy32.md" : fmt::format("did you mean '{}'?", best);
  }
  static size_t distance(std::string_view a, std::string_view b) {
    if (a.size() > 24) return 24;
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j <= b.size(); ++j) {
        const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
        diagonal = row[j];
        row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
      }
    }
    return row.back();
  }

  const Isa& isa_;
  Statement& s_;
  uint32_t ordering_ = 0;
  Encoded result_;
};

}  // namespace

Encoded encode_instruction(const Isa& isa, const Token& mnemonic, Statement& statement) { return Encoder(isa, statement).run(mnemonic); }

}  // namespace vmsim::assembler
