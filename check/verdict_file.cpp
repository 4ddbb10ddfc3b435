#include "check/verdict_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "check/identity.hpp"

namespace vmsim::check {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kind = "vmsim verdicts";

/// Every claim of a report, by its name.
template <class R>
std::array<std::pair<const char*, decltype(&std::declval<R&>().safe)>, 10> claims(R& r) {
  return {{{"theorem1", &r.theorem1},
           {"theorem2", &r.theorem2},
           {"theorem3", &r.theorem3},
           {"safe", &r.safe},
           {"literal1", &r.literal1},
           {"literal3", &r.literal3},
           {"reversible", &r.reversible},
           {"emulation", &r.emulation},
           {"product", &r.product},
           {"translation", &r.translation}}};
}

Answer answer_of(const std::string& text) {
  for (const Answer a : {Answer::no, Answer::yes, Answer::configured})
    if (text == name(a)) return a;
  return Answer::unknown;
}

Json bytes(const std::vector<MemoryByte>& list) {
  Json all = Json::array();
  for (const MemoryByte& b : list) all.push_back({{"address", b.address}, {"value", b.value}});
  return all;
}

Json of(const WitnessState& s) {
  Json csrs;
  for (int i = 0; i < csr_count; ++i) csrs[std::string(name(static_cast<Csr>(i)))] = s.csr[static_cast<size_t>(i)];
  return {{"mode", s.mode == Mode::kernel ? "kernel" : "user"},
          {"x", s.x},
          {"pc", s.pc},
          {"csr", csrs},
          {"counters", s.counters},
          {"external_interrupt", s.external_interrupt},
          {"reserved", s.reserved},
          {"reservation", s.reservation},
          {"memory", bytes(s.memory)},
          {"physical", bytes(s.physical)},
          {"unreadable", s.unreadable},
          {"unwritable", s.unwritable}};
}

std::vector<MemoryByte> bytes(const Json& list) {
  std::vector<MemoryByte> all;
  for (const Json& b : list) all.push_back({b.at("address"), b.at("value")});
  return all;
}

WitnessState state_of(const Json& j) {
  WitnessState s{.mode = j.at("mode") == "kernel" ? Mode::kernel : Mode::user,
                 .x = j.at("x"),
                 .pc = j.at("pc"),
                 .counters = j.at("counters"),
                 .external_interrupt = j.at("external_interrupt"),
                 .reserved = j.at("reserved"),
                 .reservation = j.at("reservation"),
                 .memory = bytes(j.at("memory")),
                 .physical = bytes(j.at("physical")),
                 .unreadable = j.at("unreadable"),
                 .unwritable = j.at("unwritable")};
  for (int i = 0; i < csr_count; ++i) s.csr[static_cast<size_t>(i)] = j.at("csr").at(std::string(name(static_cast<Csr>(i))));
  return s;
}

Json of(const Witness& w) {
  Json j{{"shows", name(w.query)}, {"query", static_cast<int>(w.query)}, {"word", w.word}, {"difference", w.difference}, {"replayed", w.replayed}};
  for (size_t i = 0; i < w.states.size(); ++i) {
    j["states"].push_back(of(w.states[i]));
    j["results"].push_back({{"trapped", w.results[i].trapped}, {"cause", w.results[i].cause}, {"tval", w.results[i].tval}, {"after", of(w.results[i].after)}});
  }
  return j;
}

Witness witness_of(const Json& j) {
  Witness w{.query = static_cast<Query>(std::clamp(j.at("query").get<int>(), 0, static_cast<int>(query_count) - 1)),
            .word = j.at("word"),
            .difference = j.at("difference"),
            .replayed = j.at("replayed")};
  for (const Json& s : j.value("states", Json::array())) w.states.push_back(state_of(s));
  for (const Json& r : j.value("results", Json::array()))
    w.results.push_back({.trapped = r.at("trapped"), .cause = r.at("cause"), .tval = r.at("tval"), .after = state_of(r.at("after"))});
  return w;
}

Json of(const std::vector<Setting>& settings) {
  Json all = Json::array();
  for (const Setting& s : settings) all.push_back({{"csr", std::string(name(s.csr))}, {"mask", s.mask}, {"value", s.value}});
  return all;
}

std::vector<Setting> settings_of(const Json& list) {
  std::vector<Setting> all;
  for (const Json& s : list)
    for (int i = 0; i < csr_count; ++i)
      if (s.at("csr") == name(static_cast<Csr>(i))) all.push_back({static_cast<Csr>(i), s.at("mask"), s.at("value")});
  return all;
}

Json of(const ClassVerdict& v) {
  Json j{{"name", v.encoding.name}, {"instruction", v.encoding.instruction}, {"classes", v.classes()}};
  j["verdict"] = {{"theorem1", name(v.theorem1())}, {"theorem3", name(v.theorem3())}, {"commutes", name(v.commutes())}, {"emulated", name(v.emulated())}};
  j["witness"] = v.witness() != nullptr ? of(*v.witness()) : Json();
  for (size_t i = 0; i < query_count; ++i) {
    const Finding& f = v.findings[i];
    j["findings"][name(static_cast<Query>(i))] = {{"answer", name(f.answer)}, {"antecedent", name(f.antecedent)}, {"witness", f.witness}, {"reason", f.reason}};
  }
  for (const Witness& w : v.witnesses) j["witnesses"].push_back(of(w));
  j["settings"] = of(v.settings);
  j["withdrawn"] = of(v.withdrawn);
  j["seconds"] = v.seconds;
  return j;
}

ClassVerdict class_of(const Json& j, const EncodingClass& encoding) {
  ClassVerdict v{.encoding = encoding};
  for (size_t i = 0; i < query_count; ++i) {
    const Json& f = j.at("findings").at(name(static_cast<Query>(i)));
    v.findings[i] = {.answer = answer_of(f.at("answer")), .antecedent = answer_of(f.at("antecedent")), .witness = f.at("witness"), .reason = f.at("reason")};
  }
  for (const Json& w : j.value("witnesses", Json::array())) v.witnesses.push_back(witness_of(w));
  for (Finding& f : v.findings)
    if (f.witness >= static_cast<int>(v.witnesses.size())) f.witness = -1;
  v.settings = settings_of(j.at("settings"));
  v.withdrawn = settings_of(j.at("withdrawn"));
  v.seconds = j.at("seconds");
  v.reused = true;
  return v;
}

}  // namespace

std::string to_json(const Report& r) {
  Json j{{"kind", kind}, {"checker", identity}, {"hash", fmt::format("{:016x}", r.hash)}, {"variant", r.variant}, {"models", r.models}};
  for (const auto& [key, claim] : claims(r)) j[key] = {{"holds", name(claim->holds)}, {"because", claim->because}};
  j["product"]["witness"] = r.product_witness;
  j["configuration"] = of(r.configuration);
  for (const ClassVerdict& v : r.classes) j["instructions"].push_back(of(v));
  j["bugs"] = r.bugs;
  j["queries"] = r.queries, j["by_simplification"] = r.by_simplification, j["seconds"] = r.seconds;
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Kept read_verdicts(const Isa& isa, std::string_view text) {
  Kept kept;
  const Json j = Json::parse(text, nullptr, false);
  if (j.is_discarded() || !j.is_object() || j.value("kind", Json()) != kind) return {.why = "it is not a file of verdicts"};
  try {
    if (j.at("checker") != identity) return {.state = Kept::State::stale, .why = "another build of the checker wrote it"};
    if (j.at("hash") != fmt::format("{:016x}", hash(isa))) return {.state = Kept::State::stale, .why = "it is about another instruction set"};
    Report& r = kept.report;
    r = {.variant = j.at("variant"), .models = j.at("models"), .hash = hash(isa)};
    for (const auto& [key, claim] : claims(r)) *claim = {answer_of(j.at(key).at("holds")), j.at(key).at("because")};
    r.product_witness = j.at("product").at("witness");
    r.configuration = settings_of(j.at("configuration"));
    const std::vector<EncodingClass> classes = encoding_classes(isa);
    if (j.at("instructions").size() != classes.size()) return {.why = "it does not name every instruction"};
    for (size_t i = 0; i < classes.size(); ++i) {
      const Json& one = j.at("instructions")[i];
      if (one.at("name") != classes[i].name) return {.why = "it does not name every instruction"};
      r.classes.push_back(class_of(one, classes[i]));
      if (std::ranges::any_of(r.classes.back().findings, [](const Finding& f) { return f.answer == Answer::unknown; }))
        return {.state = Kept::State::stale, .why = "a question stayed open when it was written"};
    }
    r.bugs = j.at("bugs");
    r.queries = j.at("queries"), r.by_simplification = j.at("by_simplification"), r.seconds = j.at("seconds");
  } catch (const Json::exception&) {
    return {.why = "a part of it is missing, or is not what it should be"};
  }
  kept.state = Kept::State::usable;
  return kept;
}

std::string verdict_file_name(const Isa& isa) { return fmt::format("{:016x}.json", hash(isa)); }

}  // namespace vmsim::check
