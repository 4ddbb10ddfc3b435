// One line of assembly as tokens, each with its column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isa/error.hpp"

namespace vmsim::assembler {

struct Token {
  enum class Kind : uint8_t {
    name,         // symbols, mnemonics, directives, registers; dots and $ included
    number,       // `value`
    local_label,  // 1b, 1f: `value` is the number, `text` "b" or "f"
    string,       // `text` is the unescaped contents
    relocation,   // %hi and the like: `text` without the percent sign
    punctuation,  // `text`
    end,
  };
  Kind kind = Kind::end;
  std::string text;
  uint64_t value = 0;
  int column = 1;

  [[nodiscard]] bool is(std::string_view punctuation) const { return kind == Kind::punctuation && text == punctuation; }
};

/// Statements of one line, each ended by an `end` token. `in_comment` carries a /* */ from line to line.
Result<std::vector<std::vector<Token>>> tokenize(std::string_view line, bool& in_comment, const std::string& where);

}  // namespace vmsim::assembler
