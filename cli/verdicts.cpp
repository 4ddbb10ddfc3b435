#include "cli/verdicts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "check/verdict_file.hpp"
#include "cli/commands.hpp"

namespace vmsim::cli {
namespace {

constexpr uint64_t largest = 64u << 20;

/// The XDG base directory specification's place for what can be made again; empty where there is none.
std::string folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') return std::string(cache) + "/vmsim/verdicts";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return std::string(home) + "/.cache/vmsim/verdicts";
  return {};
}

check::Kept read(const Isa& isa, const std::string& path) {
  const auto bytes = read_file(path, largest);
  if (!bytes) return {.why = bytes.error().what};
  return check::read_verdicts(isa, {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

}  // namespace

std::string VerdictStore::path(const Isa& isa) const {
  if (!file.empty()) return file;
  const std::string in = folder();
  return in.empty() ? in : in + "/" + check::verdict_file_name(isa);
}

Result<std::optional<check::Report>> VerdictStore::find(const Isa& isa) const {
  const std::string from = path(isa);
  std::error_code error;
  if (off || from.empty() || !std::filesystem::exists(from, error)) return std::optional<check::Report>();
  check::Kept kept = read(isa, from);
  if (kept.state == check::Kept::State::usable) return std::optional(std::move(kept.report));
  if (!file.empty() && kept.state == check::Kept::State::damaged && std::filesystem::is_regular_file(from, error) &&
      std::filesystem::file_size(from, error) != 0)
    return fail("no verdicts to be used, nor to be overwritten: " + kept.why, from, "name another file, or remove this one");
  if (!file.empty() || kept.state == check::Kept::State::damaged) fmt::print(stderr, "vmsim: {}: these verdicts are not used: {}\n", from, kept.why);
  return std::optional<check::Report>();
}

Result<void> VerdictStore::keep(const Isa& isa, const check::Report& report) const {
  const std::string to = path(isa);
  std::error_code error;
  if (off || to.empty()) return {};
  if (file.empty()) std::filesystem::create_directories(std::filesystem::path(to).parent_path(), error);
  // Whoever reads it meanwhile sees the old file or the new one.
  const std::string text = check::to_json(report), part = fmt::format("{}.{}", to, getpid());
  const bool is_plain = !std::filesystem::exists(to, error) || std::filesystem::is_regular_file(to, error);
  auto written = write_file(is_plain ? part : to, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (written && is_plain) {
    std::filesystem::rename(part, to, error);
    if (error) written = fail(error.message(), to);
  }
  if (!written && !file.empty()) return written;
  return {};
}

}  // namespace vmsim::cli
