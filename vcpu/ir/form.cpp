#include "vcpu/ir/form.hpp"

#include <algorithm>

#include "isa/execute.hpp"
#include "vcpu/ir/builder.hpp"

namespace vmsim::ir {

Block form(const Isa& isa, const Memory& memory, Physical page, uint32_t pc, Mode mode, const FormOptions& options) {
  const uint32_t start = pc, virtual_page = pc & ~(page_size - 1);
  Builder builder(isa, mode);
  const auto may_follow = [&](uint32_t target) {
    if ((target & ~(page_size - 1)) != virtual_page || (target & 3) != 0) return false;
    return std::ranges::find(builder.block().guests, target, &Guest::pc) == builder.block().guests.end();
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
