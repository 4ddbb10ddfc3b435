// One JSON object a line, for programs. Its fields are documented in docs/trace.md.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "isa/disassemble.hpp"
#include "trace/writer.hpp"

namespace vmsim {
namespace {

using Json = nlohmann::ordered_json;

const char* name(Event event) {
  switch (event) {
    case Event::none: return "none";
    case Event::trap: return "trap";
    case Event::interrupt: return "interrupt";
    case Event::firmware: return "firmware";
  }
  return "?";
}

class JsonlTrace final : public TraceSink {
 public:
  explicit JsonlTrace(TraceContext context) : c_(std::move(context)) {}

  [[nodiscard]] bool wants_records() const override { return c_.bare || c_.level != TraceLevel::exits; }

  void record(const Record& r) override {
    if (!shows(c_, r)) return;
    Json line{{"type", "record"}, {"step", r.step}, {"hart", r.hart}, {"mode", vmsim::name(r.mode)}, {"pc", r.pc}, {"word", r.word}};
    add_instruction(line, r.word, r.pc);
    Json& registers = line["registers"] = Json::array();
    for (const RegisterWrite& w : r.registers) registers.push_back({{"register", w.reg}, {"value", w.value}});
    Json& memory = line["memory"] = Json::array();
    for (const MemoryAccess& m : r.memory)
      memory.push_back({{"kind", m.is_store ? "store" : "load"},
                        {"virtual", m.virtual_address},
                        {"physical", m.physical_address},
                        {"size", static_cast<int>(m.width)},
                        {"value", m.value}});
    Json& csrs = line["csrs"] = Json::array();
    for (const CsrWrite& w : r.csrs) csrs.push_back({{"csr", vmsim::name(w.csr)}, {"value", w.value}});
    line["event"] = name(r.event);
    if (r.event == Event::trap || r.event == Event::interrupt) {
      line["cause"] = r.cause;
      line["cause_name"] = cause::name(r.cause);
      line["epc"] = r.epc;
      line["tval"] = r.tval;
    }
    line["next_pc"] = r.next_pc;
    c_.out(line.dump() + "\n");
  }

  void act(const Act& a) override {
    if (c_.level == TraceLevel::instructions || c_.level == TraceLevel::memory || !c_.selection.takes(c_.isa, a)) return;
    Json line{{"type", "act"}, {"number", a.number}, {"step", a.step}, {"hart", a.hart}, {"kind", vmsim::name(a.kind)}, {"mode", vmsim::name(a.mode)},
              {"pc", a.pc},    {"word", a.word}};
    add_instruction(line, a.word, a.pc);
    line["clustered"] = a.clustered;
    line["real_cause"] = a.real_cause;
    line["real_tval"] = a.real_tval;
    if (a.kind == ActKind::reflect || a.kind == ActKind::inject) {
      line["cause"] = a.cause;
      line["cause_name"] = cause::name(a.cause);
    }
    if (!a.detail.empty()) line["detail"] = a.detail;
    Json& changes = line["changes"] = Json::array();
    for (const Change& change : a.changes) changes.push_back({{"what", change.what}, {"before", change.before}, {"after", change.after}});
    line["resume"] = a.resume;
    line["resume_mode"] = vmsim::name(a.resume_mode);
    c_.out(line.dump() + "\n");
  }

 private:
  void add_instruction(Json& line, uint32_t word, uint32_t pc) const {
    if (word != 0) line["instruction"] = disassemble(c_.isa, word, pc, {.separator = ' '});
    if (const auto place = c_.symbols.at(pc)) {
      line["symbol"] = place->name;
      line["offset"] = place->offset;
    }
  }

  TraceContext c_;
};

}  // namespace

std::unique_ptr<TraceSink> make_jsonl_trace(TraceContext context) { return std::make_unique<JsonlTrace>(std::move(context)); }

}  // namespace vmsim
