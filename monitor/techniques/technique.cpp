#include "monitor/techniques/technique.hpp"

namespace vmsim {

std::unique_ptr<Engine> make_technique(Technique technique, const Ground& ground) {
  return technique == Technique::emulate ? make_emulate_technique(ground) : make_trap_technique(ground);
}

}  // namespace vmsim
