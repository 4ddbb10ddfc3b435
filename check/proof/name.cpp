#include "check/proof/name.hpp"

namespace vmsim::check {

std::string text(Name name) {
  constexpr const char* kinds[] = {"word",      "pc",     "csr",    "counter",  "reserved", "reservation", "external",
                                   "registers", "window", "direct", "physical", "slice",    "memory_at",   "memory_size"};
  return std::string(kinds[static_cast<size_t>(name.kind)]) + "_" + std::to_string(name.index) + "_" + std::to_string(name.which);
}

const char* text(Function f) {
  constexpr const char* names[] = {"no_load", "no_store", "not_filled", "word_of", "relocated", "table_ok", "table_word"};
  return names[static_cast<size_t>(f)];
}

}  // namespace vmsim::check
