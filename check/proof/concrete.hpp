// The trial engine's domain: concrete harts from a world of random words, biased to boundaries, or of given ones.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "check/proof/name.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim::check {

struct ConcreteDomain : WordDomain {
  struct Registers {
    std::array<uint32_t, 32> values{};
    uint32_t word = 0;
    uint32_t nothing = 0;
    uint32_t& operator[](Reg code) {
      nothing = 0;
      const uint32_t n = number(code);
      return n == 0 ? nothing : values[n];
    }
    uint32_t operator[](Reg code) const { return values[number(code)]; }

   private:
    [[nodiscard]] uint32_t number(Reg code) const { return code < 32 ? code : word >> operand_low(code) & 31; }
  };
  struct Hart {
    Registers x;
    uint32_t pc = 0, mode = 0;
    Mode start = Mode::kernel;
    std::array<uint32_t, csr_count> csr{};
    bool reserved = false;
    uint32_t reservation = 0;
    bool external_interrupt = false;
    std::array<std::array<uint32_t, 2>, 3> counters{};
    [[nodiscard]] uint32_t& operator[](Csr r) { return csr[static_cast<size_t>(r)]; }
    [[nodiscard]] uint32_t operator[](Csr r) const { return csr[static_cast<size_t>(r)]; }
  };
  static bool is_false(Flag condition) { return !condition.on; }
  static Mode mode(const Hart& hart) { return hart.start; }
  static void set_mode(Hart& hart, Mode mode) {
    hart.start = mode;
    hart.mode = static_cast<uint32_t>(mode);
  }
  static Word counter(const Hart& hart, Counter which, int half) { return hart.counters[static_cast<size_t>(which)][static_cast<size_t>(half)]; }

  static uint64_t hash(uint64_t a, uint64_t b) {
    uint64_t z = a * 0x9E37'79B9'7F4A'7C15 + b;
    z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EB;
    return z ^ z >> 31;
  }

  /// A state from elsewhere, as from a proof's counterexample.
  struct Given {
    std::map<Name, uint32_t> words;
    std::function<uint32_t(uint32_t)> reg;
    std::function<uint8_t(Name, uint32_t)> byte;
    std::function<uint32_t(Function, uint32_t, uint32_t)> function;
  };

  struct Bytes {
    uint64_t seed = 0;
    const Given* given = nullptr;
    Name name;
    std::vector<std::pair<uint32_t, uint8_t>> written;  // the last of an address counts
    std::vector<uint32_t>* touched = nullptr;           // addresses read
    [[nodiscard]] uint8_t initial(uint32_t at) const { return given != nullptr ? given->byte(name, at) : static_cast<uint8_t>(hash(seed, at)); }
    [[nodiscard]] uint8_t byte(uint32_t at) const {
      for (auto it = written.rbegin(); it != written.rend(); ++it)
        if (it->first == at) return it->second;
      return initial(at);
    }
    [[nodiscard]] Word read(Word at, Width width) const {
      uint32_t value = 0;
      for (uint32_t i = 0; i < static_cast<uint32_t>(width); ++i) {
        value |= uint32_t{byte(at.bits + i)} << 8 * i;
        if (touched != nullptr) touched->push_back(at.bits + i);
      }
      return value;
    }
    void write(const Gate& gate, Word at, Word value, Width width) {
      if (!gate.open()) return;
      for (uint32_t i = 0; i < static_cast<uint32_t>(width); ++i) {
        if (touched != nullptr) touched->push_back(at.bits + i);
        written.emplace_back(at.bits + i, static_cast<uint8_t>(value.bits >> 8 * i));
      }
    }
  };

  class World {
   public:
    explicit World(uint64_t seed) : seed_(seed) {}
    explicit World(const Given& given) : given_(&given) {}
    std::map<Name, std::vector<uint32_t>> touched;  // addresses by memory; kept only for given states

    Word word(Name name) {
      if (given_ != nullptr) {
        const auto it = given_->words.find(name);
        return it == given_->words.end() ? 0 : it->second;
      }
      const uint64_t h = hash(seed_, static_cast<uint64_t>(name.kind) << 16 | static_cast<uint64_t>(name.index) << 8 | name.which);
      return biased(h);
    }
    Flag truth(Name name) { return {(word(name).bits & 1) != 0}; }
    Bytes bytes(Name name) {
      if (given_ == nullptr) return {.seed = hash(seed_, 0x10000 + static_cast<uint64_t>(name.kind) * 256 + name.which), .name = name};
      return {.given = given_, .name = name, .touched = &touched[name]};
    }
    Registers registers(Word word) {
      Registers r;
      r.word = word.bits;
      for (uint32_t i = 1; i < 32; ++i) r.values[i] = given_ != nullptr ? given_->reg(i) : biased(hash(seed_, 0x20000 + i)).bits;
      return r;
    }
    Word apply(Function f, Word a, Word b) {
      if (given_ != nullptr) return given_->function(f, a.bits, b.bits);
      return static_cast<uint32_t>(hash(hash(seed_, 0x30000 + static_cast<uint64_t>(f)), uint64_t{a.bits} << 32 | b.bits));
    }
    Flag holds(Function f, Word a, Word b) {
      const uint32_t value = apply(f, a, b).bits;
      return {given_ != nullptr ? (value & 1) != 0 : value % 16 == 0};
    }
    Flag differ(const Bytes& a, const Bytes& b) {
      for (const auto* writes : {&a.written, &b.written})
        for (const auto& [at, value] : *writes)
          if (a.byte(at) != b.byte(at)) return {true};
      return {!(a.name == b.name)};
    }
    static void suppose_not(Flag, auto&) {}
    static void reaches(const Gate&, Word, bool) {}
    bool untouched(const Bytes& b, Name) { return b.written.empty(); }
    Flag differ(const Registers& a, const Registers& b) { return {a.values != b.values}; }

   private:
    static Word biased(uint64_t h) {
      constexpr uint32_t corners[] = {0, 1, 2, 3, 4, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x8020'0000, 0xC000'0000, 0xFFFF'FFFC, 32};
      return (h >> 60) < 6 ? corners[(h >> 32) % std::size(corners)] : static_cast<uint32_t>(h);
    }
    uint64_t seed_ = 0;
    const Given* given_ = nullptr;
  };
};

}  // namespace vmsim::check
