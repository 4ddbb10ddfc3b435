// How long the checker takes: toy32 from nothing; each variant of the catalogue where only what it changes is decided; and the time of one question, by
// kind, over toy32's classes (the mean, and the longest).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "check/decide.hpp"
#include "isa/variant.hpp"

namespace {

using namespace vmsim;
using namespace vmsim::check;

const Report& toy32() {
  static const Report report = decide(Isa::toy32(), {});
  return report;
}

void whole(benchmark::State& state, const Isa& isa, bool after_toy32) {
  if (after_toy32) toy32();  // decided before the clock runs
  for (auto _ : state) {
    const Report r = decide(isa, after_toy32 ? Options{.earlier_isa = &Isa::toy32(), .earlier = &toy32()} : Options{});
    state.counters["queries"] = static_cast<double>(r.queries);
  }
}

void question(benchmark::State& state, Query query) {
  double sum = 0, longest = 0;
  for (const ClassVerdict& v : toy32().classes) {
    sum += v[query].seconds;
    longest = std::max(longest, v[query].seconds);
  }
  for (auto _ : state) state.SetIterationTime(sum / static_cast<double>(toy32().classes.size()));
  state.counters["longest_ms"] = longest * 1000;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  auto once = [](auto* b) { b->Unit(benchmark::kMillisecond)->Iterations(1); };
  once(benchmark::RegisterBenchmark("toy32", whole, std::cref(Isa::toy32()), false)->UseRealTime()->MeasureProcessCPUTime());
  std::vector<Variant> variants;
  for (const auto& entry : std::filesystem::directory_iterator(VMSIM_SOURCE_DIR "/isa/variants")) {
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    variants.push_back(std::move(parse_variant(text.str(), entry.path()).value()));
  }
  std::ranges::sort(variants, {}, &Variant::name);
  for (const Variant& v : variants)
    once(benchmark::RegisterBenchmark(("variant/" + v.name).c_str(), whole, std::cref(*v.isa), true)->UseRealTime()->MeasureProcessCPUTime());
  for (size_t i = 0; i < query_count; ++i)
    once(benchmark::RegisterBenchmark((std::string("question/") + name(static_cast<Query>(i))).c_str(), question, static_cast<Query>(i))->UseManualTime());
  benchmark::RunSpecifiedBenchmarks();
}
