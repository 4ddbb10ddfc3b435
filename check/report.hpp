// Reports for people: a table, a page, and one instruction explained in sentences. Everything is text made from values; nothing is decided here.
#pragma once

#include <string>
#include <vector>

#include "check/demonstrate.hpp"

namespace vmsim::check {

/// "virtualizable, under scounteren = 0"
std::string conclusion(const Isa& isa, const Report& report);

/// Instruction, class, why, witness; then the theorems. With `all`, innocuous and privileged instructions too.
std::string table(const Isa& isa, const Report& report, bool all);

/// Everything about the classes called `instruction` or made of it, in sentences, with formulas and states. Empty where there is none.
std::string explanation(const Isa& isa, const Report& report, const std::string& instruction);

/// One self-contained page: verdicts, the diagram of sensitive and privileged instructions, witnesses side by side.
std::string html_page(const Isa& isa, const Report& report, const std::vector<Demonstration>& shown);
/// The same for a repository or a handout; the diagram becomes a table of its regions.
std::string markdown_page(const Isa& isa, const Report& report, const std::vector<Demonstration>& shown);

/// The diagram's regions.
enum class Region : uint8_t { innocuous, privileged, both, sensitive, always };  // sensitive and privileged; sensitive alone; always traps, neither
inline constexpr size_t region_count = 5;
Region region(const ClassVerdict& verdict);
/// What stands in a region: instructions where all their classes do, else classes; gathered by kind where they are many.
std::vector<std::string> members(const Isa& isa, const Report& report, Region region);

/// Why a class fails, or what it is, in some words: "its write to sstatus is lost in user mode".
std::string why(const Isa& isa, const ClassVerdict& verdict);

}  // namespace vmsim::check
