#include "monitor/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "isa/isa.hpp"

namespace vmsim {
namespace {

constexpr uint64_t steps_at_once = 8192;

struct Records final : TraceSink {
  std::vector<Record> list;
  void record(const Record& r) override { list.push_back(r); }
  [[nodiscard]] bool wants_acts() const override { return false; }
};

/// FNV-1a over what a record says.
class Hash {
 public:
  void add(uint64_t v) { hash_ = (hash_ ^ v) * 0x100'0000'01b3; }
  void add(const Record& r) {
    for (const uint64_t v : {r.step, uint64_t{r.hart}, static_cast<uint64_t>(r.mode), uint64_t{r.pc}, uint64_t{r.word}, static_cast<uint64_t>(r.event),
                             uint64_t{r.cause}, uint64_t{r.epc}, uint64_t{r.tval}, uint64_t{r.next_pc}})
      add(v);
    for (const auto& w : r.registers) add(w.reg), add(w.value);
    for (const auto& w : r.csrs) add(static_cast<uint64_t>(w.csr)), add(w.value);
    for (const auto& m : r.memory) add(m.is_store), add(m.virtual_address), add(m.physical_address), add(m.value), add(static_cast<uint64_t>(m.width));
  }
  [[nodiscard]] uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf2'9ce4'8422'2325;
};

std::vector<std::pair<std::string, uint64_t>> fields_of(const Record& r) {
  std::vector<std::pair<std::string, uint64_t>> fields{{"step", r.step},
                                                       {"mode", static_cast<uint64_t>(r.mode)},
                                                       {"pc", r.pc},
                                                       {"word", r.word},
                                                       {"event", static_cast<uint64_t>(r.event)},
                                                       {"cause", r.cause},
                                                       {"epc", r.epc},
                                                       {"tval", r.tval},
                                                       {"next_pc", r.next_pc}};
  for (const auto& w : r.registers) fields.emplace_back(fmt::format("x{}", w.reg), w.value);
  for (const auto& w : r.csrs) fields.emplace_back(std::string(name(w.csr)), w.value);
  for (const auto& m : r.memory) {
    const char* kind = m.is_store ? "store" : "load";
    fields.emplace_back(fmt::format("{} address", kind), m.virtual_address);
    fields.emplace_back(fmt::format("{} physical", kind), m.physical_address);
    fields.emplace_back(fmt::format("{} value", kind), m.value);
  }
  return fields;
}

std::vector<std::pair<std::string, uint64_t>> fields_of(const Hart& hart) {
  std::vector<std::pair<std::string, uint64_t>> fields;
  Hart::visit(hart, [&](const std::string& field, auto value) { fields.emplace_back(field, static_cast<uint64_t>(value)); });
  return fields;
}

/// "name first second" for every field that only one has, or that differs.
std::vector<std::string> differing(const auto& a, const auto& b) {
  const auto first = fields_of(a), second = fields_of(b);
  std::vector<std::string> lines;
  auto value_in = [](const auto& fields, const std::string& field) {
    const auto it = std::ranges::find(fields, field, [](const auto& f) { return f.first; });
    return it == fields.end() ? std::string("-") : fmt::format("{:08x}", it->second);
  };
  for (const auto& [field, value] : first)
    if (const std::string other = value_in(second, field); other != fmt::format("{:08x}", value))
      lines.push_back(fmt::format("{} {:08x} {}", field, value, other));
  for (const auto& [field, value] : second)
    if (value_in(first, field) == "-") lines.push_back(fmt::format("{} - {:08x}", field, value));
  return lines;
}

}  // namespace

Verdict verify(Contestant first, Contestant second, const VerifyOptions& options) {
  Verdict verdict;
  Hash hash;
  Computer &a = first.computer, &b = second.computer;
  auto differ = [&](uint64_t step, std::string what, std::vector<std::string> fields, const Record* ra = nullptr, const Record* rb = nullptr) {
    Difference d{.step = step, .what = std::move(what), .first = {.hart = a.hart()}, .second = {.hart = b.hart()}, .fields = std::move(fields)};
    if (ra != nullptr) d.first.record = *ra;
    if (rb != nullptr) d.second.record = *rb;
    verdict.difference = std::move(d);
    return verdict;
  };
  Records ra, rb;
  for (;;) {
    const uint64_t start = verdict.steps, until = std::min(options.max_steps, start + steps_at_once);
    ra.list.clear();
    rb.list.clear();
    const Stopped why_a = a.run(until, &ra), why_b = b.run(until, &rb);
    for (size_t i = 0; i < std::max(ra.list.size(), rb.list.size()); ++i) {
      const Record* x = i < ra.list.size() ? &ra.list[i] : nullptr;
      const Record* y = i < rb.list.size() ? &rb.list[i] : nullptr;
      const uint64_t step = start + i;
      if (x == nullptr || y == nullptr) return differ(step, "one run has ended and the other goes on", {}, x, y);
      if (!(*x == *y)) return differ(step, "the records differ", differing(*x, *y), x, y);
      verdict.traps += x->event == Event::trap;
      verdict.interrupts += x->event == Event::interrupt;
      if (options.digest) {
        hash.add(*x);
        if ((step + 1) % options.digest_every == 0) options.digest(step + 1, hash.value());
      }
    }
    verdict.steps = a.hart().clock.steps;
    if (!(a.hart() == b.hart())) return differ(verdict.steps, "the harts differ, although the records do not", differing(a.hart(), b.hart()));
    if (first.console != second.console) return differ(verdict.steps, "the consoles differ", {});
    if (why_a != why_b) return differ(verdict.steps, "they stopped for different reasons", {});
    if (why_a == Stopped::budget && until < options.max_steps) continue;
    verdict.why = why_a;
    const auto bytes_a = a.memory().bytes(), bytes_b = b.memory().bytes();
    const auto at = std::ranges::mismatch(bytes_a, bytes_b).in1;
    if (at != bytes_a.end())
      return differ(verdict.steps, fmt::format("the memories differ at {:08x}", a.memory().base().at + static_cast<uint32_t>(at - bytes_a.begin())), {});
    if (a.board().exit_code() != b.board().exit_code()) return differ(verdict.steps, "the exit codes differ", {});
    if (options.digest) options.digest(verdict.steps, hash.value());
    return verdict;
  }
}

}  // namespace vmsim
