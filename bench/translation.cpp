#include "bench/translation.hpp"

#include "bench/workload.hpp"

#ifdef VMSIM_HAS_JIT
#include <set>

#include "vcpu/ir/form.hpp"
#include "vcpu/ir/passes/passes.hpp"
#include "vcpu/jit/code_cache.hpp"
#endif

namespace vmsim::bench {

#ifdef VMSIM_HAS_JIT
namespace {

/// Where blocks begin in a program: at its entry, and wherever a known one leads or ends.
std::set<uint32_t> block_starts(const Isa& isa, const Memory& memory, uint32_t entry, uint32_t end) {
  std::set<uint32_t> found;
  std::vector<uint32_t> open{entry};
  while (!open.empty()) {
    const uint32_t pc = open.back();
    open.pop_back();
    if (pc < entry || pc >= end || !found.insert(pc).second) continue;
    const ir::Block block = ir::form(isa, memory, Physical{pc & ~(page_size - 1)}, pc, Mode::kernel, {});
    for (const ir::Node& n : block.nodes)
      if (n.op == ir::Op::go || n.op == ir::Op::exit_if) open.push_back(n.k);
    if (block.nodes.back().op != ir::Op::trap) open.push_back(block.guests.back().pc + 4);  // after what is no code comes no code
  }
  return found;
}

}  // namespace

TranslationRate translation_rate() {
  TranslationRate rate;
  for (const std::string& name : workloads()) {
    const Isa& isa = Isa::toy32();
    Machine machine(isa, 16 << 20, {});
    const uint32_t entry = boot_workload(machine, name);
    const Memory& memory = machine.memory();
    const auto starts = block_starts(isa, memory, entry, entry + (1 << 16));
    jit::Emitter emitter({});
    TranslationCounts counts;
    jit::CodeCache cache(emitter, {}, counts, nullptr, nullptr);
    const jit::Ground ground{true, memory.base().at, memory.size()};
    const double begin = cpu_time();
    for (const uint32_t pc : starts) {
      jit::Page& page = cache.page({.physical = pc & ~(page_size - 1), .page = pc & ~(page_size - 1), .direct = true}, 0);
      ir::Block block = ir::form(isa, memory, Physical{page.key.physical}, pc, Mode::kernel, {});
      ir::run_passes(block);
      cache.add(block, ground, page, page.spots[(pc & (page_size - 1)) / 4], nullptr);
    }
    rate.seconds += cpu_time() - begin;
    rate.blocks += counts.translated;
    rate.guest_instructions += counts.guest_instructions;
    rate.host_bytes += counts.bytes;
  }
  return rate;
}
#else
TranslationRate translation_rate() { return {}; }
#endif

}  // namespace vmsim::bench
