// Small guests written in a test as assembly text.
#pragma once

#include <stdexcept>
#include <string_view>

#include "isa/assembler/assemble.hpp"
#include "machine/computer.hpp"

namespace vmsim::test {

/// The image of `source`, which begins at 0x8020'0000. A mistake in it is the test's: it throws.
inline Image assembled(std::string_view source, const Isa& isa = Isa::toy32()) {
  const auto assembly = assemble(isa, source, "guest.s");
  if (!assembly) throw std::runtime_error(assembly.error().text());
  return to_image(*assembly);
}

/// Puts it into the computer's memory and the hart at its entry.
inline void boot(Computer& computer, std::string_view source) {
  const auto booted = computer.boot(assembled(source, computer.isa()), {});
  if (!booted) throw std::runtime_error(booted.error().text());
}

}  // namespace vmsim::test
