// What the checker says of toy32 and of the catalogue's variants, decided once, by whichever test comes first: the report is kept beside the tests as vmsim
// keeps verdicts, and is believed only of the very sources that are tested.
#pragma once

#ifdef VMSIM_HAVE_Z3
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include "check/decide.hpp"
#include "check/verdict_file.hpp"
#include "isa/variant.hpp"

namespace vmsim::check {

inline Report kept_or_decided(const Isa& isa, const Options& options) {
  const std::filesystem::path folder = VMSIM_BINARY_DIR "/verdicts", file = folder / verdict_file_name(isa);
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  if (Kept kept = read_verdicts(isa, text.str()); kept.state == Kept::State::usable) return std::move(kept.report);
  const Report report = decide(isa, options);
  std::filesystem::create_directories(folder);
  const std::filesystem::path part = file.string() + "." + std::to_string(getpid());
  std::ofstream(part) << to_json(report);
  std::filesystem::rename(part, file);
  return report;
}

inline const Report& toy32() {
  static const Report report = kept_or_decided(Isa::toy32(), {.trials = 50});
  return report;
}

inline const Options& after_toy32() {
  static const Options options{.trials = 50, .earlier_isa = &Isa::toy32(), .earlier = &toy32()};
  return options;
}

/// The names of the catalogue, in order.
inline std::vector<std::string> catalogue() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(VMSIM_SOURCE_DIR "/isa/variants"))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

inline Variant load(const std::string& name) {
  const std::string path = VMSIM_SOURCE_DIR "/isa/variants/" + name + ".toml";
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  auto v = parse_variant(text.str(), path);
  if (!v) throw std::runtime_error(v.error().text());
  return std::move(*v);
}

struct Decided {
  Variant variant;
  Report report;
};
inline const Decided& decided(const std::string& name) {
  static std::map<std::string, Decided> all;
  const auto it = all.find(name);
  if (it != all.end()) return it->second;
  Decided d{.variant = load(name)};
  d.report = kept_or_decided(*d.variant.isa, after_toy32());
  return all.emplace(name, std::move(d)).first->second;
}

/// Whether a class of `isa` is its own: toy32 has none that means the same. `reused` does not say it here, since all of a kept report is.
inline bool is_own(const Isa& isa, const EncodingClass& c) {
  return std::ranges::none_of(toy32().classes, [&](const ClassVerdict& v) { return same_meaning(Isa::toy32(), isa, v.encoding, c); });
}

}  // namespace vmsim::check
#endif
