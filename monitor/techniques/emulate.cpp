// emulate: pure interpretation, the baseline that works on any instruction set (Popek and Goldberg's "complete software
// interpreter machine"). The guest's bus makes its slice and its devices all there is.
#include "monitor/techniques/technique.hpp"

namespace vmsim {

std::unique_ptr<Engine> make_emulate_technique(const Ground& ground) { return make_engine(ground.real.isa(), ground.guest, ground.options.engine); }

}  // namespace vmsim
