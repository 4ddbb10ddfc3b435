// Exits counted by reason: how many, their share, the steps from each to the one before it, and how often the same was handled in another's exit.
#pragma once

#include <map>

#include "vcpu/trace.hpp"

namespace vmsim {

class Statistics final : public TraceSink {
 public:
  struct Reason {
    uint64_t count = 0;
    uint64_t clustered = 0;  // besides: handled in another's exit
    uint64_t steps = 0;      // from the exit before each of them
  };

  /// Passes everything on to `next`, if there is one.
  explicit Statistics(const Isa& isa, TraceSink* next) : isa_(isa), next_(next) {}

  [[nodiscard]] bool wants_records() const override { return next_ != nullptr && next_->wants_records(); }
  void record(const Record& record) override { next_->record(record); }
  void act(const Act& act) override;

  [[nodiscard]] const std::map<std::string, Reason>& reasons() const { return reasons_; }
  [[nodiscard]] uint64_t exits() const { return exits_; }
  [[nodiscard]] uint64_t clustered() const { return clustered_; }
  /// A table, most frequent first. `steps` is the run's length.
  [[nodiscard]] std::string table(uint64_t steps) const;

 private:
  const Isa& isa_;
  TraceSink* next_;
  std::map<std::string, Reason> reasons_;
  uint64_t exits_ = 0, clustered_ = 0, last_ = 0;
};

}  // namespace vmsim
