// Sinks that write a run down, one per format. See docs/trace.md for what each format holds.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "machine/board.hpp"
#include "trace/selection.hpp"

namespace vmsim {

enum class TraceLevel : uint8_t {
  exits,         // what the monitor did; without a monitor, the traps and the returns from them
  instructions,  // every step
  memory,        // every access to memory
  all,           // steps with their accesses, and what the monitor did
};

/// What every writer works with.
struct TraceContext {
  const Isa& isa;
  const SymbolTable& symbols;
  Selection selection;
  TraceLevel level = TraceLevel::exits;
  bool bare = false;                          // no monitor: there are no acts
  std::vector<Board::DeviceRange> devices;    // of the guest's board
  std::function<void(std::string_view)> out;  // takes whole lines
};

/// The lecture's five steps, and a line per step.
std::unique_ptr<TraceSink> make_text_trace(TraceContext context);
/// One JSON object a line.
std::unique_ptr<TraceSink> make_jsonl_trace(TraceContext context);
/// Spike's commit log.
std::unique_ptr<TraceSink> make_spike_trace(TraceContext context);
/// Trace-event JSON, complete once the sink is gone.
std::unique_ptr<TraceSink> make_chrome_trace(TraceContext context);

/// The writer called `format`; nothing where there is none.
std::unique_ptr<TraceSink> make_trace(std::string_view format, TraceContext context);

/// What the formats share.
const char* name(Mode mode);
/// " <kinit+14>", or nothing.
std::string symbol_suffix(const SymbolTable& symbols, uint32_t address);
/// "a0" for "x10"; any other name as it is.
std::string readable_name(const std::string& field);
/// True where the level shows this record.
bool shows(const TraceContext& context, const Record& record);

}  // namespace vmsim
