// Variants: toy32 and a few changes, as a TOML file (isa/variants/*.toml; the language is in docs/adding-a-variant.md). Merged and validated when
// loaded; an error names file, line and column, and what would be legal.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isa/error.hpp"
#include "isa/isa.hpp"

namespace vmsim {

/// What a variant's file says that the checker will find; a golden test holds it to that. Empty where the file is silent.
struct Expectation {
  std::string theorem1, theorem2, theorem3, safe;           // yes, no, or configured: yes, where the monitor sets counter enables
  std::string literal1, literal3;                           // the theorems as the paper prints them: yes or no
  std::vector<std::string> rescue;                          // techniques under which a guest that shows the failure runs as on the bare machine
  std::map<std::string, std::vector<std::string>> classes;  // by instruction: control, location, mode, hidden, trap, time
};

struct Variant {
  std::string name, models, source, notes;
  Expectation expect;
  std::unique_ptr<const Isa> isa;
};

/// A variant's text has at most so many bytes.
inline constexpr size_t largest_variant = 1 << 20;

/// The formats that an added instruction may have, by the name that its file uses.
inline constexpr std::array<std::pair<std::string_view, Format>, 11> added_formats{{{"R", Format::R},
                                                                                    {"I", Format::I},
                                                                                    {"Shift", Format::Shift},
                                                                                    {"Load", Format::Load},
                                                                                    {"Store", Format::Store},
                                                                                    {"Branch", Format::Branch},
                                                                                    {"Upper", Format::Upper},
                                                                                    {"Jump", Format::Jump},
                                                                                    {"JumpReg", Format::JumpReg},
                                                                                    {"Flush", Format::Flush},
                                                                                    {"None", Format::None}}};

/// Parses the text of a variant; `file` is for errors.
Result<Variant> parse_variant(std::string_view text, const std::string& file);

/// toy32 itself as a variant.
Variant toy32_variant();

/// The text of a variant: parse_variant gives it back. Comments of the file that it came from are gone.
std::string write_variant(const Variant& variant);
/// The same for an effective table alone, which has only a name.
std::string write_variant(const Isa& isa);
/// One table of it: of an instruction, or of a control register. Empty where it is toy32's.
std::string write_instruction_table(const Isa& isa, std::string_view name);
std::string write_csr_table(const Isa& isa, std::string_view name);

}  // namespace vmsim
