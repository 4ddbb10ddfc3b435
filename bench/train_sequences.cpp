// Chooses the sequences of elements that the threaded interpreter has handlers for, and writes vcpu/interpreter/sequences.inc:
//   build/release/bench/train_sequences > vcpu/interpreter/sequences.inc
// The programs in bench/training run with records; every block that they execute is decoded, and how far it was run is counted. Then the pair of
// neighbours that would save most dispatches becomes one, over and over (greedy pair merging), up to four elements long. No workload of the
// benchmarks takes part, so what these measure is what an unknown program finds.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/workload.hpp"
#include "vcpu/interpreter/code.hpp"
#include "vcpu/interpreter/kinds.hpp"

namespace vmsim::bench {
namespace {

using namespace threaded;

constexpr size_t most_sequences = 256;
using Kinds = std::vector<uint16_t>;
using Profile = std::map<Kinds, double>;  // stretches of elements that were executed one after the other, and their share

constexpr auto is_branch = []<int... Row>(std::integer_sequence<int, Row...>) { return std::array<bool, kind_rows>{(flow<Row>() == Flow::branch)...}; }
(std::make_integer_sequence<int, row_count>{});

constexpr auto names = []<int... Row>(std::integer_sequence<int, Row...>) { return std::array<std::string_view, row_count>{RowAt<Row>::name...}; }
(std::make_integer_sequence<int, row_count>{});

/// Follows a run without paging through its blocks.
class Profiler final : public TraceSink {
 public:
  Profiler(Machine& machine, Profile& profile) : memory_(machine.memory()), code_(machine.isa(), memory_, {.fusion = false}), profile_(profile) {}
  ~Profiler() override { end_block(); }

  void record(const Record& r) override {
    if (r.event != Event::none) return end_block();
    if (parts_ == nullptr) begin_block(r.pc);
    for (; next_ < parts_->size() && (*parts_)[next_].step == step_; ++next_) take((*parts_)[next_].kind);
    ++step_;
    const bool branched = last_ != no_kind && is_branch[static_cast<size_t>(Kind::of(last_).row)] && r.next_pc != r.pc + 4;
    if (!branched && next_ < parts_->size() && (*parts_)[next_].step == step_ && (*parts_)[next_].kind == onward) take(onward);
    else if (!branched && next_ < parts_->size()) return void(last_ = no_kind);
    end_block();
  }

 private:
  static constexpr uint16_t onward = Kind{onward_row}.number();

  void begin_block(uint32_t pc) {
    const uint32_t page = pc & ~(page_size - 1);
    auto& known = blocks_[pc];
    if (known.empty()) known = code_.parts(code_.page(Physical{page}, page, Mode::kernel), Physical{page}, pc - page);
    parts_ = &known;
    next_ = step_ = 0;
    last_ = no_kind;
  }
  void take(uint16_t kind) {
    last_ = kind;
    if (kind == no_kind) end_stretch();
    else stretch_.push_back(kind);
  }
  void end_stretch() {
    if (stretch_.size() > 1) profile_[stretch_] += 1;
    stretch_.clear();
  }
  void end_block() {
    end_stretch();
    parts_ = nullptr;
    last_ = no_kind;
  }

  Memory& memory_;
  Code code_;
  Profile& profile_;
  std::map<uint32_t, std::vector<Code::Part>> blocks_;
  const std::vector<Code::Part>* parts_ = nullptr;
  size_t next_ = 0;
  uint32_t step_ = 0;
  uint16_t last_ = no_kind;
  Kinds stretch_;
};

/// Each program counts the same, however long it runs.
Profile profile_of(const std::string& program) {
  Profile profile;
  Machine machine(Isa::toy32(), 16 << 20, {.console = {.output = [](uint8_t) {}}});
  boot_workload(machine, "training_" + program);
  {
    Profiler profiler(machine, profile);
    if (machine.run(20'000'000, &profiler) != Stopped::powered_off || machine.board().exit_code() != 0) {
      fmt::print(stderr, "train_sequences: {} does not end well\n", program);
      std::exit(70);
    }
  }
  double elements = 0;
  for (const auto& [kinds, times] : profile) elements += times * static_cast<double>(kinds.size());
  for (auto& [kinds, times] : profile) times /= elements;
  return profile;
}

std::string text_of(uint16_t number) {
  const Kind k = Kind::of(number);
  if (k.row == constant_row) return "constant";
  if (k.row == onward_row) return "onward";
  constexpr std::array from{"From::x", "last", "before"};
  std::string text = fmt::format("ROW(\"{}\"", names[static_cast<size_t>(k.row)]);
  if (k.rs1 != From::x || k.rs2 != From::x || k.nowhere) text += fmt::format(", {}", from[static_cast<size_t>(k.rs1)]);
  if (k.rs2 != From::x || k.nowhere) text += fmt::format(", {}", from[static_cast<size_t>(k.rs2)]);
  return text + (k.nowhere ? ", true)" : ")");
}

/// A stretch as the sequences chosen so far divide it, and its share of the profile.
struct Divided {
  std::vector<Kinds> parts;
  double share = 0;
};

std::vector<Kinds> choose(std::vector<Divided> stretches) {
  std::vector<Kinds> chosen;
  while (chosen.size() < most_sequences) {
    std::map<std::pair<Kinds, Kinds>, double> pairs;
    for (const Divided& d : stretches)
      for (size_t i = 0; i + 1 < d.parts.size(); ++i)
        if (d.parts[i].size() + d.parts[i + 1].size() <= Sequence::longest) pairs[{d.parts[i], d.parts[i + 1]}] += d.share;
    if (pairs.empty()) break;
    const auto best = std::ranges::max_element(pairs, {}, [](const auto& p) { return p.second; })->first;
    Kinds merged = best.first;
    merged.insert(merged.end(), best.second.begin(), best.second.end());
    if (std::ranges::find(chosen, merged) == chosen.end()) chosen.push_back(merged);
    for (Divided& d : stretches)
      for (size_t i = 0; i + 1 < d.parts.size(); ++i)
        if (d.parts[i] == best.first && d.parts[i + 1] == best.second) {
          d.parts[i] = merged;
          d.parts.erase(d.parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        }
  }
  return chosen;
}

}  // namespace
}  // namespace vmsim::bench

int main() {
  using namespace vmsim::bench;
  std::vector<Divided> stretches;
  for (const std::string& program : workloads())
    for (const auto& [kinds, share] : profile_of(program)) {
      Divided d{{}, share};
      for (const uint16_t kind : kinds) d.parts.push_back({kind});
      stretches.push_back(std::move(d));
    }
  fmt::print("// Written by bench/train_sequences.cpp from the programs in bench/training.\n");
  for (const Kinds& kinds : choose(std::move(stretches))) {
    std::string text;
    for (const uint16_t kind : kinds) text += (text.empty() ? "" : ", ") + text_of(kind);
    fmt::print("SEQUENCE({})\n", text);
  }
}
