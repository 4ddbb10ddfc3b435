// paravirt: the trap technique, and a firmware that answers a paravirtual kernel's calls (machine/paravirt.hpp). The gain is all in what
// such a kernel does not do: mask interrupts, read the clock or write to its console by an exit each. A kernel that knows nothing of it runs as under trap.
#include "monitor/techniques/technique.hpp"

namespace vmsim {

std::unique_ptr<Engine> make_paravirt_technique(const Ground& ground) { return make_trap_technique(ground); }

}  // namespace vmsim
