// Several guests on one real machine: each a virtual machine with a share of its time. What one does, a crash, a flood or an endless loop, ends or
// slows itself and nobody else. A guest's own clock is its own: it counts its steps and what it waited, as on a machine that it has alone.
#pragma once

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
};

class Host {
 public:
  enum class State : uint8_t { not_started, running, waiting, stopped, powered_off, idle_forever, over_limit, out_of_steps };

  explicit Host(uint64_t quantum) : scheduler_(quantum) {}

  /// Its place in guests().
  size_t add(HostGuest guest);
  /// Runs until `until` steps of machine time, or until no guest will ever run again.
  void run(uint64_t until);

  struct Guest : HostGuest {
    State state = State::not_started;
    Scheduler::Id id = 0;      // once started
    uint64_t wait_left = 0;    // idle time that its wake-up will add
    uint64_t wait_began = 0;   // in machine time
  };
  [[nodiscard]] const std::vector<Guest>& guests() const { return guests_; }
  [[nodiscard]] std::vector<Guest>& guests() { return guests_; }
  [[nodiscard]] const Scheduler& scheduler() const { return scheduler_; }

 private:
  void keep_hours();
  [[nodiscard]] uint64_t next_hour() const;
  void wake_up(Guest& guest);
  void turn(Guest& guest, uint64_t steps);
  void end(Guest& guest, State why);
  /// It waits, or its wait is over.
  void look_at_wait(Guest& guest);

  Scheduler scheduler_;
  std::vector<Guest> guests_;
};

/// "running", "powered off", ...
const char* name(Host::State state);

}  // namespace vmsim
