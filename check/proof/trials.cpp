// The trial engine: the questions on concrete states, without Z3. At random, biased to boundaries; and one after the other, every state that is made of few
// words.
#include <algorithm>

#include "check/decide.hpp"
#include "check/proof/deferred.hpp"
#include "check/proof/questions.hpp"

namespace vmsim::check {
namespace {

using Trial = Questions<DeferredDomain>;

uint64_t hash(uint64_t a, uint64_t b) {
  uint64_t z = a * 0x9E37'79B9'7F4A'7C15 + b;
  z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9;
  z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EB;
  return z ^ z >> 31;
}

bool is_condition(Function f) { return f != Function::word_of && f != Function::relocated && f != Function::table_word; }

class AtRandom final : public Chooser {
 public:
  explicit AtRandom(uint64_t seed) : seed_(seed) {}
  void begin(uint64_t trial) { trial_ = hash(seed_, trial); }
  uint32_t choose(const Unknown& u) override {
    const uint64_t what = static_cast<uint64_t>(u.kind) << 32 | static_cast<uint64_t>(u.name.kind) << 24 | static_cast<uint64_t>(u.function) << 16 |
                          static_cast<uint64_t>(u.name.index) << 8 | u.name.which;
    const uint64_t h = hash(hash(trial_, what), uint64_t{u.a} << 32 | u.b);
    if (u.kind == Unknown::Kind::byte) return static_cast<uint8_t>(h);
    if (u.kind == Unknown::Kind::function && is_condition(u.function)) return h % 16 == 0;
    constexpr uint32_t corners[] = {0, 1, 2, 3, 4, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x8020'0000, 0xC000'0000, 0xFFFF'FFFC, 32};
    return (h >> 60) < 6 ? corners[(h >> 32) % std::size(corners)] : static_cast<uint32_t>(h);
  }

 private:
  uint64_t seed_, trial_ = 0;
};

/// Goes through the tree of choices, depth first: a trial repeats the last one's choices up to one, which takes its next word. Only what a trial looks at is in
/// the tree.
class OneAfterTheOther final : public Chooser {
 public:
  OneAfterTheOther(const Isa& isa, const EncodingClass& c) : isa_(isa), instructions_(instructions(isa, c)) {}
  void begin() { at_ = 0; }
  /// False when every state has been tried.
  bool next() {
    while (!path_.empty() && ++path_.back().digit == path_.back().words.size()) path_.pop_back();
    return !path_.empty();
  }
  uint32_t choose(const Unknown& u) override {
    if (at_ == path_.size()) path_.push_back({words(u)});
    const Choice& c = path_[at_++];
    return c.words[c.digit];
  }

 private:
  struct Choice {
    std::span<const uint32_t> words;
    size_t digit = 0;
  };

  // The words of two bits, sign-extended, and those at the edge of the signed numbers.
  static constexpr uint32_t few[] = {0, 1, ~0u, ~1u, 0x7FFF'FFFF, 0x8000'0000};
  static constexpr uint32_t addresses[] = {0, 4, 0x8000'0000};
  static constexpr uint32_t truths[] = {0, 1}, bytes[] = {0, 0xFF};

  [[nodiscard]] std::span<const uint32_t> words(const Unknown& u) {
    switch (u.kind) {
      case Unknown::Kind::reg: return few;
      case Unknown::Kind::byte: return bytes;
      case Unknown::Kind::function: return is_condition(u.function) ? std::span<const uint32_t>(truths) : addresses;
      case Unknown::Kind::word: break;
    }
    switch (u.name.kind) {
      case Name::Kind::word: return instructions_;
      case Name::Kind::csr: return of_register(static_cast<Csr>(u.name.index));
      case Name::Kind::counter: return few;
      case Name::Kind::reserved:
      case Name::Kind::external: return truths;
      default: return addresses;
    }
  }

  /// Nothing, everything, and each field alone; addresses as addresses.
  std::span<const uint32_t> of_register(Csr r) {
    std::vector<uint32_t>& all = of_registers_[static_cast<size_t>(r)];
    if (!all.empty()) return all;
    all = {0, ~0u};
    for (const CsrRule& rule : isa_.csrs())
      if (rule.source != CsrSource::counter && rule.storage == r)
        for (const CsrField& f : rule.fields())
          if (f.writable && f.mask() != ~0u) all.push_back(f.mask());
    return all;
  }

  /// The class's words with registers x0, x1 and x2, and the immediates of one bit each at their ends.
  static std::vector<uint32_t> instructions(const Isa& isa, const EncodingClass& c) {
    if (c.op == illegal_op) return {0, ~0u};
    std::vector<uint32_t> all{0};
    auto times = [&](std::span<const uint32_t> values) {
      std::vector<uint32_t> product;
      for (const uint32_t word : all)
        for (const uint32_t v : values) product.push_back(word | v);
      all = std::move(product);
    };
    const Layout l = layout(isa.row(c.op).format);
    for (const auto& [has, low] : {std::pair(l.rd, 7u), {l.rs1, 15u}, {l.rs2, 20u}})
      if (has) times(std::array{0u, 1u << low, 2u << low});
    std::vector<uint32_t> immediates{0};
    uint32_t whole = 0;
    for (int i = 0; i < l.imm.count; ++i) {
      const Piece p = l.imm.pieces[static_cast<size_t>(i)];
      const auto bits = static_cast<uint32_t>((uint64_t{1} << p.width) - 1);
      whole |= bits << p.word_low;
      immediates.push_back(1u << p.word_low);
    }
    if (whole != 0) immediates.push_back(whole), times(immediates);
    return all;
  }

  const Isa& isa_;
  std::vector<uint32_t> instructions_;
  std::array<std::vector<uint32_t>, csr_count> of_registers_;
  std::vector<Choice> path_;
  size_t at_ = 0;
};

}  // namespace

Trials random_trials(const Isa& isa, const EncodingClass& c, Query query, uint64_t count, uint64_t seed) {
  const Isa reversible = without_losses(isa);
  AtRandom chooser(seed);
  DeferredDomain::World world(chooser);
  Trial question(world, isa, reversible);
  Trials t;
  for (; t.tried < count; ++t.tried) {
    chooser.begin(t.tried);
    world.begin();
    t.shown += question.ask(c, query).shown.on;
  }
  return t;
}

Trials exhaustive_trials(const Isa& isa, const EncodingClass& c, Query query, uint64_t most) {
  const Isa reversible = without_losses(isa);
  OneAfterTheOther chooser(isa, c);
  DeferredDomain::World world(chooser);
  Trial question(world, isa, reversible);
  Trials t{.exhausted = true};
  do {
    if (t.tried == most) return t.exhausted = false, t;
    chooser.begin();
    world.begin();
    ++t.tried;
    t.shown += question.ask(c, query).shown.on;
  } while (chooser.next());
  return t;
}

}  // namespace vmsim::check
