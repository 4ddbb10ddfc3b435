#include "lockstep/program.hpp"

#include <fmt/format.h>

#include <cstring>

#include "isa/disassemble.hpp"
#include "isa/page_walk.hpp"
#include "isa/table.hpp"

namespace vmsim::lockstep {
namespace {

using Ops = Operands<uint32_t>;

// Where things are, as offsets in memory. Page tables stand in their own pages; data pages come in a row, so that accesses
// straddle them.
constexpr uint32_t body_at = 0x1000, handler_at = 0x6000, tables_at = 0x8000, data_at = 0x10000;
constexpr uint32_t data_pages = 16;
constexpr uint32_t traps_left_at = 0x7000;  // of a finite program
constexpr uint32_t shutdown = 8;            // of the firmware
constexpr uint32_t user_alias = 4u << 20;   // user mode finds memory this far from where it is

class Generator {
 public:
  Generator(uint64_t seed, const ProgramOptions& options) : options_(options), random_(seed) {
    program_.seed = seed;
    program_.paging = options.paging;
    program_.budget = options.budget;
    if (options_.user) options_.finite = true, options_.privileged = false;
  }

  Program make() {
    if (options_.paging) tables();
    boot();
    if (!options_.user) handler();
    data();
    at_ = Program::ram + body_at;
    for (int i = 0; i < options_.items; ++i) {
      if (i % 2 == 0 || options_.uses.empty()) body_item();
      else use_item();
    }
    if (options_.user) item({word("ebreak", {}), word("jal", {.imm = 0u - 4})}, true);  // until enough has trapped
    else if (options_.finite) end();
    // The body's end leads back to its start.
    else item({word("jal", {.imm = body_at + Program::ram - at_})}, true);
    return std::move(program_);
  }

 private:
  // Each expression draws once, or in an order that the language fixes: a seed makes the same program with every compiler.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool chance(uint32_t percent) { return below(100) < percent; }
  template <class T>
  T pick(std::initializer_list<T> of) {
    return of.begin()[below(static_cast<uint32_t>(of.size()))];
  }
  Reg reg() { return static_cast<Reg>(chance(12) ? 0 : chance(60) ? 5 + below(6) : below(32)); }

  static uint32_t word(std::string_view name, const Ops& o) { return Isa::toy32().encode(Isa::toy32().find(name), o); }
  static uint32_t csr_word(std::string_view name, Reg rd, uint16_t csr, uint32_t source) {
    Ops o{.rd = rd, .csr = csr};
    if (name.ends_with('i')) o.imm = source;
    else o.rs1 = static_cast<Reg>(source);
    return word(name, o);
  }
  void item(std::vector<uint32_t> words, bool needed = false) {
    const auto size = static_cast<uint32_t>(words.size() * 4);
    program_.items.push_back({at_, std::move(words), needed});
    at_ += size;
  }
  static void append(std::vector<uint32_t>& to, const std::vector<uint32_t>& more) { to.insert(to.end(), more.begin(), more.end()); }
  static std::vector<uint32_t> load_constant(Reg r, uint32_t value) {
    return {word("lui", {.rd = r, .imm = (value + 0x800) & 0xFFFF'F000}),
            word("addi", {.rd = r, .rs1 = r, .imm = static_cast<uint32_t>(static_cast<int32_t>(value << 20) >> 20)})};
  }

  uint32_t interesting() {
    switch (below(7)) {
      case 0: return pick({0u, 1u, 2u, 4u, 31u, 32u, 0x7FFu, 0xFFFu, 0x1000u});
      case 1: return pick({0x7FFF'FFFFu, 0x8000'0000u, 0xFFFF'FFFFu, 0xFFFF'FFFEu, 0x8000'0001u});
      case 2: return 1u << below(32);
      case 3: return address();
      default: return static_cast<uint32_t>(random_());
    }
  }

  /// An address that is worth an access: mostly data, near the edges of its pages.
  uint32_t address() {
    const uint32_t where = below(100);
    if (where < 70) {
      const uint32_t page = Program::ram + data_at + below(data_pages) * page_size;
      return chance(40) ? page + pick({0u, 1u, 2u, 3u, 4u, 0xFF8u, 0xFFCu, 0xFFDu, 0xFFEu, 0xFFFu}) : page + below(page_size);
    }
    if (where < 76 && !options_.finite) return Program::ram + body_at + below(0x800);  // code
    if (where < 80) return Program::ram + Program::ram_size - below(8);                // the end of memory
    if (where < 84 && !options_.finite) return 0x1000'0000 + below(9);                 // the UART
    if (where < 87) return pick({0u, 0xFFFF'FFFCu, 0xFFFF'FFFFu, 0x7FFF'FFFEu, options_.finite ? 4u : 0x0010'0004u});
    if (where < 90 && options_.paging && !options_.finite) return Program::ram + tables_at + below(0x4000);
    return Program::ram + data_at + below(data_pages * page_size);
  }
  uint16_t csr_number() {
    if (options_.finite) return pick<uint16_t>({0x100, 0x104, 0x140, 0x142, 0x144});
    if (chance(6)) return static_cast<uint16_t>(below(4096));
    const auto csrs = Isa::toy32().csrs();
    return csrs[below(static_cast<uint32_t>(csrs.size()))].number;
  }

  void boot() {
    at_ = Program::ram;
    std::vector<uint32_t> words;
    for (Reg r = 1; r < 32; ++r) append(words, load_constant(r, interesting()));
    auto set = [&](uint16_t csr, uint32_t value) {
      if (options_.user) return;
      append(words, load_constant(6, value));
      words.push_back(csr_word("csrrw", 0, csr, 6));
    };
    set(0x105, Program::ram + handler_at + (chance(25) ? 1 : 0));
    set(0x140, interesting());
    set(0x106, below(8));
    if (!options_.finite) set(0x15D, 0), set(0x14D, 1 + below(4));
    if (options_.privileged) set(0x104, chance(85) ? 0x222 : below(0x400));
    if (options_.paging) set(0x180, root(below(2)));
    if (options_.privileged) {
      const uint32_t status = interesting();
      set(0x100, (options_.finite ? status & 0xC'0122 : status) | (chance(70) ? 2 : 0));
    }
    append(words, load_constant(6, Program::ram + body_at));
    words.push_back(word("jalr", {.rs1 = 6}));
    item(std::move(words), true);
  }

  [[nodiscard]] uint32_t root(uint32_t space) const { return satp::mode | space << 22 | (Program::ram + tables_at + space * 2 * page_size) >> 12; }

  /// Two address spaces, each a root and a lower table for the 4 MiB where memory is: code and tables identity-mapped for
  /// the kernel, data pages with random permissions.
  void tables() {
    for (uint32_t space = 0; space < 2; ++space) {
      const uint32_t upper = Program::ram + tables_at + space * 2 * page_size, lower = upper + page_size;
      auto entry = [&](uint32_t at, uint32_t target, uint32_t bits) {
        at_ = at;
        item({target >> 12 << 10 | bits}, true);
      };
      entry(upper + (Program::ram >> 22) * 4, lower, pte::valid);
      // The UART's 4 MiB, as a superpage; sometimes a broken one.
      const uint32_t broken = chance(10) ? page_size : 0;
      entry(upper + (0x1000'0000 >> 22) * 4, (options_.finite ? 0x4000'0000 : 0x1000'0000) + broken, 0xC7 | (chance(50) ? pte::user : 0));
      constexpr uint32_t pages = Program::ram_size / page_size;
      for (uint32_t page = 0; page < pages; ++page) {
        const uint32_t offset = page * page_size;
        const bool is_data = offset >= data_at && offset < data_at + data_pages * page_size;
        uint32_t bits = pte::valid | pte::read | pte::write | pte::execute | pte::accessed | pte::dirty;
        uint32_t target = Program::ram + offset;
        if (is_data) {
          if (chance(40)) bits = below(256);
          else if (chance(50)) bits |= pte::user;
          if (chance(20)) target = Program::ram + data_at + below(data_pages) * page_size;  // an alias
          if (chance(3)) target = pick({0x4000'0000u, options_.finite ? 0u : 0x1000'0000u, 0x8010'0000u});
          if (options_.finite) bits |= pte::accessed | pte::dirty;
        }
        entry(lower + ((Program::ram + offset) >> 12 & 0x3FF) * 4, target, bits);
      }
      // User code sees the body through an alias.
      entry(upper + ((Program::ram | user_alias) >> 22) * 4, Program::ram & ~0x3F'FFFFu, pte::valid | pte::read | pte::execute | pte::user | pte::accessed);
    }
  }

  void data() {
    for (uint32_t i = 0; i < 64; ++i) {
      const uint32_t page = below(data_pages);
      at_ = Program::ram + data_at + page * page_size + below(page_size / 4) * 4;
      item({interesting()}, true);
    }
  }

  // The handler: skips the instruction that trapped, silences the interrupt that came, and now and then changes the mode to
  /// return to, the address space, or the place.
  void handler() {
    at_ = Program::ram + handler_at;
    std::vector<uint32_t> words;
    // `then` runs where the branch `name` is not taken.
    auto unless = [&](std::string_view name, Reg rs1, Reg rs2, const std::vector<uint32_t>& then) {
      words.push_back(word(name, {.rs1 = rs1, .rs2 = rs2, .imm = static_cast<uint32_t>(4 + 4 * then.size())}));
      append(words, then);
    };
    // Vectored interrupts arrive at base + 4 × cause: the first words only lead on.
    for (uint32_t i = 0; i < 16; ++i) words.push_back(word("jal", {.imm = (16 - i) * 4}));
    words.push_back(csr_word("csrrs", 31, 0x142, 0));  // scause
    words.push_back(csr_word("csrrs", 30, 0x141, 0));  // sepc
    // Exceptions: go on after the instruction; a fetch that failed goes on at the body.
    std::vector<uint32_t> exception;
    exception.push_back(word("addi", {.rd = 30, .rs1 = 30, .imm = 4}));
    exception.push_back(csr_word("csrrw", 0, 0x141, 30));
    unless("blt", 31, 0, exception);
    // A fetch that failed would fail again. Outside memory: back to some place in the body. A page of the other mode: the
    // same place through the other alias.
    std::vector<uint32_t> back = load_constant(30, Program::ram + body_at + below(64) * 4);
    back.push_back(csr_word("csrrw", 0, 0x141, 30));
    words.push_back(word("addi", {.rd = 29, .imm = cause::fetch_access}));
    unless("bne", 31, 29, back);
    std::vector<uint32_t> other = load_constant(29, user_alias);
    other.push_back(word("xor", {.rd = 30, .rs1 = 30, .rs2 = 29}));
    append(other, load_constant(28, user_alias | 0x7FC));
    other.push_back(word("and", {.rd = 30, .rs1 = 30, .rs2 = 28}));
    append(other, load_constant(28, Program::ram + body_at));
    other.push_back(word("or", {.rd = 30, .rs1 = 30, .rs2 = 28}));
    other.push_back(csr_word("csrrw", 0, 0x141, 30));
    words.push_back(word("addi", {.rd = 29, .imm = cause::fetch_page}));
    unless("bne", 31, 29, other);
    // Interrupts: clear the software bit, move the timer.
    words.push_back(csr_word("csrrci", 0, 0x144, 2));
    if (options_.finite) {
      count_traps(words);
    } else {
      words.push_back(csr_word("csrrs", 29, 0xC01, 0));
      words.push_back(word("addi", {.rd = 29, .rs1 = 29, .imm = 1 + below(3)}));
      words.push_back(csr_word("csrrw", 0, 0x14D, 29));
    }
    if (options_.privileged) {
      // Interrupts on again, whatever the body did to them.
      words.push_back(word("addi", {.rd = 28, .imm = 0x222}));
      words.push_back(csr_word("csrrs", 0, 0x104, 28));
      words.push_back(word("addi", {.rd = 28, .imm = sstatus::spie}));
      words.push_back(csr_word("csrrs", 0, 0x100, 28));
      // Which mode to return to hangs on a bit of the cycle counter, which is as good as random.
      chance_word(words, 0xC00);
      words.push_back(word("andi", {.rd = 29, .rs1 = 29, .imm = 1u << below(4)}));
      words.push_back(word("addi", {.rd = 28, .imm = 0x100}));
      std::vector<uint32_t> flip = {csr_word("csrrs", 27, 0x100, 0), word("xor", {.rd = 27, .rs1 = 27, .rs2 = 28}), csr_word("csrrw", 0, 0x100, 27)};
      unless("bne", 29, 0, flip);
      if (options_.paging) {
        chance_word(words, 0xC02);
        words.push_back(word("andi", {.rd = 29, .rs1 = 29, .imm = 1u << below(4)}));
        std::vector<uint32_t> change = load_constant(28, root(0) ^ root(1));
        change.push_back(csr_word("csrrs", 27, 0x180, 0));
        change.push_back(word("xor", {.rd = 27, .rs1 = 27, .rs2 = 28}));
        change.push_back(csr_word("csrrw", 0, 0x180, 27));
        unless("bne", 29, 0, change);
      }
    }
    words.push_back(word("sret", {}));
    item(std::move(words), true);
  }

  /// A number that is as good as random, to x29: a counter, or how many traps are left.
  void chance_word(std::vector<uint32_t>& words, uint16_t counter) {
    if (!options_.finite) return words.push_back(csr_word("csrrs", 29, counter, 0));
    append(words, load_constant(28, Program::ram + traps_left_at));
    words.push_back(word("lw", {.rd = 29, .rs1 = 28}));
  }
  /// Shuts down when as many traps have been taken as the program may take.
  void count_traps(std::vector<uint32_t>& words) {
    chance_word(words, 0);
    words.push_back(word("addi", {.rd = 29, .rs1 = 29, .imm = ~0u}));
    words.push_back(word("sw", {.rs1 = 28, .rs2 = 29}));
    std::vector<uint32_t> then = load_constant(17, shutdown);
    then.push_back(word("ecall", {}));
    words.push_back(word("bne", {.rs1 = 29, .imm = static_cast<uint32_t>(4 + 4 * then.size())}));
    append(words, then);
    at_ = Program::ram + traps_left_at;
    item({10 + below(30)}, true);
    at_ = Program::ram + handler_at;
  }
  /// In user mode this traps until no trap is left.
  void end() {
    std::vector<uint32_t> words = load_constant(17, shutdown);
    words.push_back(word("ecall", {}));
    words.push_back(word("jal", {.imm = 0u - 4}));
    item(std::move(words), true);
  }

  void body_item() {
    const auto& isa = Isa::toy32();
    std::vector<uint32_t> words;
    const uint32_t kind = below(100);
    if (kind < 3) {
      words.push_back(chance(50) ? static_cast<uint32_t>(random_()) : word("addi", {}) ^ (1u << below(32)));
      if (options_.finite && (words[0] & 0x7F) == 0x73) words[0] = Item::nop;  // a control register that only one machine has
    } else if (kind < 6 && options_.privileged) {
      // A store to a page-table entry, fenced.
      if (options_.paging) return change_entry();
      words.push_back(word("sfence.vma", {.rs1 = reg(), .rs2 = reg()}));
    } else if (kind < 10 && options_.privileged) {
      // Interrupts by hand.
      const auto name = pick<std::string_view>({"csrrsi", "csrrci", "csrrwi"});
      const Reg rd = reg();
      words.push_back(csr_word(name, rd, pick<uint16_t>({0x144, 0x100, 0x104}), 2));
    } else if (kind < 13) {
      const Reg rd = reg();
      words = load_constant(rd, interesting());
    } else if (kind < 15 && !options_.user) {
      return options_.finite ? change_mode() : firmware_call();
    } else if (kind < 19 && options_.privileged) {
      return change_mode();
    } else {
      const Op op = static_cast<Op>(below(static_cast<uint32_t>(isa.rows().size())));
      words = operation(op);
    }
    item(std::move(words));
  }

  /// One of the words that the program is about. Where toy32 has such a word, its operands are as usual; else its source registers hold what is
  /// worth an access, a jump or a comparison.
  void use_item() {
    const Use& use = options_.uses[below(static_cast<uint32_t>(options_.uses.size()))];
    std::vector<uint32_t> words;
    auto with_sources = [&](uint32_t word, uint32_t rs1, uint32_t rs2) {
      const Reg first = word >> 15 & 31, second = word >> 20 & 31;
      if (first != 0) words = load_constant(first, rs1);
      if (second != 0 && second != first) append(words, load_constant(second, rs2));
      words.push_back(word);
    };
    if (!use.models.empty() && chance(50)) {
      const Use::Model& m = use.models[below(static_cast<uint32_t>(use.models.size()))];
      with_sources(m.word, m.rs1, m.rs2);
      return item(std::move(words));
    }
    const uint32_t rd = reg(), rs1 = reg(), rs2 = reg();
    const uint32_t word = (((static_cast<uint32_t>(random_()) & 0xFE00'707F) | rd << 7 | rs1 << 15 | rs2 << 20) & ~use.mask) | use.match;
    const Op op = Isa::toy32().decode(word).op;
    if (op != illegal_op && chance(80)) {
      words = operation(op);
      words.back() = (words.back() & ~use.mask) | use.match;
      return item(std::move(words));
    }
    const uint32_t source = chance(30) ? Program::ram + body_at + 4 * below(0x100) : chance(50) ? address() : interesting();
    with_sources(word, source, interesting());
    item(std::move(words));
  }

  std::vector<uint32_t> operation(Op op) {
    const auto& isa = Isa::toy32();
    const RowInfo& row = isa.row(op);
    Ops o{.rd = reg(), .rs1 = reg(), .rs2 = chance(20) ? o.rs1 : reg(), .csr = csr_number()};
    std::vector<uint32_t> words;
    const Immediate imm = layout(row.format).imm;
    o.imm = chance(30) ? pick({0u, 1u, 0x7FFu, 0x800u, 0xFFFu, 0xFFFF'FFFFu}) : static_cast<uint32_t>(random_());
    switch (row.format) {
      case Format::Load:
      case Format::Store:
      case Format::Atomic:
      case Format::Reserve: {
        // A base that makes the access go somewhere.
        if (o.rs1 == 0) o.rs1 = 5;
        const uint32_t target = address() & (imm.bits == 2 && chance(85) ? ~3u : ~0u);
        const uint32_t offset = imm.bits == 2 ? 0 : static_cast<uint32_t>(static_cast<int32_t>(o.imm << 20) >> 20);
        words = load_constant(o.rs1, target - offset);
        break;
      }
      case Format::Branch:
        o.imm = 4 * (1 + below(12));
        if (chance(20)) o.imm = 0 - o.imm;
        if (chance(4) && !options_.user) o.imm += 2;
        break;
      case Format::Jump:
        o.imm = 4 * (1 + below(12));
        if (chance(4) && !options_.user) o.imm += 2;
        break;
      case Format::JumpReg:
        if (o.rs1 == 0) o.rs1 = 7;
        words = load_constant(o.rs1, (chance(90) ? Program::ram + body_at + below(0x400) : interesting()) & (options_.user ? ~3u : ~0u));
        o.imm = below(2);
        break;
      case Format::Csr:
        // Elsewhere sstatus has fields that toy32 has not: only its low bits are written.
        while (options_.finite && o.csr == 0x100) o.csr = csr_number();
        [[fallthrough]];
      case Format::CsrImm:
        // Paging and the vector stay in the hands of boot code and handler, or the program is over too soon.
        while (o.csr == 0x180 || o.csr == 0x105) o.csr = csr_number();
        break;
      default: break;
    }
    if (row.name == "sret" && chance(70)) return {word("addi", {})};
    if (options_.user && row.name == "ecall") return {word("ebreak", {})};
    if (options_.finite && row.name == "ecall") words = load_constant(17, 99);
    // A reservation lasts until the next instruction everywhere; how much longer, machines differ.
    if (options_.finite && row.name == "sc.w") words.push_back(word("lr.w", {.rs1 = o.rs1}));
    words.push_back(isa.encode(op, o));
    return words;
  }

  void change_entry() {
    const uint32_t space = below(2), page = below(data_pages);
    const uint32_t target = Program::ram + data_at + page * page_size;
    const uint32_t entry = Program::ram + tables_at + (space * 2 + 1) * page_size + (target >> 12 & 0x3FF) * 4;
    std::vector<uint32_t> words = load_constant(5, entry);
    append(words, load_constant(7, target >> 12 << 10 |
                                       (chance(50) ? 0xC7 | (chance(50) ? pte::user : 0) : below(256) | (options_.finite ? pte::accessed | pte::dirty : 0))));
    words.push_back(word("sw", {.rs1 = 5, .rs2 = 7}));
    if (chance(50)) {
      append(words, load_constant(5, target));
      words.push_back(word("sfence.vma", {.rs1 = 5}));
    } else {
      words.push_back(word("sfence.vma", {}));
    }
    item(std::move(words));
  }

  void firmware_call() {
    struct Call {
      uint32_t extension, function, a0, a1;
    };
    const Call call = pick<Call>({{0, 0, 1 + below(8), 0},
                                  {1, 0, 'a' + below(26), 0},
                                  {2, 0, 0, 0},
                                  {0x10, below(8), 0x54494D45, 0},
                                  {0x54494D45, 0, 1 + below(8), 0},
                                  {0x4442434E, 2, '!', 0},
                                  {0x4442434E, 0, below(9), address()},
                                  {99, 1, 2, 3},
                                  {0x53525354, 0, 7, 0}});
    std::vector<uint32_t> words = load_constant(17, call.extension);
    append(words, load_constant(16, call.function));
    append(words, load_constant(10, call.a0));
    append(words, load_constant(11, call.a1));
    words.push_back(word("ecall", {}));
    item(std::move(words));
  }

  /// To the other mode at the next instruction, by sret.
  void change_mode() {
    std::vector<uint32_t> words = {word("auipc", {.rd = 9}),
                                   word("addi", {.rd = 9, .rs1 = 9, .imm = 28}),
                                   csr_word("csrrw", 0, 0x141, 9),
                                   word("addi", {.rd = 8, .imm = 0x120}),
                                   csr_word(chance(50) ? "csrrc" : "csrrs", 0, 0x100, 8),
                                   word("sret", {}),
                                   word("addi", {})};
    item(std::move(words));
  }

  ProgramOptions options_;
  std::mt19937_64 random_;
  Program program_;
  uint32_t at_ = 0;
};

}  // namespace

Program make_program(uint64_t seed, const ProgramOptions& options) { return Generator(seed, options).make(); }

void Program::place(std::span<uint8_t> bytes) const {
  for (const Item& item : items)
    for (size_t i = 0; i < item.words.size(); ++i) std::memcpy(&bytes[item.address - ram + 4 * i], &item.words[i], 4);
}

std::string Program::listing() const {
  std::string text = fmt::format("seed {}, {}, {} steps\n", seed, paging ? "with paging" : "without paging", budget);
  for (const Item& item : items) {
    if (item.blank()) continue;
    for (size_t i = 0; i < item.words.size(); ++i) {
      const auto pc = static_cast<uint32_t>(item.address + 4 * i);
      text += fmt::format("{:08x}: {:08x}  {}\n", pc, item.words[i], disassemble(Isa::toy32(), item.words[i], pc, {.separator = ' '}));
    }
  }
  return text;
}

}  // namespace vmsim::lockstep
