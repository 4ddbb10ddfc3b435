#include "machine/console.hpp"

#include <fmt/format.h>

#include <charconv>

namespace vmsim {

void Console::put(uint8_t byte) {
  if (++written_ <= options_.max_output && options_.output) options_.output(byte);
}

std::optional<uint8_t> Console::take(uint64_t now) {
  if (next_input() > now) return std::nullopt;
  return options_.input[taken_++].byte;
}

std::string input_log_line(const InputByte& input) {
  const auto c = static_cast<char>(input.byte);
  std::string text;
  if (c == '\n') text = "\\n";
  else if (c == '"' || c == '\\') text = std::string("\\") + c;
  else if (input.byte < 0x20 || input.byte >= 0x7F) text = fmt::format("\\x{:02x}", input.byte);
  else text = c;
  return fmt::format("{} \"{}\"\n", input.step, text);
}

namespace {

/// The byte of an escape that begins after its backslash; `at` moves behind it. Nothing for an unknown escape.
std::optional<uint8_t> escape(std::string_view line, size_t& at) {
  if (at >= line.size()) return std::nullopt;
  switch (const char c = line[at++]) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '0': return 0;
    case '\\':
    case '"': return static_cast<uint8_t>(c);
    case 'x': {
      uint8_t byte = 0;
      if (at + 2 > line.size()) return std::nullopt;
      const auto [end, error] = std::from_chars(line.data() + at, line.data() + at + 2, byte, 16);
      if (error != std::errc() || end != line.data() + at + 2) return std::nullopt;
      at += 2;
      return byte;
    }
    default: return std::nullopt;
  }
}

}  // namespace

Result<std::vector<InputByte>> parse_input_log(std::string_view text, const std::string& file) {
  std::vector<InputByte> inputs;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t length = text.find('\n');
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
    auto bad = [&](size_t column, std::string what) {
      return fail(std::move(what), fmt::format("{}:{}:{}", file, number, column + 1), "a line is STEP \"TEXT\", as in 1000 \"ls\\n\"");
    };
    size_t at = line.find_first_not_of(" \t\r");
    if (at == std::string_view::npos || line[at] == '#') continue;
    InputByte input;
    const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), input.step);
    if (error != std::errc()) return bad(at, "expected a step");
    if (!inputs.empty() && input.step < inputs.back().step) return bad(at, "steps must not fall");
    at = line.find_first_not_of(" \t", static_cast<size_t>(end - line.data()));
    if (at == std::string_view::npos || line[at] != '"') return bad(std::min(at, line.size()), "expected text in quotes");
    for (++at; at < line.size() && line[at] != '"';) {
      if (line[at] != '\\') {
        input.byte = static_cast<uint8_t>(line[at++]);
      } else {
        const size_t start = at++;
        const auto byte = escape(line, at);
        if (!byte) return bad(start, "unknown escape");
        input.byte = *byte;
      }
      inputs.push_back(input);
    }
    if (at >= line.size()) return bad(line.size(), "the text does not end");
  }
  return inputs;
}

}  // namespace vmsim
