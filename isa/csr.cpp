#include "isa/csr.hpp"

namespace vmsim {
namespace {

constexpr CsrRule stored(std::string_view name, uint16_t number, Csr storage, std::initializer_list<CsrField> fields) {
  CsrRule rule{.name = name, .number = number, .storage = storage};
  for (const CsrField& f : fields) rule.field_storage[rule.field_count++] = f;
  return rule;
}

constexpr CsrRule whole(std::string_view name, uint16_t number, Csr storage) { return stored(name, number, storage, {{name, 0, 32}}); }

constexpr CsrRule pending() {
  CsrRule rule = stored("sip", 0x144, Csr::sip, {{"SSIP", 1, 1}, {"STIP", 5, 1, false}, {"SEIP", 9, 1, false}});
  rule.source = CsrSource::pending;
  return rule;
}

constexpr CsrRule counter(std::string_view name, uint16_t number, Counter which, uint8_t half) {
  CsrRule rule{.name = name, .number = number, .source = CsrSource::counter, .counter = which, .half = half};
  rule.user = UserRule::execute;
  rule.field_storage[rule.field_count++] = {name, 0, 32, false};
  return rule;
}

constexpr std::array table = {
    stored("sstatus", 0x100, Csr::sstatus, {{"SIE", 1, 1}, {"SPIE", 5, 1}, {"SPP", 8, 1}, {"SUM", 18, 1}, {"MXR", 19, 1}}),
    stored("sie", 0x104, Csr::sie, {{"SSIE", 1, 1}, {"STIE", 5, 1}, {"SEIE", 9, 1}}),
    stored("stvec", 0x105, Csr::stvec, {{"MODE", 0, 1}, {"BASE", 2, 30}}),
    stored("scounteren", 0x106, Csr::scounteren, {{"CY", 0, 1}, {"TM", 1, 1}, {"IR", 2, 1}}),
    whole("sscratch", 0x140, Csr::sscratch),
    stored("sepc", 0x141, Csr::sepc, {{"sepc", 2, 30}}),
    whole("scause", 0x142, Csr::scause),
    whole("stval", 0x143, Csr::stval),
    pending(),
    whole("stimecmp", 0x14D, Csr::stimecmp),
    whole("stimecmph", 0x15D, Csr::stimecmph),
    stored("satp", 0x180, Csr::satp, {{"PPN", 0, 22}, {"ASID", 22, 9}, {"MODE", 31, 1}}),
    counter("cycle", 0xC00, Counter::cycle, 0),
    counter("time", 0xC01, Counter::time, 0),
    counter("instret", 0xC02, Counter::instret, 0),
    counter("cycleh", 0xC80, Counter::cycle, 1),
    counter("timeh", 0xC81, Counter::time, 1),
    counter("instreth", 0xC82, Counter::instret, 1),
    // Behind toy32's own: numbers from the custom supervisor range.
    stored("base", 0x5C0, Csr::base, {{"base", 12, 20}}),
    stored("bound", 0x5C1, Csr::bound, {{"bound", 12, 20}}),
};
constexpr size_t only_in_variants = 2;

}  // namespace

std::span<const CsrRule> toy32_csrs() { return std::span(table).first(table.size() - only_in_variants); }
std::span<const CsrRule> every_csr() { return table; }

}  // namespace vmsim
