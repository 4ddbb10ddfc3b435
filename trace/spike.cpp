// Spike's commit log (`spike -l --log-commits`): one line per retired instruction, with what it wrote; and its lines for
// exceptions. Modes carry Spike's numbers: 0 user, 1 supervisor. Addresses of memory accesses are virtual, as Spike prints them. The
// log has a line for every step, whatever the trace level, and no place for what a monitor does.
#include <fmt/format.h>

#include "trace/writer.hpp"

namespace vmsim {
namespace {

/// "trap_illegal_instruction", "interrupt #5".
std::string exception_name(uint32_t cause) {
  if ((cause & cause::interrupt) != 0) return fmt::format("interrupt #{}", cause & 0xFF);
  switch (cause) {
    case cause::fetch_misaligned: return "trap_instruction_address_misaligned";
    case cause::fetch_access: return "trap_instruction_access_fault";
    case cause::illegal_instruction: return "trap_illegal_instruction";
    case cause::breakpoint: return "trap_breakpoint";
    case cause::load_misaligned: return "trap_load_address_misaligned";
    case cause::load_access: return "trap_load_access_fault";
    case cause::store_misaligned: return "trap_store_address_misaligned";
    case cause::store_access: return "trap_store_access_fault";
    case cause::user_ecall: return "trap_user_ecall";
    case cause::kernel_ecall: return "trap_supervisor_ecall";
    case cause::fetch_page: return "trap_instruction_page_fault";
    case cause::load_page: return "trap_load_page_fault";
    case cause::store_page: return "trap_store_page_fault";
    default: return fmt::format("trap #{}", cause);
  }
}

class SpikeTrace final : public TraceSink {
 public:
  explicit SpikeTrace(TraceContext context) : c_(std::move(context)) {}

  void record(const Record& r) override {
    if (!c_.selection.takes(c_.isa, r)) return;
    if (r.event == Event::trap || r.event == Event::interrupt) {
      std::string lines = fmt::format("core {:3}: exception {}, epc 0x{:08x}\n", r.hart, exception_name(r.cause), r.epc);
      const bool has_tval = r.event == Event::trap && r.cause != cause::user_ecall && r.cause != cause::kernel_ecall;
      if (has_tval) lines += fmt::format("core {:3}:           tval 0x{:08x}\n", r.hart, r.tval);
      return c_.out(lines);
    }
    std::string line = fmt::format("core {:3}: {} 0x{:08x} (0x{:08x})", r.hart, r.mode == Mode::kernel ? 1 : 0, r.pc, r.word);
    for (const RegisterWrite& w : r.registers) line += fmt::format(" x{:<2} 0x{:08x}", w.reg, w.value);
    for (const CsrWrite& w : r.csrs)
      if (const CsrRule* rule = c_.isa.csr(name(w.csr))) line += fmt::format(" c{}_{} 0x{:08x}", rule->number, rule->name, w.value);
    for (const MemoryAccess& m : r.memory) {
      line += fmt::format(" mem 0x{:08x}", m.virtual_address);
      if (m.is_store) line += fmt::format(" 0x{:0{}x}", m.value, 2 * static_cast<int>(m.width));
    }
    c_.out(line + "\n");
  }

 private:
  TraceContext c_;
};

}  // namespace

std::unique_ptr<TraceSink> make_spike_trace(TraceContext context) { return std::make_unique<SpikeTrace>(std::move(context)); }

}  // namespace vmsim
