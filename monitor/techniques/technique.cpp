#include "monitor/techniques/technique.hpp"

#include <algorithm>

namespace vmsim {

std::optional<Technique> technique_of(std::string_view name) {
  const auto* it = std::ranges::find(technique_names, name);
  if (it == technique_names.end()) return std::nullopt;
  return static_cast<Technique>(it - technique_names.begin());
}

std::unique_ptr<Engine> make_technique(Technique technique, const Ground& ground) {
  switch (technique) {
    case Technique::emulate: return make_emulate_technique(ground);
    case Technique::trap: return make_trap_technique(ground);
    case Technique::hybrid: return make_hybrid_technique(ground);
    case Technique::paravirt: return make_paravirt_technique(ground);
  }
  return nullptr;
}

}  // namespace vmsim
