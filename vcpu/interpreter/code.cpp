#include "vcpu/interpreter/code.hpp"

#include <algorithm>
#include <optional>

#include "vcpu/interpreter/fold.hpp"
#include "vcpu/interpreter/kinds.hpp"

namespace vmsim::threaded {
namespace {

/// A sequence's kinds in one number. None of them counts as 0, so that no sequence looks like the end of a longer one.
uint64_t with_kind(uint64_t kinds, uint16_t kind) { return kinds << 16 | (kind + 1u); }
static_assert(Sequence::longest * 16 <= 64);

/// What is known of a row at run time, without its name.
struct RowTraits {
  Effects effects;
  Flow flow = Flow::on;
  bool has_handler = false;
  bool folds = false;  // it can be run over values that may be unknown
  bool rs1 = false, rs2 = false;
};
constexpr auto traits = []<int... Row>(std::integer_sequence<int, Row...>) {
  auto of = [](Effects e, Flow f, bool has, Format format) {
    return RowTraits{e, f, has, !e.system && !e.atomic && !only_traps(e), layout(format).rs1, layout(format).rs2};
  };
  return std::array<RowTraits, row_count>{of(effects<Row>(), flow<Row>(), has_handler<Row>(), RowAt<Row>::format)...};
}
(std::make_integer_sequence<int, row_count>{});

/// Runs a row that folds; the others know nothing.
FoldMachine fold(const DecodedOp& op, const KnownRegisters& known, uint32_t pc) {
  FoldMachine machine(known, pc);
  dispatch<row_count>(op.handler, [&]<int Row>() {
    constexpr Effects e = effects<Row>();
    if constexpr (!e.system && !e.atomic && !only_traps(e))
      RowAt<Row>::execute(machine, Operands<MaybeWord>{.rd = op.rd, .rs1 = op.rs1, .rs2 = op.rs2, .imm = op.imm});
  });
  return machine;
}

}  // namespace

/// One element of a block to be.
struct Code::Element {
  Site site;
  uint16_t kind = no_kind;  // none: it runs the slow way
  Handler run = nullptr;
  uint32_t imm = 0;
  std::optional<uint32_t> target;  // where its link leads
  [[nodiscard]] uint32_t slots() const { return kind == no_kind ? 1 : static_cast<uint32_t>(slots_of(Kind::of(kind).row)); }
};

/// Turns instructions into elements, from a block's first to its last.
class Code::Decoder {
 public:
  Decoder(const Code& code, const CodePage& page, Physical at) : code_(code), options_(code.options_), page_(page), at_(at) { known_[0] = Word{0}; }

  std::vector<Element> elements;
  uint32_t steps = 0;

  void block(uint32_t offset) {
    offset_ = offset;
    while (!done_) {
      if (steps == longest_block || offset_ == page_size) {
        onward(page_.page + offset_);
        break;
      }
      const Physical word{at_.at + offset_};
      Site site{.op = decode_one(code_.isa_, code_.memory_, word, page_.mode), .pc = page_.page + offset_, .rest = static_cast<uint16_t>(steps)};
      code_.memory_.mark_code(word);
      ++steps;
      offset_ += 4;
      instruction(site);
    }
    // Until now `rest` counted from the block's start.
    for (Element& e : elements) e.site.rest = static_cast<uint16_t>(steps - e.site.rest);
  }

 private:
  void instruction(Site& site) {
    const DecodedOp& op = site.op;
    if (op.handler == ignored_handler) return;
    if (op.handler == illegal_handler) {
      done_ = true;
      return slow(site);
    }
    if (op.handler == added_handler) {  // it may do anything
      slow(site);
      known_ = {};
      known_[0] = Word{0};
      last_ = before_ = discarded;
      return;
    }
    const RowTraits& row = traits[op.handler];
    site.sets = row.effects.sets_register;
    if (!row.folds) {
      done_ = row.effects.always_sets_pc || only_traps(row.effects);
      slow(site);
      if (site.sets) sets(op.rd, {});
      return;
    }
    const FoldMachine folded = fold(op, options_.constants ? known_ : only_zero(), site.pc);
    if (row.flow == Flow::branch) return branch(site, folded);
    if (row.flow == Flow::jump) return jump(site, folded);
    if (row.effects.loads || row.effects.stores) {
      fast(site);
      if (site.sets) sets(op.rd, {});
      return;
    }
    result(site, folded.result);
  }

  /// A row that only computes.
  void result(const Site& site, MaybeWord value) {
    if (!site.sets || site.op.rd == discarded) return;
    if (value.known) constant(site, value.value.bits);
    else fast(site);
    sets(site.op.rd, value);
  }

  void branch(const Site& site, const FoldMachine& folded) {
    if (!folded.target.known || folded.target.value.bits % 4 != 0) return slow(site);
    fast(site);
    elements.back().target = folded.target.value.bits;
    if (options_.extended_blocks) return;
    onward(page_.page + offset_);
  }

  void jump(const Site& site, const FoldMachine& folded) {
    if (!folded.target.known) {
      done_ = true;
      return fast(site, site.op.rd == discarded);
    }
    const uint32_t target = folded.target.value.bits;
    if (target % 4 != 0 || !folded.result.known) {
      done_ = true;
      return slow(site);
    }
    result(site, folded.result);
    if (options_.extended_blocks && in_page(target)) offset_ = target - page_.page;
    else onward(target);
  }

  void constant(const Site& site, uint32_t value) { elements.push_back({.site = site, .kind = Kind{constant_row}.number(), .imm = value, .target = {}}); }
  void onward(uint32_t target) {
    elements.push_back({.site = {.pc = target, .rest = static_cast<uint16_t>(steps)}, .kind = Kind{onward_row}.number(), .target = target});
    done_ = true;
  }
  void slow(const Site& site) { elements.push_back({.site = site, .imm = site.op.imm, .target = {}}); }
  void fast(const Site& site, bool nowhere = false) {
    const DecodedOp& op = site.op;
    const RowTraits& row = traits[op.handler];
    if (!row.has_handler) return slow(site);
    const Kind kind{op.handler, nowhere, row.rs1 ? from(op.rs1) : From::x, row.rs2 ? from(op.rs2) : From::x};
    elements.push_back({.site = site, .kind = kind.number(), .imm = op.imm, .target = {}});
  }

  [[nodiscard]] From from(Reg r) const {
    if (!options_.forwarding || r == 0) return From::x;
    return r == last_ ? From::last : r == before_ ? From::before : From::x;
  }
  /// The element's result goes to `rd`, and becomes the last one.
  void sets(Reg rd, MaybeWord value) {
    before_ = last_ == rd ? discarded : last_;
    last_ = rd;
    if (rd < known_.size()) known_[rd] = value;
  }
  [[nodiscard]] bool in_page(uint32_t pc) const { return pc - page_.page < page_size; }
  static const KnownRegisters& only_zero() {
    static const KnownRegisters registers = [] {
      KnownRegisters r;
      r[0] = Word{0};
      return r;
    }();
    return registers;
  }

  const Code& code_;
  const EngineOptions& options_;
  const CodePage& page_;
  Physical at_;
  uint32_t offset_ = 0;
  bool done_ = false;
  KnownRegisters known_;
  Reg last_ = discarded, before_ = discarded;  // whose values the last two results are
};

Code::Code(const Isa& isa, Memory& memory, const EngineOptions& options) : isa_(isa), memory_(memory), options_(options), pages_(memory.size() / page_size) {
  if (!options.fusion) return;
  for (const Sequence& s : sequences()) {
    uint64_t kinds = 0;
    for (int i = 0; i < s.length; ++i) kinds = with_kind(kinds, s.kinds[static_cast<size_t>(i)]);
    if (s.length != 0) sequences_.emplace(kinds, s.run);
  }
}

CodePage& Code::page(Physical at, uint32_t virtual_page, Mode mode) {
  std::unique_ptr<CodePage>& first = pages_[(at.at - memory_.base().at) / page_size];
  const uint32_t version = memory_.code_version(at);
  if (first != nullptr && first->version != version) first = nullptr;
  for (CodePage* p = first.get(); p != nullptr; p = p->next.get())
    if (p->page == virtual_page && p->mode == mode) return *p;
  auto page = std::make_unique<CodePage>();
  page->version = version;
  page->page = virtual_page;
  page->mode = mode;
  page->next = std::move(first);
  first = std::move(page);
  bytes_ += sizeof(CodePage);
  return *first;
}

void Code::clear() {
  for (auto& page : pages_) page = nullptr;
  bytes_ = 0;
}

const Slot* Code::decode(CodePage& page, Physical at, uint32_t offset) {
  Decoder decoder(*this, page, at);
  decoder.block(offset);
  cover(decoder.elements);
  return page.entries[offset / 4] = build(page, offset, decoder.elements, decoder.steps);
}

std::vector<Code::Part> Code::parts(const CodePage& page, Physical at, uint32_t offset) const {
  Decoder decoder(*this, page, at);
  decoder.block(offset);
  std::vector<Part> parts;
  for (const Element& e : decoder.elements) parts.push_back({e.kind, decoder.steps - e.site.rest});
  return parts;
}

void Code::cover(std::vector<Element>& elements) const {
  std::vector<uint32_t> dispatches(elements.size() + 1, 0);  // from each element to the end
  for (size_t i = elements.size(); i-- > 0;) {
    Element& e = elements[i];
    e.run = e.kind == no_kind ? slow_handler : handler_of(e.kind);
    dispatches[i] = 1 + dispatches[i + 1];
    if (e.kind == no_kind || sequences_.empty()) continue;
    uint64_t kinds = with_kind(0, e.kind);
    for (size_t length = 2; length <= Sequence::longest && i + length <= elements.size(); ++length) {
      const uint16_t kind = elements[i + length - 1].kind;
      if (kind == no_kind) break;
      kinds = with_kind(kinds, kind);
      const auto found = sequences_.find(kinds);
      if (found == sequences_.end() || 1 + dispatches[i + length] > dispatches[i]) continue;
      e.run = found->second;
      dispatches[i] = 1 + dispatches[i + length];
    }
  }
}

const Slot* Code::build(CodePage& page, uint32_t offset, const std::vector<Element>& elements, uint32_t steps) {
  uint32_t slots = 1, stubs = 0;
  for (const Element& e : elements) {
    slots += e.slots();
    stubs += e.target.has_value();
  }
  BlockMemory block{std::make_unique<Slot[]>(slots + stubs), std::make_unique<Site[]>(slots)};
  bytes_ += (slots + stubs) * sizeof(Slot) + slots * sizeof(Site);
  Slot* const ops = block.ops.get();
  ops[0].sites = block.sites.get();
  ops[0].count = steps;
  block.sites[0].pc = page.page + offset;
  uint32_t at = 1, stub = slots;
  for (const Element& e : elements) {
    Slot& op = ops[at];
    op.run = e.run;
    op.imm = e.imm;
    op.rd = e.site.op.rd;
    op.rs1 = e.site.op.rs1;
    op.rs2 = e.site.op.rs2;
    op.index = static_cast<uint8_t>(at);
    block.sites[at] = e.site;
    if (e.target) {
      const bool onward = Kind::of(e.kind).row == onward_row;
      Slot& to = ops[stub];
      to.run = *e.target - page.page < page_size ? unresolved_handler : far_handler;
      to.imm = *e.target;
      to.rd = static_cast<Reg>(at + 1);
      to.index = static_cast<uint8_t>(stub++);
      ops[at + 1].target = &to;
      ops[at + 1].delta = onward ? 0 : e.site.rest - 1;
    } else if (e.slots() == 2) {
      ops[at + 1].imm = e.site.pc;
    }
    at += e.slots();
  }
  page.blocks.push_back(std::move(block));
  return ops + 1;
}

}  // namespace vmsim::threaded
