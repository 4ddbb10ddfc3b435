// What `vmsim check --witness DIR` writes and prints.
#pragma once

#include "check/decide.hpp"

namespace vmsim::cli {

/// Writes a guest for each failure that `report` names into `folder`, runs them, and tells how. Gives the exit code.
int show_witnesses(const Isa& isa, const check::Report& report, const check::Options& options, const std::string& folder);

}  // namespace vmsim::cli
