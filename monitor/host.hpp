// Several guests on one real machine: each a virtual machine with a share of its time. What one does, a crash, a flood
// or an endless loop, ends or slows itself and nobody else. A guest's own clock is its own: it counts its steps and
// what it waited, as on a machine that it has alone.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "monitor/scheduler.hpp"
#include "monitor/virtual_machine.hpp"

namespace vmsim {

/// When a guest runs, in machine time.
struct Hours {
  uint64_t start = 0, stop = ~uint64_t{0};
  uint64_t pause_from = ~uint64_t{0}, pause_until = ~uint64_t{0};
};

struct HostGuest {
  std::string name;
  std::unique_ptr<VirtualMachine> machine;  // booted
  Share share;
  Hours hours;
  uint64_t max_steps = ~uint64_t{0};  // of its own
  bool live = false;                  // somebody may type to it at any time, so it never waits for ever
};

class Host {
 public:
  enum class State : uint8_t { not_started, running, waiting, stopped, powered_off, idle_forever, over_limit, out_of_steps, destroyed };

  explicit Host(uint64_t quantum) : scheduler_(quantum) {}

  /// Its place in guests().
  size_t add(HostGuest guest);
  /// Runs until `until` steps of machine time, or until no guest will ever run again.
  void run(uint64_t until);

  /// What the control domain may do to a guest of guests(); each takes effect before anybody else's next step. A guest
  /// that was paused before its start waits for resume as well. A destroyed one gives back all that it had.
  void pause(size_t guest);
  void resume(size_t guest);
  void destroy(size_t guest);
  /// Whose turn it is; nothing between turns.
  [[nodiscard]] std::optional<size_t> whose_turn() const { return whose_turn_; }
  /// Somebody types to it, between turns.
  void type(size_t guest, uint8_t byte);

  struct Guest : HostGuest {
    State state = State::not_started;
    std::optional<Scheduler::Id> id;  // once started
    uint64_t wait_left = 0;           // idle time that its wake-up will add
    uint64_t wait_began = 0;          // in machine time
    bool held = false;                // paused by the control domain
    uint64_t exits = 0;               // once it is destroyed

    /// It has begun, and nothing has ended it.
    [[nodiscard]] bool lives() const { return state == State::running || state == State::waiting; }
  };
  /// Those that were ever added, in that order; one that is destroyed has no machine.
  [[nodiscard]] const std::deque<Guest>& guests() const { return guests_; }
  [[nodiscard]] std::deque<Guest>& guests() { return guests_; }
  [[nodiscard]] const Scheduler& scheduler() const { return scheduler_; }

 private:
  void keep_hours();
  [[nodiscard]] uint64_t next_hour() const;
  void turn(Guest& guest, uint64_t steps);
  void end(Guest& guest, State why);
  /// It waits, or its wait is over.
  void look_at_wait(Guest& guest);

  Scheduler scheduler_;
  std::deque<Guest> guests_;   // a turn keeps its place while the control domain adds more
  std::vector<size_t> by_id_;  // a scheduler's number → a place in guests_
  std::optional<size_t> whose_turn_;
};

/// "running", "powered off", ...
const char* name(Host::State state);

}  // namespace vmsim
