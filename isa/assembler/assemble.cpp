// Passes, sections, labels and directives.
#include "isa/assembler/assemble.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "isa/assembler/instruction.hpp"

namespace vmsim {
namespace assembler {
namespace {

struct Section {
  std::string name;
  bool writable = false, executable = false, no_bits = false;
  uint32_t base = 0, alignment = 4;
  std::vector<uint8_t> bytes;
  uint32_t size = 0;  // equals bytes.size() unless no_bits
};

struct Line {
  std::vector<Token> tokens;
  size_t number = 0;
};

constexpr int most_passes = 32;

class Assembler {
 public:
  Assembler(const Isa& isa, std::string file, const AssembleOptions& options) : isa_(isa), file_(std::move(file)), options_(options) {
    for (const char* name : {".text", ".rodata", ".data", ".bss"}) section(name);
  }

  Assembly run(std::string_view source) {
    read(source);
    for (int pass = 0;; ++pass) {
      if (pass == most_passes) throw Error{"labels and sizes depend on each other without end", file_, "break the circle"};
      const Symbols before = symbols_;
      const bool stable = pass > 1 && same_;
      this->pass(stable);
      if (stable) return result();
      place_sections();
      same_ = same_places(before);
    }
  }

 private:
  void read(std::string_view source) {
    bool in_comment = false;
    for (size_t number = 1; !source.empty(); ++number) {
      const size_t length = source.find('\n');
      const std::string_view line = source.substr(0, length);
      source.remove_prefix(length == std::string_view::npos ? source.size() : length + 1);
      auto statements = tokenize(line, in_comment, fmt::format("{}:{}", file_, number));
      if (!statements) throw statements.error();
      for (auto& tokens : *statements)
        if (tokens.size() > 1) lines_.push_back({std::move(tokens), number});
    }
  }

  void pass(bool final) {
    next_ = {};
    globals_.clear();
    for (Section& s : sections_) {
      s.bytes.clear();
      s.size = 0;
    }
    current_ = 0;
    previous_ = 0;
    for (size_t i = 0; i < lines_.size(); ++i) {
      Statement s(lines_[i].tokens, i, fmt::format("{}:{}", file_, lines_[i].number), symbols_, here(), final);
      statement(s, i, final);
    }
    std::swap(symbols_, next_);
  }

  [[nodiscard]] uint32_t here() const { return sections_[current_].base + sections_[current_].size; }

  void statement(Statement& s, size_t number, bool final) {
    // Labels; several may stand before one statement.
    for (;;) {
      const Token& first = s.peek();
      const bool names = (first.kind == Token::Kind::name || first.kind == Token::Kind::number) && s.peek(1).is(":");
      if (!names) break;
      if (first.kind == Token::Kind::number) next_.numeric[first.value].push_back({number, here()});
      else define(s, first.text, {here(), static_cast<int>(current_), true});
      s.take();
      s.take();
    }
    if (s.at_end()) return;
    const Token first = s.take();
    if (first.kind != Token::Kind::name)
      s.error_at(first.column, "expected an instruction, a directive or a label", "a label ends with a colon, a comment begins with #");
    if (s.peek().is("=")) {
      s.take();
      return set_symbol(s, first.text);
    }
    if (first.text[0] == '.') return directive(s, first, final);
    Section& section = sections_[current_];
    if (section.no_bits) s.error_at(first.column, fmt::format("an instruction in {}, which has no contents", section.name), "begin with .text");
    const Encoded encoded = encode_instruction(isa_, first, s);
    if (encoded.pcrel_hi) next_.pcrel_hi[here()] = *encoded.pcrel_hi;
    for (uint32_t word : encoded.words) emit(s, word, 4);
  }

  void define(Statement& s, const std::string& name, Symbols::Value value) {
    auto [it, is_new] = next_.named.try_emplace(name, value);
    if (!is_new) s.error(fmt::format("'{}' is defined twice", name), "numeric labels (1:, 1b, 1f) can repeat");
  }
  void set_symbol(Statement& s, const std::string& name) {
    const Value value = s.expression();
    s.expect_end();
    next_.named[name] = {value.relative ? int64_t{static_cast<uint32_t>(value.number)} : value.number, value.relative ? static_cast<int>(current_) : -1, true};
    symbols_.named[name] = next_.named[name];  // seen at once by the statements that follow
  }

  void grow(Statement& s, uint64_t count) {
    total_check(s, count);
    Section& section = sections_[current_];
    section.size += static_cast<uint32_t>(count);
  }
  void total_check(Statement& s, uint64_t count) {
    uint64_t total = count;
    for (const Section& section : sections_) total += section.size;
    if (total > options_.max_size)
      s.error(fmt::format("the program grows beyond {} bytes", options_.max_size), "no guest has that much memory: is the number meant?");
  }
  void emit(Statement& s, uint64_t value, uint32_t size) {
    Section& section = sections_[current_];
    if (section.no_bits) s.error(fmt::format("data in {}, which has no contents", section.name), "begin with .data, or use .space");
    grow(s, size);
    for (uint32_t i = 0; i < size; ++i) section.bytes.push_back(static_cast<uint8_t>(value >> 8 * i));
  }
  void fill(Statement& s, uint64_t count, uint8_t byte) {
    grow(s, count);
    Section& section = sections_[current_];
    if (!section.no_bits) section.bytes.resize(section.size, byte);
  }

  size_t section(const std::string& name) {
    for (size_t i = 0; i < sections_.size(); ++i)
      if (sections_[i].name == name) return i;
    Section s{.name = name};
    auto is = [&](std::string_view kind) { return name == kind || name.starts_with(std::string(kind) + "."); };
    s.executable = is(".text");
    s.writable = is(".data") || is(".bss") || is(".sdata") || is(".sbss");
    s.no_bits = is(".bss") || is(".sbss");
    sections_.push_back(std::move(s));
    return sections_.size() - 1;
  }
  void enter(size_t section) {
    previous_ = current_;
    current_ = section;
  }

  void directive(Statement& s, const Token& name, bool final);
  void data(Statement& s, uint32_t size);
  void strings(Statement& s, bool zero);
  void align(Statement& s, bool is_power);
  void section_directive(Statement& s);

  /// Sections follow one another, each at its own alignment.
  void place_sections() {
    uint64_t at = options_.base;
    for (Section& s : sections_) {
      at = (at + s.alignment - 1) / s.alignment * s.alignment;
      s.base = static_cast<uint32_t>(at);
      at += s.size;
    }
    if (at > uint64_t{1} << 32) throw Error{"the program runs past the end of the address space", file_, "choose a lower --base"};
  }
  [[nodiscard]] bool same_places(const Symbols& before) const {
    auto same = [](const auto& a, const auto& b) { return a.second.value == b.second.value && a.first == b.first; };
    auto same_numeric = [](const auto& a, const auto& b) {
      return a.first == b.first && std::ranges::equal(a.second, b.second, {}, &Symbols::Numeric::value, &Symbols::Numeric::value);
    };
    if (!std::ranges::equal(before.numeric, symbols_.numeric, same_numeric) || before.pcrel_hi != symbols_.pcrel_hi) return false;
    if (!std::ranges::equal(before.named, symbols_.named, same)) return false;
    std::vector<uint32_t> places;
    for (const Section& s : sections_) places.insert(places.end(), {s.base, s.size});
    return std::exchange(places_, places) == places;
  }

  Assembly result() {
    Assembly out;
    std::vector<int> index(sections_.size(), -1);
    for (size_t i = 0; i < sections_.size(); ++i) {
      Section& s = sections_[i];
      if (s.size == 0 && i != 0) continue;
      index[i] = static_cast<int>(out.sections.size());
      const uint32_t zeros = s.no_bits ? s.size : 0;
      out.sections.push_back({s.name, s.base, std::move(s.bytes), zeros, s.writable, s.executable});
    }
    for (const auto& [name, value] : symbols_.named) {
      if (name.starts_with(".L")) continue;
      const int where = value.section < 0 ? -1 : index[static_cast<size_t>(value.section)];
      out.symbols.push_back({name, static_cast<uint32_t>(value.value), where, std::ranges::find(globals_, name) != globals_.end() || name == "_start"});
    }
    const auto start = symbols_.named.find("_start");
    out.entry = start != symbols_.named.end() ? static_cast<uint32_t>(start->second.value) : sections_[0].base;
    return out;
  }

  const Isa& isa_;
  std::string file_;
  AssembleOptions options_;
  std::vector<Line> lines_;
  std::vector<Section> sections_;
  size_t current_ = 0, previous_ = 0;
  Symbols symbols_, next_;  // as the last pass left them; as this one makes them
  std::vector<std::string> globals_;
  bool same_ = false;
  mutable std::vector<uint32_t> places_;
};

void Assembler::data(Statement& s, uint32_t size) {
  if (s.at_end()) return;
  do {
    const int column = s.peek().column;
    const int64_t value = s.expression().number;
    const int64_t limit = size == 8 ? 0 : int64_t{1} << 8 * size;
    if (s.is_final() && size < 8 && (value >= limit || value < -limit / 2))
      s.error_at(column, fmt::format("{} does not fit {} bits", value, 8 * size), ".byte has 8 bits, .half 16, .word 32, .dword 64");
    emit(s, static_cast<uint64_t>(value), size);
    s.advance(size);
  } while (s.accept(","));
}

void Assembler::strings(Statement& s, bool zero) {
  do {
    if (s.peek().kind != Token::Kind::string) s.error("expected a string in quotes", "as in .asciz \"text\\n\"");
    const std::string text = s.take().text;
    for (char c : text) emit(s, static_cast<uint8_t>(c), 1);
    if (zero) emit(s, 0, 1);
  } while (s.accept(","));
}

void Assembler::align(Statement& s, bool is_power) {
  const auto number = static_cast<uint32_t>(s.number(0, is_power ? 16 : 65536, "alignment"));
  const uint32_t to = is_power ? 1u << number : std::max(number, 1u);
  if ((to & (to - 1)) != 0) s.error(fmt::format("alignment {} is not a power of two", to), ".align N aligns to 2^N bytes, .balign N to N bytes");
  uint8_t byte = 0;
  if (s.accept(",") && !s.peek().is(",")) byte = static_cast<uint8_t>(s.expression().number);
  Section& section = sections_[current_];
  section.alignment = std::max(section.alignment, to);
  const uint32_t gap = (to - section.size % to) % to;
  // Code is padded with nops where they fit.
  if (section.executable && gap % 4 == 0) {
    for (uint32_t i = 0; i < gap; i += 4) emit(s, isa_.encode(isa_.find("addi"), {}), 4);
  } else {
    fill(s, gap, byte);
  }
}

void Assembler::section_directive(Statement& s) {
  const Token name = s.take();
  if (name.kind != Token::Kind::name && name.kind != Token::Kind::string) s.error_at(name.column, "expected a section's name", "as in .section .rodata");
  const size_t index = section(name.text);
  enter(index);
  if (!s.accept(",")) return;
  if (s.peek().kind != Token::Kind::string) s.error("expected flags in quotes", "as in .section .rodata, \"a\"");
  for (char flag : s.take().text) {
    sections_[index].writable |= flag == 'w';
    sections_[index].executable |= flag == 'x';
  }
  if (s.accept(",")) {
    s.accept("@");
    s.accept("%");
    if (s.peek().kind == Token::Kind::name || s.peek().kind == Token::Kind::relocation) sections_[index].no_bits = s.take().text == "nobits";
  }
}

void Assembler::directive(Statement& s, const Token& name, bool final) {
  const std::string& d = name.text;
  if (d == ".text" || d == ".data" || d == ".bss" || d == ".rodata") enter(section(d));
  else if (d == ".section") section_directive(s);
  else if (d == ".previous") enter(previous_);
  else if (d == ".globl" || d == ".global" || d == ".weak" || d == ".local") {
    do {
      if (s.peek().kind != Token::Kind::name) s.error("expected a symbol's name", "as in .globl _start");
      if (d != ".local") globals_.push_back(s.peek().text);
      s.take();
    } while (s.accept(","));
  } else if (d == ".align" || d == ".p2align") align(s, true);
  else if (d == ".balign") align(s, false);
  else if (d == ".byte") data(s, 1);
  else if (d == ".half" || d == ".2byte" || d == ".short" || d == ".hword") data(s, 2);
  else if (d == ".word" || d == ".4byte" || d == ".long" || d == ".int") data(s, 4);
  else if (d == ".dword" || d == ".8byte" || d == ".quad") data(s, 8);
  else if (d == ".ascii") strings(s, false);
  else if (d == ".asciz" || d == ".string") strings(s, true);
  else if (d == ".space" || d == ".skip" || d == ".zero") {
    const auto count = static_cast<uint64_t>(s.number(0, 0xFFFF'FFFF, "size"));
    const auto byte = s.accept(",") ? static_cast<uint8_t>(s.expression().number) : uint8_t{0};
    fill(s, count, byte);
  } else if (d == ".fill") {
    const auto repeat = static_cast<uint64_t>(s.number(0, 0xFFFF'FFFF, "repeat count"));
    const auto size = s.accept(",") ? static_cast<uint32_t>(s.number(0, 8, "size")) : 1;
    const auto value = s.accept(",") ? static_cast<uint64_t>(s.expression().number) : 0;
    total_check(s, repeat * size);
    for (uint64_t i = 0; i < repeat; ++i) emit(s, value, size);
  } else if (d == ".org") {
    const int column = s.peek().column;
    const Value to = s.expression();
    const int64_t offset = to.relative ? to.number - sections_[current_].base : to.number;
    const int64_t gap = offset - sections_[current_].size;
    if (gap < 0 && final) s.error_at(column, ".org cannot go back", "it counts from the start of the section");
    if (s.accept(",")) s.expression();
    if (gap > 0) fill(s, static_cast<uint64_t>(gap), 0);
  } else if (d == ".equ" || d == ".set") {
    const Token symbol = s.take();
    if (symbol.kind != Token::Kind::name) s.error_at(symbol.column, "expected a symbol's name", "as in .equ UART, 0x10000000");
    s.expect(",");
    return set_symbol(s, symbol.text);
  } else if (d == ".type" || d == ".size" || d == ".file" || d == ".ident" || d == ".option" || d == ".attribute" || d == ".loc" || d.starts_with(".cfi_")) {
    return;  // nothing to do with bytes
  } else {
    s.error_at(name.column, fmt::format("unknown directive '{}'", d),
               "vmsim has no macros, no .include and no conditions: for those use riscv64-unknown-elf-as and ld");
  }
  s.expect_end();
}

}  // namespace
}  // namespace assembler

Result<Assembly> assemble(const Isa& isa, std::string_view source, const std::string& file, const AssembleOptions& options) {
  try {
    return assembler::Assembler(isa, file, options).run(source);
  } catch (const Error& error) {
    return tl::unexpected(error);
  }
}

Image to_image(const Assembly& assembly) {
  Image image{.entry = assembly.entry, .kind = "assembly"};
  for (const ElfSection& s : assembly.sections)
    if (!s.bytes.empty() || s.zero_fill != 0) image.segments.push_back({s.address, s.bytes, s.zero_fill});
  for (const ElfSymbol& s : assembly.symbols)
    if (s.section >= 0) image.symbols.add(s.name, s.value);
  return image;
}

std::vector<uint8_t> to_flat(const Assembly& assembly) {
  std::vector<uint8_t> flat;
  const uint32_t base = assembly.sections.front().address;
  for (const ElfSection& s : assembly.sections) {
    if (s.bytes.empty()) continue;
    flat.resize(s.address - base);
    flat.insert(flat.end(), s.bytes.begin(), s.bytes.end());
  }
  return flat;
}

}  // namespace vmsim
