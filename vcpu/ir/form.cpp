#include "vcpu/ir/form.hpp"

#include <algorithm>

#include "isa/execute.hpp"
#include "vcpu/ir/builder.hpp"

namespace vmsim::ir {

/// Instructions of a block that goes round a loop: more than this no longer makes what is done once a block cheaper.
constexpr size_t longest_unrolled = 32;

Block form(const Isa& isa, const Memory& memory, Physical page, uint32_t pc, Mode mode, const FormOptions& options) {
  const uint32_t start = pc, virtual_page = pc & ~(page_size - 1);
  Builder builder(isa, mode);
  const auto may_follow = [&](uint32_t target) {
    if ((target & ~(page_size - 1)) != virtual_page || (target & 3) != 0) return false;
    return std::ranges::find(builder.block().guests, target, &Guest::pc) == builder.block().guests.end();
  };
  size_t round = 0;  // instructions from the start to the branch that goes back there
  const auto goes_round_again = [&] {
    if (!options.unroll || builder.target() != start) return false;
    if (round == 0) round = builder.block().guests.size();
    return builder.block().guests.size() + round <= std::min<size_t>(options.most, longest_unrolled);
  };
  do {
    const uint32_t word = memory.read(Physical{page.at | (pc & (page_size - 1))}, Width::word);
    builder.begin(pc, word);
    execute(builder, isa.decode(word));
    switch (builder.end()) {
      case Builder::After::ended: return builder.take();
      case Builder::After::next: pc += 4; break;
      case Builder::After::go:
        pc = builder.target();
        if (options.follow_jumps && may_follow(pc)) break;
        builder.finish(pc);
        return builder.take();
      case Builder::After::split:
        if (goes_round_again()) {
          builder.turn();
          pc = start;
          break;
        }
        pc += 4;
        if (options.pass_branches && builder.target() > pc - 4 && builder.target() != start) break;
        builder.finish(pc);
        return builder.take();
    }
  } while (builder.block().guests.size() < options.most && (pc & ~(page_size - 1)) == virtual_page);
  builder.finish(pc);
  return builder.take();
}

}  // namespace vmsim::ir
