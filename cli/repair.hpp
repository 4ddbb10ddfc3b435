// What `vmsim check --repair` prints.
#pragma once

#include "check/decide.hpp"

namespace vmsim::cli {

/// Looks for a repair of `isa`, of which decide() said `found`; prints it, and writes the repaired variant whole where `write_to` names a file.
int repair(const Isa& isa, const check::Report& found, const check::Options& options, bool json, const std::string& write_to);

}  // namespace vmsim::cli
