#include "trace/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "isa/isa.hpp"

namespace vmsim {

void Statistics::act(const Act& act) {
  std::string reason = name(act.kind);
  if (act.kind == ActKind::emulate || act.kind == ActKind::device) {
    const Instruction i = isa_.decode(act.word);
    reason += fmt::format(" {}", i.legal() ? isa_.row(i.op).name : "?");
    if (i.legal() && layout(isa_.row(i.op).format).csr)
      if (const CsrRule* rule = isa_.csr(i.csr())) reason += fmt::format(" {}", rule->name);
  } else if (act.kind == ActKind::reflect || act.kind == ActKind::inject) {
    reason += fmt::format(" {}", cause::name(act.cause));
  } else if (act.kind == ActKind::firmware) {
    reason += " " + act.detail;
  }
  Reason& r = reasons_[reason];
  if (act.clustered) {
    ++r.clustered;
    ++clustered_;
  } else {
    ++r.count;
    ++exits_;
    r.steps += act.step - last_;
    last_ = act.step;
  }
  if (next_ != nullptr) next_->act(act);
}

std::string Statistics::table(uint64_t steps) const {
  std::vector<std::pair<std::string, Reason>> rows(reasons_.begin(), reasons_.end());
  std::ranges::stable_sort(rows, [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  const auto per = [](double a, uint64_t b) { return b == 0 ? 0.0 : a / static_cast<double>(b); };
  std::string text = fmt::format("{:40} {:>10} {:>7} {:>22} {:>10}\n", "exits by reason", "count", "share", "steps since last exit", "clustered");
  for (const auto& [reason, r] : rows)
    text += fmt::format("{:40} {:>10} {:>6.1f}% {:>22.1f} {:>10}\n", reason, r.count, per(100.0 * static_cast<double>(r.count), exits_),
                        per(static_cast<double>(r.steps), r.count), r.clustered);
  text += fmt::format("{:40} {:>10} {:>7} {:>22.1f} {:>10}\n", "all", exits_, "", per(static_cast<double>(last_), exits_), clustered_);
  return text +
         fmt::format("steps {}, exits per million steps {:.1f}\n", steps, steps == 0 ? 0.0 : 1e6 * static_cast<double>(exits_) / static_cast<double>(steps));
}

}  // namespace vmsim
