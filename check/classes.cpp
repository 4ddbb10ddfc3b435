// An instruction set as encoding classes: one per row; control-register instructions split by register, and by whether they write where the source decides.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "check/decide.hpp"
#include "isa/table.hpp"

namespace vmsim::check {
namespace {

using Source = EncodingClass::Source;

/// Whether csrrs and their kind only read with a zero source: all but csrrw and csrrwi, by funct3.
bool zero_source_decides(const RowInfo& row) { return (row.pattern.match >> 12 & 3) != 1; }

void add_csr_classes(const Isa& isa, Op op, std::vector<EncodingClass>& classes) {
  const RowInfo& row = isa.row(op);
  auto add = [&](const std::string& what, uint16_t number, bool other) {
    EncodingClass c{.name = row.name + " " + what,
                    .instruction = row.name,
                    .op = op,
                    .mask = row.pattern.mask | 0xFFFu << 20,
                    .match = row.pattern.match | uint32_t{number} << 20,
                    .csr = number,
                    .any_other_csr = other};
    if (!zero_source_decides(row)) return classes.push_back(c);
    for (const auto& [source, how] : {std::pair(Source::zero, " (reads)"), {Source::not_zero, " (writes)"}}) {
      EncodingClass part = c;
      part.source = source;
      part.name += how;
      classes.push_back(part);
    }
  };
  for (const CsrRule& rule : isa.csrs()) add(std::string(rule.name), rule.number, false);
  uint16_t none = 0;
  while (isa.csr(none) != nullptr) ++none;
  add("of no register", none, true);
}

}  // namespace

std::vector<EncodingClass> encoding_classes(const Isa& isa) {
  std::vector<EncodingClass> classes;
  for (size_t i = 0; i < isa.rows().size(); ++i) {
    const auto op = static_cast<Op>(i);
    const RowInfo& row = isa.row(op);
    if (row.off) continue;
    if (layout(row.format).csr) add_csr_classes(isa, op, classes);
    else classes.push_back({.name = row.name, .instruction = row.name, .op = op, .mask = row.pattern.mask, .match = row.pattern.match});
  }
  classes.push_back({.name = "(any other word)", .instruction = "(illegal)"});
  return classes;
}

bool same_meaning(const Isa& a, const Isa& b, const EncodingClass& c, const EncodingClass& d) {
  const auto mmu = [](const Isa& isa) { return std::tuple(isa.mmu().bounds, isa.mmu().direct_from, isa.mmu().direct_to); };
  if (mmu(a) != mmu(b) || c.op != d.op || c.mask != d.mask || c.match != d.match || c.source != d.source || c.any_other_csr != d.any_other_csr) return false;
  if (c.op == illegal_op) return true;
  if (a.row(c.op).user != b.row(c.op).user) return false;
  const auto rule = [](const CsrRule& r) {
    return std::tuple(r.source, r.storage, r.counter, r.half, r.user, r.user_reads, r.user_writes, r.gated, r.write_mask());
  };
  if (c.op >= row_count)
    return a.row(c.op).format == b.row(c.op).format && a.row(c.op).does->text == b.row(c.op).does->text &&
           std::ranges::equal(a.csrs(), b.csrs(), {}, rule, rule);
  if (!c.csr || c.any_other_csr) return true;
  const CsrRule *of_a = a.csr(*c.csr), *of_b = b.csr(*c.csr);
  return of_a != nullptr && of_b != nullptr && rule(*of_a) == rule(*of_b);
}

}  // namespace vmsim::check
