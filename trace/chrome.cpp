// Trace-event JSON for Perfetto and chrome://tracing. One step is one microsecond. Three tracks: the hart, with a slice per stay in a
// mode and, inside it, one per trap taken from that same mode; the monitor, with a slice per act (a tenth of a step each: the guest
// sees no time pass); and the devices, with a slice per access.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "isa/disassemble.hpp"
#include "isa/table.hpp"
#include "trace/writer.hpp"

namespace vmsim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int hart_track = 1, monitor_track = 2, device_track = 3;
constexpr uint32_t first_memory_address = 0x8000'0000;
constexpr size_t max_depth = 32;  // a handler that faults for ever nests no deeper

class ChromeTrace final : public TraceSink {
 public:
  explicit ChromeTrace(TraceContext context) : c_(std::move(context)) {
    c_.out("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n");
    for (const auto& [track, title] : {std::pair(hart_track, "hart 0"), {monitor_track, "monitor"}, {device_track, "devices"}})
      event({{"ph", "M"}, {"name", "thread_name"}, {"pid", 1}, {"tid", track}, {"args", {{"name", title}}}});
  }
  ~ChromeTrace() override {
    close_mode(last_);
    c_.out("\n]}\n");
  }

  void record(const Record& r) override {
    if (!c_.selection.takes(c_.isa, r)) return;
    const auto at = static_cast<double>(r.step);
    last_ = at + 1;
    if (!open_ || mode_ != r.mode) enter_mode(r.mode, at);
    for (const MemoryAccess& m : r.memory)
      if (m.physical_address < first_memory_address)
        slice(device_track, device_end_, at, 1, fmt::format("{} {:08x}", m.is_store ? "write" : "read", m.physical_address),
              {{"value", m.value}, {"pc", fmt::format("{:08x}{}", r.pc, symbol_suffix(c_.symbols, r.pc))}});
    if (r.event == Event::firmware) slice(device_track, device_end_, at, 1, "firmware call", Json::object());
    if (r.event == Event::trap || r.event == Event::interrupt) {
      if (r.mode == Mode::user) enter_mode(Mode::kernel, last_);
      if (depth_ < max_depth) {
        ++depth_;
        begin(cause::name(r.cause), at + (r.mode == Mode::user ? 1 : 0),
              {{"epc", fmt::format("{:08x}{}", r.epc, symbol_suffix(c_.symbols, r.epc))}, {"tval", fmt::format("{:08x}", r.tval)}});
      }
    } else if (depth_ > 0 && c_.isa.decode(r.word).op == op<"sret">()) {
      --depth_;
      end(last_);
    }
    if (c_.level == TraceLevel::instructions || c_.level == TraceLevel::all) {
      event({{"ph", "i"}, {"s", "t"}, {"name", r.word != 0 ? disassemble(c_.isa, r.word, r.pc, {.separator = ' '}) : "fetch"}, {"pid", 1},
             {"tid", hart_track}, {"ts", at}});
    }
  }

  void act(const Act& a) override {
    if (!c_.selection.takes(c_.isa, a)) return;
    slice(monitor_track, monitor_end_, static_cast<double>(a.step), 0.1, name(a.kind),
          {{"exit", a.number}, {"pc", fmt::format("{:08x}{}", a.pc, symbol_suffix(c_.symbols, a.pc))},
           {"instruction", a.word != 0 ? disassemble(c_.isa, a.word, a.pc, {.separator = ' '}) : ""},
           {"trap", cause::name(a.real_cause)}, {"resume", fmt::format("{:08x}", a.resume)}});
  }

 private:
  void event(const Json& e) {
    c_.out((first_ ? "" : ",\n") + e.dump());
    first_ = false;
  }
  void begin(const std::string& what, double at, Json args) {
    event({{"ph", "B"}, {"name", what}, {"pid", 1}, {"tid", hart_track}, {"ts", at}, {"args", std::move(args)}});
  }
  void end(double at) { event({{"ph", "E"}, {"pid", 1}, {"tid", hart_track}, {"ts", at}}); }
  void close_mode(double at) {
    if (!open_) return;
    for (; depth_ > 0; --depth_) end(at);
    end(at);
    open_ = false;
  }
  void enter_mode(Mode mode, double at) {
    close_mode(at);
    begin(name(mode), at, Json::object());
    open_ = true;
    mode_ = mode;
  }
  /// A slice that never overlaps the one before it on its track.
  void slice(int track, double& track_end, double at, double length, const std::string& what, Json args) {
    const double start = std::max(at, track_end);
    track_end = start + length;
    event({{"ph", "X"}, {"name", what}, {"pid", 1}, {"tid", track}, {"ts", start}, {"dur", length}, {"args", std::move(args)}});
  }

  TraceContext c_;
  bool first_ = true, open_ = false;
  Mode mode_ = Mode::kernel;
  size_t depth_ = 0;
  double last_ = 0, monitor_end_ = 0, device_end_ = 0;
};

}  // namespace

std::unique_ptr<TraceSink> make_chrome_trace(TraceContext context) { return std::make_unique<ChromeTrace>(std::move(context)); }

}  // namespace vmsim
