#include "cli/outcome.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"

namespace vmsim::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_json(const Json& json) { fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

/// True where the guest's own trap handler is what traps: a run that would never get anywhere.
bool faults_in_its_handler(const Hart& hart) {
  const uint32_t handler = hart[Csr::stvec] & ~3u;
  return hart.pc == handler && hart[Csr::sepc] - handler < 64 && (hart[Csr::scause] & cause::interrupt) == 0;
}

struct Ending {
  int code;
  std::string reason, hint;
};

Ending ending(const Outcome& outcome, Computer& computer) {
  const Hart& hart = computer.hart();
  if (outcome.escaped) return {0, "ended from the keyboard", {}};
  if (outcome.over == nullptr && outcome.why == Stopped::powered_off) return {*computer.board().exit_code(), "powered off", {}};
  if (outcome.over == nullptr && outcome.why == Stopped::idle_forever)
    return {guest_fault, "waits for an interrupt that can never come", "enable one in sie and set the timer before wfi"};
  if (outcome.over == nullptr && outcome.why == Stopped::over_limit) {
    const std::string which = computer.board().limit_reached();
    return {limit, fmt::format("wrote more than the {}'s limit", which), fmt::format("give it more with --max-{}", which)};
  }
  const std::string which = outcome.over != nullptr ? outcome.over : "steps";
  const char* more = which == "trace"       ? "give it more with --max-trace, or show less with --trace-filter"
                     : which == "wall time" ? "give it more with --max-seconds"
                                            : "give it more with --max-instructions";
  return {limit, fmt::format("reached the limit of {}", which),
          faults_in_its_handler(hart) ? fmt::format("its trap handler at {:08x} traps itself, with {}: point stvec at one that works", hart[Csr::stvec] & ~3u,
                                                    cause::name(hart[Csr::scause]))
                                      : more};
}

}  // namespace

int tell(const Outcome& outcome, Computer& computer, const std::string& image, const std::string& technique, bool json) {
  const Hart& hart = computer.hart();
  const auto [code, reason, hint] = ending(outcome, computer);
  const bool by_guest = !outcome.escaped && outcome.over == nullptr && outcome.why == Stopped::powered_off;
  if (json)
    print_json({{"outcome", reason},
                {"exit_code", code},
                {"exit_code_from", by_guest ? "guest" : "vmsim"},
                {"technique", technique},
                {"steps", hart.clock.steps},
                {"idle_steps", hart.clock.idle},
                {"instructions", hart.clock.retired},
                {"pc", hart.pc}});
  if (!by_guest)
    report({fmt::format("the guest {} at pc {:08x}, after {} steps", reason, hart.pc, hart.clock.steps), image, hint}, static_cast<ExitCode>(code));
  return code;
}

int tell(const Error& error, bool json) {
  if (json)
    print_json({{"outcome", "bad input"},
                {"exit_code", static_cast<int>(bad_input)},
                {"exit_code_from", "vmsim"},
                {"error", {{"what", error.what}, {"where", error.where}, {"hint", error.hint}}}});
  return report(error);
}

}  // namespace vmsim::cli
