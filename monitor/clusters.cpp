#include "monitor/clusters.hpp"

namespace vmsim {

// Where traps cost the hart something, each exit that a cluster saves would be seen; where the MMU is not the shadow's, the real hart's view is not known here.
Clusters::Clusters(const Isa& isa, Emulator& emulator, Shadow& shadow, bool on)
    : emulator_(emulator), shadow_(shadow), on_(on && !isa.mmu().bounds && !isa.trap().clears_reservation && isa.trap().loses == 0) {}

const Clusters::Run& Clusters::run_at(RealPhysical at) {
  Run& run = runs_[at.at / 4 % runs_.size()];
  const auto word_at = [&] { return shadow_.real_memory().read(Physical{at.at}, Width::word); };
  if (run.start == at && run.instructions[0].word == word_at()) return run;
  run.start = at;
  run.length = Run::no_end;
  const uint32_t page = at.at / page_size;
  for (uint32_t i = 0; i <= longest_gap && at.at / page_size == page && at.at % 4 == 0; ++i) {
    const Decoded& instruction = run.instructions[i] = emulator_.decode(word_at());
    if (instruction.directly == Directly::exits) run.length = i;
    if (instruction.directly != Directly::same) break;
    at.at += instruction.jumps ? instruction.operands.imm.bits : 4;
  }
  return run;
}

bool Clusters::find_page(const Hart& virtual_hart, Virtual page) {
  // A kernel alone goes on here: what ends in a user program is rarely followed by another exit.
  RealPhysical real_page;
  if (virtual_hart.mode != Mode::kernel || !shadow_.shows(virtual_hart, page, Access::fetch, real_page)) return false;
  page_ = page;
  real_page_ = real_page;
  return true;
}

const Decoded* Clusters::reach(Hart& virtual_hart, uint64_t until, TraceSink* records, bool onward) {
  if (left_ == 0) return nullptr;
  for (;; onward = true) {
    const Virtual pc{virtual_hart.pc}, page{pc.at - pc.offset()};
    if (!(onward && page == page_) && !find_page(virtual_hart, page)) return nullptr;
    RealPhysical at{real_page_.at + pc.offset()};
    uint32_t& barren = barren_[at.at / 4 % barren_.size()];
    if (barren == at.at) return nullptr;
    const Run& run = run_at(at);
    if (run.length == Run::no_end) barren = at.at;
    if (run.length > gap_) return nullptr;
    for (const Decoded* instruction = run.instructions.data();; ++instruction) {
      if (virtual_hart.clock.steps >= until) return nullptr;
      if (shadow_.real_memory().read(Physical{at.at}, Width::word) != instruction->word) break;  // stored to since
      if (instruction->directly == Directly::exits) {
        --left_;
        gap_ = longest_gap;
        return instruction;
      }
      const uint32_t expected = instruction->jumps ? instruction->operands.imm.bits : 4, next = virtual_hart.pc + expected;
      if (!emulator_.run_as_real(virtual_hart, *instruction, records)) return nullptr;
      --gap_;
      if (virtual_hart.pc != next) break;  // a branch was taken
      at.at += expected;
    }
  }
}

}  // namespace vmsim
