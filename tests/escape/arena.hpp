// Where an attack runs: a guest between canaries. Everything in real memory that is not the guest's holds one byte, over and over: whoever
// changes it, or ends up holding it, has been outside.
#pragma once

#include <string>

#include "escape/attack.hpp"
#include "monitor/virtual_machine.hpp"
#include "support/engines.hpp"

namespace vmsim::escape {

struct Ending {
  int code = 0;                  // power-off code, or at_the_limit, idle_for_ever
  uint64_t steps = 0, hash = 0;  // of the records
  std::string damage;            // what shows that the guest has been outside; empty where nothing does
};

/// Runs `attack` under `technique` ("bare": without a monitor, where only the host is outside).
Ending run(const Attack& attack, std::string_view technique, const EngineOptions& engine);

}  // namespace vmsim::escape
