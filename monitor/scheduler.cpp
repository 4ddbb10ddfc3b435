#include "monitor/scheduler.hpp"

#include <algorithm>

namespace vmsim {

Scheduler::Id Scheduler::add(const Share& share) {
  entities_.push_back({.share = share, .period_start = now_});
  catch_up(entities_.back());
  return entities_.size() - 1;
}

void Scheduler::catch_up(Entity& e) {
  std::optional<uint64_t> least;
  for (const Entity& other : entities_)
    if (&other != &e && can_run(other)) least = std::min(least.value_or(other.virtual_time), other.virtual_time);
  if (least) e.virtual_time = std::max(e.virtual_time, *least);
}

void Scheduler::start_periods() {
  for (Entity& e : entities_) {
    if (e.share.quota == 0 || now_ - e.period_start < e.share.period) continue;
    e.period_start += (now_ - e.period_start) / e.share.period * e.share.period;
    e.used = 0;
  }
}

Scheduler::Turn Scheduler::next(uint64_t until) {
  start_periods();
  const Entity* best = nullptr;
  uint64_t event = ~uint64_t{0};  // when somebody who cannot run now may
  for (const Entity& e : entities_) {
    if (e.state == State::waiting && !e.paused) event = std::min(event, e.wake_up);
    if (!can_run(e)) continue;
    if (throttled(e)) event = std::min(event, e.period_start + e.share.period);
    else if (best == nullptr || e.virtual_time < best->virtual_time) best = &e;
  }
  if (best == nullptr) {
    if (event == ~uint64_t{0}) return {};
    return {.steps = std::max<uint64_t>(std::min(event, until) - now_, 1)};
  }
  uint64_t steps = std::min(quantum_, until - now_);
  if (best->share.quota != 0) steps = std::min({steps, best->share.quota - best->used, best->period_start + best->share.period - now_});
  return {static_cast<Id>(best - entities_.data()), steps};
}

void Scheduler::ran(std::optional<Id> who, uint64_t steps) {
  uint64_t weights = 0;
  for (const Entity& e : entities_)
    if (can_run(e) && !throttled(e)) weights += e.share.weight;
  for (Id i = 0; i < entities_.size(); ++i) {
    Entity& e = entities_[i];
    Account& a = e.account;
    if (e.state == State::waiting) a.idle += steps;
    if (!can_run(e)) continue;
    if (throttled(e)) {
      a.throttled += steps;
      continue;
    }
    a.due += static_cast<double>(steps) * e.share.weight / static_cast<double>(weights);
    if (i != who) a.stolen += steps;
  }
  now_ += steps;
  if (!who) {
    machine_idle_ += steps;
    return;
  }
  Entity& e = entities_[*who];
  e.account.received += steps;
  e.used += steps;
  e.virtual_time += steps * scale / e.share.weight;
}

void Scheduler::wait(Id who, std::optional<uint64_t> wake_up) {
  entities_[who].state = State::waiting;
  entities_[who].wake_up = wake_up.value_or(~uint64_t{0});
}

void Scheduler::ready(Id who) {
  Entity& e = entities_[who];
  if (e.state != State::waiting) return;
  catch_up(e);
  e.state = State::ready;
}

void Scheduler::resume(Id who) {
  Entity& e = entities_[who];
  if (!e.paused) return;
  catch_up(e);
  e.paused = false;
}

std::vector<Scheduler::Id> Scheduler::due_to_wake() const {
  std::vector<Id> due;
  for (Id i = 0; i < entities_.size(); ++i)
    if (entities_[i].state == State::waiting && !entities_[i].paused && entities_[i].wake_up <= now_) due.push_back(i);
  return due;
}

}  // namespace vmsim
