// The manual, generated: each row run over a machine whose values are text.
#pragma once

#include <string>
#include <vector>

#include "isa/isa.hpp"

namespace vmsim {

/// What an instruction does, as lines of pseudo-code, from the row itself. Where it depends on the mode, both are told.
std::vector<std::string> describe(const Isa& isa, Op op);

/// The whole manual of an instruction set, as markdown.
std::string manual(const Isa& isa);

}  // namespace vmsim
