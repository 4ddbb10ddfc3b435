#include "monitor/host.hpp"

#include <algorithm>

namespace vmsim {

size_t Host::add(HostGuest guest) {
  guests_.push_back({std::move(guest)});
  return guests_.size() - 1;
}

void Host::end(Guest& guest, State why) {
  if (guest.id) scheduler_.end(*guest.id);
  guest.state = why;
}

void Host::pause(size_t guest) { guests_[guest].held = true; }
void Host::resume(size_t guest) { guests_[guest].held = false; }

void Host::destroy(size_t guest) {
  Guest& g = guests_[guest];
  end(g, State::destroyed);
  g.exits = g.machine->exits();
  g.machine.reset();
}

void Host::type(size_t guest, uint8_t byte) {
  Guest& g = guests_[guest];
  if (!g.lives()) return;
  if (g.state == State::waiting) {
    const uint64_t waited = std::min(scheduler_.now() - g.wait_began, g.wait_left);
    g.machine->pass(waited);
  }
  const Clock& clock = g.machine->hart().clock;
  g.machine->board().console().arrive(clock.steps + clock.idle, byte);
  if (g.state == State::waiting) look_at_wait(g);
}

void Host::keep_hours() {
  const uint64_t now = scheduler_.now();
  for (size_t i = 0; i < guests_.size(); ++i) {
    Guest& g = guests_[i];
    if (g.state == State::not_started && now >= g.hours.start) {
      g.id = scheduler_.add(g.share);
      by_id_.push_back(i);
      g.state = State::running;
    }
    if (!g.lives()) continue;
    const bool off = g.held || (now >= g.hours.pause_from && now < g.hours.pause_until);
    if (off && !scheduler_.is_paused(*g.id)) scheduler_.pause(*g.id);
    if (!off && scheduler_.is_paused(*g.id)) scheduler_.resume(*g.id);
    if (now >= g.hours.stop) end(g, State::stopped);
  }
}

uint64_t Host::next_hour() const {
  const uint64_t now = scheduler_.now();
  uint64_t next = ~uint64_t{0};
  for (const Guest& g : guests_)
    for (const uint64_t at : {g.hours.start, g.hours.stop, g.hours.pause_from, g.hours.pause_until})
      if (at > now) next = std::min(next, at);
  return next;
}

void Host::look_at_wait(Guest& guest) {
  const auto left = guest.machine->wait_left();
  if (!left && !guest.live) return end(guest, State::idle_forever);
  if (left == 0) {
    guest.state = State::running;
    return scheduler_.ready(*guest.id);
  }
  guest.state = State::waiting;
  guest.wait_began = scheduler_.now();
  guest.wait_left = left.value_or(~uint64_t{0});
  scheduler_.wait(*guest.id, left ? std::optional(scheduler_.now() + *left) : std::nullopt);
}

void Host::turn(Guest& guest, uint64_t steps) {
  VirtualMachine& vm = *guest.machine;
  const uint64_t before = vm.hart().clock.steps;
  whose_turn_ = by_id_[*guest.id];
  const Stopped why = vm.run(std::min(before + steps, guest.max_steps), nullptr, true);
  whose_turn_.reset();
  scheduler_.ran(*guest.id, vm.hart().clock.steps - before);
  switch (why) {
    case Stopped::powered_off: return end(guest, State::powered_off);
    case Stopped::over_limit: return end(guest, State::over_limit);
    case Stopped::idle_forever: return end(guest, State::idle_forever);
    case Stopped::waits: return look_at_wait(guest);
    case Stopped::budget:
      if (vm.hart().clock.steps >= guest.max_steps) end(guest, State::out_of_steps);
      return;
  }
}

void Host::run(uint64_t until) {
  while (scheduler_.now() < until) {
    keep_hours();
    for (const Scheduler::Id id : scheduler_.due_to_wake()) {
      Guest& guest = guests_[by_id_[id]];
      // Exactly what bare metal would have waited, however late its turn comes.
      guest.machine->pass(guest.wait_left);
      look_at_wait(guest);
    }
    const uint64_t hour = std::min(until, next_hour());
    const Scheduler::Turn next = scheduler_.next(hour);
    if (!next.who) {
      if (next.steps == 0 && hour == until && next_hour() == ~uint64_t{0}) return;
      scheduler_.ran(std::nullopt, next.steps != 0 ? next.steps : hour - scheduler_.now());
      continue;
    }
    turn(guests_[by_id_[*next.who]], next.steps);
  }
  keep_hours();
}

const char* name(Host::State state) {
  switch (state) {
    case Host::State::not_started: return "not started";
    case Host::State::running: return "running";
    case Host::State::waiting: return "waiting";
    case Host::State::stopped: return "stopped";
    case Host::State::powered_off: return "powered off";
    case Host::State::idle_forever: return "idle for ever";
    case Host::State::over_limit: return "over a limit";
    case Host::State::out_of_steps: return "out of steps";
    case Host::State::destroyed: return "destroyed";
  }
  return "?";
}

}  // namespace vmsim
