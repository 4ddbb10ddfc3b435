#include "vcpu/jit/explain.hpp"

#include <capstone/capstone.h>
#include <fmt/format.h>

#include "host/library.hpp"
#include "isa/disassemble.hpp"
#include "vcpu/ir/form.hpp"
#include "vcpu/ir/passes/passes.hpp"
#include "vcpu/jit/emitter.hpp"

namespace vmsim::jit {
namespace {

/// Capstone, loaded by the first who wants to see host code: no other run needs its three megabytes.
struct Capstone {
  host::Library library{VMSIM_CAPSTONE};
  decltype(&cs_open) open = library.function<decltype(cs_open)>("cs_open");
  decltype(&cs_disasm) disassemble = library.function<decltype(cs_disasm)>("cs_disasm");
  decltype(&cs_free) free = library.function<decltype(cs_free)>("cs_free");
  decltype(&cs_close) close = library.function<decltype(cs_close)>("cs_close");
  [[nodiscard]] bool complete() const { return open != nullptr && disassemble != nullptr && free != nullptr && close != nullptr; }
};

/// Host code by Capstone, one instruction a line, with its place in the block.
std::string host_code(const uint8_t* code, size_t size) {
  static const Capstone capstone;
  csh engine = 0;
  if (!capstone.complete() || capstone.open(CS_ARCH_X86, CS_MODE_64, &engine) != CS_ERR_OK) return "  (no disassembler)\n";
  cs_insn* instructions = nullptr;
  const size_t count = capstone.disassemble(engine, code, size, 0, 0, &instructions);
  std::string text;
  for (size_t i = 0; i < count; ++i) text += fmt::format("  {:4x}  {} {}\n", instructions[i].address, instructions[i].mnemonic, instructions[i].op_str);
  if (count != 0) capstone.free(instructions, count);
  capstone.close(&engine);
  return text;
}

}  // namespace

Explained explain(const Isa& isa, const Memory& memory, Physical page, uint32_t pc, Mode mode, const JitOptions& options, const Ground& ground) {
  ir::Block block = ir::form(isa, memory, page, pc, mode,
                             {.most = options.longest, .follow_jumps = options.follow_jumps, .pass_branches = options.pass_branches, .unroll = options.unroll});
  Explained shown;
  shown.text = fmt::format("guest code at {:08x}, {} mode, {} instructions\n", pc, mode == Mode::kernel ? "kernel" : "user", block.count);
  for (const ir::Guest& guest : block.guests) {
    shown.guests.push_back(guest.pc);
    shown.text += fmt::format("  {:08x}  {}\n", guest.pc, disassemble(isa, guest.word, guest.pc, {.separator = ' '}));
  }
  std::string before = ir::print(block);
  shown.text += "IR\n" + before;
  ir::run_passes(block, options.passes, [&](const ir::Pass& pass, const ir::Block& after) {
    std::string now = ir::print(after);
    if (now == before) return;
    shown.text += fmt::format("IR after {}\n{}", pass.name, now);
    before = std::move(now);
  });
  // Emitted once more, where it is never run.
  Emitter emitter({.bmi2 = options.bmi2, .resident = options.resident, .jump_cache = options.jump_cache, .share = options.share});
  std::vector<uint8_t> scratch(256 << 10);
  const auto room = static_cast<uint32_t>(scratch.size());
  const uint32_t runtime = emitter.write_runtime(scratch.data(), scratch.data(), room, nullptr, nullptr);
  Translated made;
  if (emitter.emit(block, ground, made, scratch.data(), runtime, room - runtime) != Emitter::Result::done) {
    shown.text += "no host code: it is left to the interpreter\n";
    return shown;
  }
  shown.text += fmt::format("host code, {} bytes\n{}", made.size, host_code(scratch.data() + made.code, made.size));
  return shown;
}

}  // namespace vmsim::jit
