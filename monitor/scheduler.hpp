// Who runs next, and for how long: proportional share on virtual time, with caps (the words are those of Linux's cgroup v2: weight, max). It knows
// nothing of guests but numbers; it decides, its owner runs, and tells it what was run. All time is machine time, in steps.
// Invariant: of those that can run, the one whose virtual time is least runs next; virtual time is steps over weight.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace vmsim {

/// What one guest is due.
struct Share {
  uint32_t weight = 100;        // 1 to 10000, against the others'
  uint64_t quota = 0;           // "max": at most so many steps of every period; 0: no cap
  uint64_t period = 1'000'000;  // steps
};

class Scheduler {
 public:
  using Id = size_t;
  /// Where one guest's time went.
  struct Account {
    uint64_t received = 0;   // steps run
    double due = 0;          // what its weight entitled it to while it could run, caps considered
    uint64_t stolen = 0;     // could run, and another did
    uint64_t throttled = 0;  // could run, and its cap forbade it
    uint64_t idle = 0;       // waited
  };
  struct Turn {
    std::optional<Id> who;  // nobody: the machine is idle for these steps
    uint64_t steps = 0;     // 0, with nobody: nothing will ever run again
  };

  /// `quantum`: the most steps of one turn.
  explicit Scheduler(uint64_t quantum) : quantum_(quantum) {}

  /// A new guest, ready to run.
  Id add(const Share& share);
  /// Who runs now. At most to `until`.
  [[nodiscard]] Turn next(uint64_t until);
  /// The turn is over after `steps`; who was idle for them is nobody.
  void ran(std::optional<Id> who, uint64_t steps);
  /// It waits, until `wake_up` of machine time or for ever; or can run again.
  void wait(Id who, std::optional<uint64_t> wake_up);
  void ready(Id who);
  /// Takes it off the machine for a while; or for good.
  void pause(Id who) { entities_[who].paused = true; }
  void resume(Id who);
  void end(Id who) { entities_[who].state = State::ended; }

  [[nodiscard]] uint64_t now() const { return now_; }
  [[nodiscard]] bool is_paused(Id who) const { return entities_[who].paused; }
  /// Those whose wait is over by now: their owner looks, and calls ready or wait.
  [[nodiscard]] std::vector<Id> due_to_wake() const;
  [[nodiscard]] const Account& account(Id who) const { return entities_[who].account; }
  [[nodiscard]] uint64_t machine_idle() const { return machine_idle_; }

 private:
  enum class State : uint8_t { ready, waiting, ended };
  struct Entity {
    Share share;
    State state = State::ready;
    bool paused = false;
    uint64_t virtual_time = 0;            // steps × scale ÷ weight
    uint64_t wake_up = ~uint64_t{0};      // of machine time
    uint64_t period_start = 0, used = 0;  // of the cap
    Account account;
  };
  static constexpr uint64_t scale = 10'000;

  [[nodiscard]] static bool can_run(const Entity& e) { return e.state == State::ready && !e.paused; }
  [[nodiscard]] static bool throttled(const Entity& e) { return e.share.quota != 0 && e.used >= e.share.quota; }
  void start_periods();
  /// No credit for time not waited in line: as if it had kept up with the slowest of the others.
  void catch_up(Entity& e);

  uint64_t quantum_, now_ = 0, machine_idle_ = 0;
  std::vector<Entity> entities_;
};

}  // namespace vmsim
