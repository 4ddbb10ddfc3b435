#include "trace/writer.hpp"

#include <fmt/format.h>

#include "isa/syntax.hpp"
#include "isa/table.hpp"

namespace vmsim {

std::unique_ptr<TraceSink> make_trace(std::string_view format, TraceContext context) {
  if (format == "text") return make_text_trace(std::move(context));
  if (format == "jsonl") return make_jsonl_trace(std::move(context));
  if (format == "spike") return make_spike_trace(std::move(context));
  if (format == "chrome") return make_chrome_trace(std::move(context));
  return nullptr;
}

const char* name(Mode mode) { return mode == Mode::user ? "user" : "kernel"; }

std::string symbol_suffix(const SymbolTable& symbols, uint32_t address) {
  const auto place = symbols.at(address);
  if (!place) return {};
  return place->offset == 0 ? fmt::format(" <{}>", place->name) : fmt::format(" <{}+{:x}>", place->name, place->offset);
}

std::string readable_name(const std::string& field) {
  if (const auto reg = register_number(field)) return std::string(register_name(*reg, true));
  return field;
}

bool shows(const TraceContext& context, const Record& record) {
  if (!context.selection.takes(context.isa, record)) return false;
  switch (context.level) {
    case TraceLevel::exits: return context.bare && (record.event != Event::none || context.isa.decode(record.word).op == op<"sret">());
    case TraceLevel::memory: return !record.memory.empty();
    case TraceLevel::instructions:
    case TraceLevel::all: return true;
  }
  return false;
}

}  // namespace vmsim
