// The guest's console as the world sees it: where its bytes go, how many it may write, and what arrives for it at which step. All
// input comes through here and carries the step at which it arrived, so that a run can be replayed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isa/error.hpp"

namespace vmsim {

/// A byte for the guest, due at machine time `step` (steps and idle steps together).
struct InputByte {
  uint64_t step = 0;
  uint8_t byte = 0;
  bool operator==(const InputByte&) const = default;
};

/// Reads an input log: lines `STEP "TEXT"`, steps not falling, C escapes (\n \r \t \\ \" \xHH), `#` begins a comment.
Result<std::vector<InputByte>> parse_input_log(std::string_view text, const std::string& file);
/// One line of an input log.
std::string input_log_line(const InputByte& input);

struct ConsoleOptions {
  std::function<void(uint8_t)> output;  // gets every byte; none: they are dropped
  uint64_t max_output = ~uint64_t{0};   // bytes; one more and the run ends
  std::vector<InputByte> input;         // to replay
};

class Console {
 public:
  explicit Console(ConsoleOptions options) : options_(std::move(options)) {}

  void put(uint8_t byte);
  /// True once the guest wrote more than its limit.
  [[nodiscard]] bool flooded() const { return written_ > options_.max_output; }

  /// Live input: arrives at `step`, after everything that came before.
  void arrive(uint64_t step, uint8_t byte) { options_.input.push_back({step, byte}); }
  /// The next byte due by `now`.
  std::optional<uint8_t> take(uint64_t now);
  /// When the next byte is due; the last number there is when none will come.
  [[nodiscard]] uint64_t next_input() const { return taken_ < options_.input.size() ? options_.input[taken_].step : ~uint64_t{0}; }

 private:
  ConsoleOptions options_;
  uint64_t written_ = 0;
  size_t taken_ = 0;
};

}  // namespace vmsim
