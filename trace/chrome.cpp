// Trace-event JSON for Perfetto and chrome://tracing. One step is one microsecond. Each hart has a track, with a slice
// per stay in a mode and, inside it, one per trap taken from that same mode; the monitor has one, with a slice per act
// (a tenth of a step each: the guest sees no time pass); each device has one, with a slice per access; and so has the
// firmware, with a slice per call.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "isa/disassemble.hpp"
#include "isa/table.hpp"
#include "trace/writer.hpp"

namespace vmsim {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t max_depth = 32;  // a handler that faults for ever nests no deeper

class ChromeTrace final : public TraceSink {
 public:
  explicit ChromeTrace(TraceContext context) : c_(std::move(context)) { c_.out("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n"); }
  ~ChromeTrace() override {
    for (auto& [number, hart] : harts_) close_mode(hart, hart.last);
    c_.out("\n]}\n");
  }

  void record(const Record& r) override {
    if (!c_.selection.takes(c_.isa, r)) return;
    const auto at = static_cast<double>(r.step);
    Hart& hart = harts_[r.hart];
    if (hart.track == 0) hart.track = track(fmt::format("hart {}", r.hart)).id;
    hart.last = at + 1;
    if (!hart.open || hart.mode != r.mode) enter_mode(hart, r.mode, at);
    for (const MemoryAccess& m : r.memory)
      if (const auto device = device_at(m.physical_address))
        slice(*device, at, 1, fmt::format("{} {:08x}", m.is_store ? "write" : "read", m.physical_address), {{"value", m.value}, {"pc", place(r.pc)}});
    if (r.event == Event::firmware) slice("firmware", at, 1, "call", {{"pc", place(r.pc)}});
    if (r.event == Event::trap || r.event == Event::interrupt) {
      if (r.mode == Mode::user) enter_mode(hart, Mode::kernel, hart.last);
      if (hart.depth < max_depth) {
        ++hart.depth;
        begin(hart, cause::name(r.cause), at + (r.mode == Mode::user ? 1 : 0), {{"epc", place(r.epc)}, {"tval", fmt::format("{:08x}", r.tval)}});
      }
    } else if (hart.depth > 0 && c_.isa.decode(r.word).op == op<"sret">()) {
      --hart.depth;
      end(hart, hart.last);
    }
    if (c_.level == TraceLevel::instructions || c_.level == TraceLevel::all) {
      event({{"ph", "i"},
             {"s", "t"},
             {"name", r.word != 0 ? disassemble(c_.isa, r.word, r.pc, {.separator = ' '}) : "fetch"},
             {"pid", 1},
             {"tid", hart.track},
             {"ts", at}});
    }
  }

  void act(const Act& a) override {
    if (!c_.selection.takes(c_.isa, a)) return;
    slice("monitor", static_cast<double>(a.step), 0.1, name(a.kind),
          {{"exit", a.number},
           {"pc", place(a.pc)},
           {"instruction", a.word != 0 ? disassemble(c_.isa, a.word, a.pc, {.separator = ' '}) : ""},
           {"trap", cause::name(a.real_cause)},
           {"resume", fmt::format("{:08x}", a.resume)}});
  }

 private:
  struct Track {
    int id = 0;
    double end = 0;  // of its last slice
  };
  struct Hart {
    int track = 0;
    bool open = false;
    Mode mode = Mode::kernel;
    size_t depth = 0;
    double last = 0;
  };

  [[nodiscard]] std::string place(uint32_t pc) const { return fmt::format("{:08x}{}", pc, symbol_suffix(c_.symbols, pc)); }
  /// "uart 10000000": two devices of one kind are told apart by their addresses.
  [[nodiscard]] std::optional<std::string> device_at(uint32_t address) const {
    for (const auto& device : c_.devices)
      if (address - device.base < device.size) return fmt::format("{} {:08x}", device.name, device.base);
    return std::nullopt;
  }

  void event(const Json& e) {
    c_.out((first_ ? "" : ",\n") + e.dump());
    first_ = false;
  }
  /// The track with this title, announced when it is first used.
  Track& track(const std::string& title) {
    Track& track = tracks_[title];
    if (track.id == 0) {
      track.id = static_cast<int>(tracks_.size());
      event({{"ph", "M"}, {"name", "thread_name"}, {"pid", 1}, {"tid", track.id}, {"args", {{"name", title}}}});
    }
    return track;
  }
  void begin(const Hart& hart, const std::string& what, double at, Json args) {
    event({{"ph", "B"}, {"name", what}, {"pid", 1}, {"tid", hart.track}, {"ts", at}, {"args", std::move(args)}});
  }
  void end(const Hart& hart, double at) { event({{"ph", "E"}, {"pid", 1}, {"tid", hart.track}, {"ts", at}}); }
  void close_mode(Hart& hart, double at) {
    if (!hart.open) return;
    for (; hart.depth > 0; --hart.depth) end(hart, at);
    end(hart, at);
    hart.open = false;
  }
  void enter_mode(Hart& hart, Mode mode, double at) {
    close_mode(hart, at);
    begin(hart, name(mode), at, Json::object());
    hart.open = true;
    hart.mode = mode;
  }
  /// A slice that never overlaps the one before it on its track.
  void slice(const std::string& title, double at, double length, const std::string& what, Json args) {
    Track& on = track(title);
    const double start = std::max(at, on.end);
    on.end = start + length;
    event({{"ph", "X"}, {"name", what}, {"pid", 1}, {"tid", on.id}, {"ts", start}, {"dur", length}, {"args", std::move(args)}});
  }

  TraceContext c_;
  bool first_ = true;
  std::map<std::string, Track> tracks_;
  std::map<uint32_t, Hart> harts_;
};

}  // namespace

std::unique_ptr<TraceSink> make_chrome_trace(TraceContext context) { return std::make_unique<ChromeTrace>(std::move(context)); }

}  // namespace vmsim
