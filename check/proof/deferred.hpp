// The trials' domain: words that are chosen only when something depends on them. A value is a word, or a name that nobody has looked at yet; to copy, mask,
// select or compare it with itself is not to look. So a random trial pays for what its question reads, and an exhaustive one has to go only through that.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "check/proof/name.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim::check {

/// What an unknown stands for: a name, or an application of a function, or a byte of memory.
struct Unknown {
  enum class Kind : uint8_t { word, reg, byte, function };
  Kind kind = Kind::word;
  Name name;  // of a word or a memory
  Function function{};
  uint32_t a = 0, b = 0;  // the register's number, the byte's address, the function's operands
  bool operator==(const Unknown&) const = default;
};

/// Who chooses words: at random, or one after the other.
class Chooser {
 public:
  virtual ~Chooser() = default;
  virtual uint32_t choose(const Unknown& unknown) = 0;
};

/// A word that is looked at late.
class DeferredWord {
 public:
  /// What the slots of one world share. A slot's choice lasts for one trial.
  struct Source {
    Chooser& chooser;
    uint64_t trial = 1;
  };
  struct Slot {
    Unknown unknown;
    uint32_t bits = 0;
    uint64_t chosen_in = 0;
    const Source* source = nullptr;
  };

  DeferredWord() = default;
  DeferredWord(uint32_t bits) : bits_(bits) {}
  DeferredWord(Word word) : bits_(word.bits) {}
  explicit DeferredWord(Slot& slot) : bits_(~0u), slot_(&slot) {}

  /// The word, chosen now if it was not.
  [[nodiscard]] Word look() const {
    if (slot_ == nullptr) return bits_;
    if (slot_->chosen_in != slot_->source->trial) {
      slot_->bits = slot_->source->chooser.choose(slot_->unknown);
      slot_->chosen_in = slot_->source->trial;
    }
    return slot_->bits & bits_;
  }

  friend DeferredWord operator&(DeferredWord a, DeferredWord b) {
    if (a.slot_ == nullptr) std::swap(a, b);
    if (b.slot_ != nullptr || a.slot_ == nullptr) return a.look() & b.look();
    a.bits_ &= b.bits_;
    return a.bits_ == 0 ? DeferredWord(0u) : a;
  }
  friend Flag eq(DeferredWord a, DeferredWord b) {
    if (a.slot_ == b.slot_ && a.bits_ == b.bits_) return {true};
    return vmsim::eq(a.look(), b.look());
  }
  friend Flag ne(DeferredWord a, DeferredWord b) { return !eq(a, b); }
  friend DeferredWord select(Flag condition, DeferredWord yes, DeferredWord no) { return condition.on ? yes : no; }

  friend DeferredWord operator+(DeferredWord a, DeferredWord b) { return a.look() + b.look(); }
  friend DeferredWord operator-(DeferredWord a, DeferredWord b) { return a.look() - b.look(); }
  friend DeferredWord operator*(DeferredWord a, DeferredWord b) { return a.look() * b.look(); }
  friend DeferredWord operator|(DeferredWord a, DeferredWord b) { return a.look() | b.look(); }
  friend DeferredWord operator^(DeferredWord a, DeferredWord b) { return a.look() ^ b.look(); }
  friend DeferredWord operator~(DeferredWord a) { return ~a.look(); }
  friend Flag lt_u(DeferredWord a, DeferredWord b) { return vmsim::lt_u(a.look(), b.look()); }
  friend Flag lt_s(DeferredWord a, DeferredWord b) { return vmsim::lt_s(a.look(), b.look()); }
  friend DeferredWord shl(DeferredWord a, DeferredWord n) { return vmsim::shl(a.look(), n.look()); }
  friend DeferredWord shr_u(DeferredWord a, DeferredWord n) { return vmsim::shr_u(a.look(), n.look()); }
  friend DeferredWord shr_s(DeferredWord a, DeferredWord n) { return vmsim::shr_s(a.look(), n.look()); }
  friend DeferredWord mulh_ss(DeferredWord a, DeferredWord b) { return vmsim::mulh_ss(a.look(), b.look()); }
  friend DeferredWord mulh_su(DeferredWord a, DeferredWord b) { return vmsim::mulh_su(a.look(), b.look()); }
  friend DeferredWord mulh_uu(DeferredWord a, DeferredWord b) { return vmsim::mulh_uu(a.look(), b.look()); }
  friend DeferredWord div_u(DeferredWord a, DeferredWord b) { return vmsim::div_u(a.look(), b.look()); }
  friend DeferredWord rem_u(DeferredWord a, DeferredWord b) { return vmsim::rem_u(a.look(), b.look()); }
  friend DeferredWord div_s(DeferredWord a, DeferredWord b) { return vmsim::div_s(a.look(), b.look()); }
  friend DeferredWord rem_s(DeferredWord a, DeferredWord b) { return vmsim::rem_s(a.look(), b.look()); }
  friend DeferredWord sext(DeferredWord a, int width) { return vmsim::sext(a.look(), width); }

 private:
  uint32_t bits_ = 0;  // of an unknown, those that count
  Slot* slot_ = nullptr;
};

struct DeferredDomain {
  using Value = DeferredWord;
  using Condition = Flag;
  using Cell = DeferredWord;
  using FlagCell = DeferredWord;

  struct Registers {
    std::array<DeferredWord, 32> values{};
    uint32_t word = 0;
    DeferredWord nothing;
    DeferredWord& operator[](Reg code) {
      nothing = 0u;
      const uint32_t n = number(code);
      return n == 0 ? nothing : values[n];
    }
    DeferredWord operator[](Reg code) const { return values[number(code)]; }

   private:
    [[nodiscard]] uint32_t number(Reg code) const { return code < 32 ? code : word >> operand_low(code) & 31; }
  };
  struct Hart {
    Registers x;
    DeferredWord pc, mode;
    Mode start = Mode::kernel;
    std::array<DeferredWord, csr_count> csr{};
    DeferredWord reserved, reservation, external_interrupt;
    std::array<std::array<DeferredWord, 2>, 3> counters{};
    [[nodiscard]] DeferredWord& operator[](Csr r) { return csr[static_cast<size_t>(r)]; }
    [[nodiscard]] const DeferredWord& operator[](Csr r) const { return csr[static_cast<size_t>(r)]; }
  };

  static DeferredWord value(DeferredWord cell) { return cell; }
  static DeferredWord cell(DeferredWord value) { return value; }
  static Flag condition(DeferredWord cell) { return {(cell.look().bits & 1) != 0}; }
  static bool is_false(Flag condition) { return !condition.on; }
  static Mode mode(const Hart& hart) { return hart.start; }
  static void set_mode(Hart& hart, Mode mode) {
    hart.start = mode;
    hart.mode = static_cast<uint32_t>(mode);
  }
  static DeferredWord counter(const Hart& hart, Counter which, int half) { return hart.counters[static_cast<size_t>(which)][static_cast<size_t>(half)]; }

  struct Gate {
    bool trapped = false;
    DeferredWord cause, tval;
    [[nodiscard]] bool open() const { return !trapped; }
    void assign(DeferredWord& cell, DeferredWord value) const {
      if (!trapped) cell = value;
    }
    void assign(DeferredWord& cell, Flag value) const {
      if (!trapped) cell = DeferredWord(value.on ? 1u : 0u);
    }
    void trap(DeferredWord new_cause, DeferredWord new_tval) {
      if (trapped) return;
      trapped = true;
      cause = new_cause;
      tval = new_tval;
    }
    void branch(Flag condition, auto&& then) {
      if (condition.on) then();
    }
  };

  class World;
  /// Memory: what it held at first is unknown, byte by byte.
  struct Bytes {
    World* world = nullptr;
    Name name;
    std::vector<std::pair<uint32_t, uint8_t>> written;  // the last of an address counts
    [[nodiscard]] uint8_t byte(uint32_t at) const;
    [[nodiscard]] DeferredWord read(DeferredWord at, Width width) const {
      uint32_t value = 0;
      for (uint32_t i = 0; i < static_cast<uint32_t>(width); ++i) value |= uint32_t{byte(at.look().bits + i)} << 8 * i;
      return value;
    }
    void write(const Gate& gate, DeferredWord at, DeferredWord value, Width width) {
      if (!gate.open()) return;
      for (uint32_t i = 0; i < static_cast<uint32_t>(width); ++i) written.emplace_back(at.look().bits + i, static_cast<uint8_t>(value.look().bits >> 8 * i));
    }
  };

  /// Everything that one trial has a name for. It is used again for the next: `begin` forgets.
  class World {
   public:
    explicit World(Chooser& chooser) : source_{chooser} {
      for (uint32_t i = 0; i < 32; ++i) registers_[i] = {.unknown = {.kind = Unknown::Kind::reg, .a = i}, .source = &source_};
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    void begin() {
      ++source_.trial;
      known_.clear();
    }

    DeferredWord word(Name name) {
      DeferredWord::Slot& slot = words_[static_cast<size_t>(name.kind) * most * states + name.index * states + name.which];
      if (slot.source == nullptr) slot = {.unknown = {.name = name}, .source = &source_};
      return DeferredWord(slot);
    }
    DeferredWord truth(Name name) { return word(name) & DeferredWord(1u); }
    Bytes bytes(Name name) { return {.world = this, .name = name}; }
    Registers registers(DeferredWord word) {
      Registers r;
      r.word = word.look().bits;
      for (uint32_t i = 1; i < 32; ++i) r.values[i] = DeferredWord(registers_[i]);
      return r;
    }
    DeferredWord apply(Function f, DeferredWord a, DeferredWord b) {
      return known({.kind = Unknown::Kind::function, .function = f, .a = a.look().bits, .b = b.look().bits});
    }
    Flag holds(Function f, DeferredWord a, DeferredWord b) { return {(apply(f, a, b).look().bits & 1) != 0}; }
    uint32_t known(const Unknown& unknown) {
      for (const auto& [asked, bits] : known_)
        if (asked == unknown) return bits;
      const uint32_t bits = source_.chooser.choose(unknown);
      known_.emplace_back(unknown, bits);
      return bits;
    }
    Flag differ(const Bytes& a, const Bytes& b) {
      for (const auto* writes : {&a.written, &b.written})
        for (const auto& [at, value] : *writes)
          if (a.byte(at) != b.byte(at)) return {true};
      return {!(a.name == b.name)};
    }
    Flag differ(const Registers& a, const Registers& b) {
      for (size_t i = 1; i < 32; ++i)
        if (ne(a.values[i], b.values[i]).on) return {true};
      return {false};
    }
    bool untouched(const Bytes& b, Name) { return b.written.empty(); }
    static void suppose_not(Flag, auto&) {}
    static void reaches(const Gate&, DeferredWord, bool) {}

   private:
    static constexpr size_t most = 16, states = 4, kinds = static_cast<size_t>(Name::Kind::memory_size) + 1;  // of one kind; that have their own
    DeferredWord::Source source_;
    std::array<DeferredWord::Slot, 32> registers_;
    std::array<DeferredWord::Slot, kinds * most * states> words_;
    std::vector<std::pair<Unknown, uint32_t>> known_;
  };
};

inline uint8_t DeferredDomain::Bytes::byte(uint32_t at) const {
  for (auto it = written.rbegin(); it != written.rend(); ++it)
    if (it->first == at) return it->second;
  return static_cast<uint8_t>(world->known({.kind = Unknown::Kind::byte, .name = name, .a = at}));
}

}  // namespace vmsim::check
