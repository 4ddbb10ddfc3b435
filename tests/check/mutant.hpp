// Mutants of toy32: small changes made by listed operators, each a variant's text. A seed makes the same mutant everywhere.
#pragma once

#include <string>
#include <vector>

namespace vmsim::check {

struct Mutant {
  std::vector<std::string> operators;  // by name; two or three where changes meet
  std::string text;
};

/// Everything that the operators make of single instructions, registers and fields.
std::vector<Mutant> single_mutants();
/// Two or three changes that decide the verdict together: one hides, guards or undoes what another does.
std::vector<Mutant> interacting_mutants();

}  // namespace vmsim::check
