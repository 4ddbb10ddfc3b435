#include "monitor/techniques/world_switch.hpp"

#include "monitor/answer.hpp"

namespace vmsim {
namespace {

/// Turns the real hart's records into the guest's: its own step count, virtual mode and guest-physical addresses.
class GuestView : public TraceSink {
 public:
  GuestView(TraceSink& sink, const Hart& virtual_hart, const Hart& real_hart, const Slice& slice)
      : sink_(sink), mode_(virtual_hart.mode), steps_ahead_(virtual_hart.clock.steps - real_hart.clock.steps), slice_(slice) {}
  void record(const Record& real) override {
    Record record = real;
    record.step += steps_ahead_;
    record.mode = mode_;
    for (int i = 0; i < record.memory.count; ++i) {
      uint32_t& at = record.memory.items[static_cast<size_t>(i)].physical_address;
      at = slice_.to_guest(RealPhysical{at}).at;
    }
    sink_.record(record);
  }

 private:
  TraceSink& sink_;
  Mode mode_;
  uint64_t steps_ahead_;
  const Slice& slice_;
};

}  // namespace

Exit WorldSwitch::run(Hart& virtual_hart, uint64_t budget, TraceSink* sink) {
  enter_guest<WordDomain>(virtual_hart, real_hart_, [&](Word word) { return slice_.word_to_real(word); });
  shadow_.apply(virtual_hart, real_hart_);
  const uint32_t bound = real_hart_[Csr::bound];
  const Clock before = real_hart_.clock;
  std::optional<GuestView> view;
  if (sink != nullptr && sink->wants_records()) view.emplace(*sink, virtual_hart, real_hart_, slice_);
  const Exit exit = real_.run_user(real_hart_, budget, view ? &*view : nullptr);
  leave_guest<WordDomain>(real_.isa(), virtual_hart, real_hart_, bound, [&](Word word) { return Word{slice_.to_guest(RealPhysical{word.bits}).at}; });
  virtual_hart.clock.steps += real_hart_.clock.steps - before.steps;
  virtual_hart.clock.retired += real_hart_.clock.retired - before.retired;
  return exit;
}

}  // namespace vmsim
