#include "isa/isa.hpp"

#include <algorithm>

#include "isa/table.hpp"

namespace vmsim {

IsaParts Isa::toy32_parts() {
  IsaParts parts{.csrs = {toy32_csrs().begin(), toy32_csrs().end()}};
  std::apply([&](auto... row) { (parts.rows.push_back({std::string(row.name), row.pattern, row.format, row.user}), ...); }, table);
  return parts;
}

const Isa& Isa::toy32() {
  static const Isa isa(toy32_parts());
  return isa;
}

Isa::Isa(IsaParts parts) : parts_(std::move(parts)) {
  for (size_t op = 0; op < parts_.rows.size(); ++op) {
    const RowInfo& row = parts_.rows[op];
    if (row.off) continue;
    for (uint32_t index = 0; index < buckets_.size(); ++index) {
      const uint32_t sample = (index >> 3) << 2 | 3 | (index & 7) << 12;
      const uint32_t fixed = row.pattern.mask & 0x707F;
      if ((sample & fixed) == (row.pattern.match & fixed)) buckets_[index].push_back(static_cast<Op>(op));
    }
  }
  for (size_t i = parts_.csrs.size(); i-- > 0;) csr_at_[parts_.csrs[i].number % csr_at_.size()] = static_cast<uint8_t>(i + 1);
}

Instruction Isa::make(uint32_t word, Op op) const {
  const Operands<uint32_t> o = decode_operands(parts_.rows[op].format, word);
  return {.word = word, .op = op, .rd = o.rd, .rs1 = o.rs1, .rs2 = o.rs2, .imm = o.imm};
}

Op Isa::find(std::string_view name) const {
  const auto it = std::ranges::find_if(parts_.rows, [&](const RowInfo& row) { return row.name == name && !row.off; });
  return it == parts_.rows.end() ? illegal_op : static_cast<Op>(it - parts_.rows.begin());
}

const CsrRule* Isa::csr(std::string_view name) const {
  const auto it = std::ranges::find(parts_.csrs, name, &CsrRule::name);
  return it == parts_.csrs.end() ? nullptr : &*it;
}

bool Isa::exposes(Csr r) const {
  auto is_here = [&](const semantics::Node& n) {
    using semantics::Kind;
    const bool of_register = n.kind == Kind::csr || n.kind == Kind::csr_field || n.kind == Kind::set_csr || n.kind == Kind::set_csr_field;
    return of_register && static_cast<Csr>(n.number) == r;
  };
  return std::ranges::any_of(parts_.csrs, [&](const CsrRule& c) { return c.source != CsrSource::counter && c.storage == r && c.user != UserRule::trap; }) ||
         std::ranges::any_of(parts_.rows, [&](const RowInfo& row) {
           return !row.off && row.user != UserRule::trap && row.does != nullptr && std::ranges::any_of(row.does->nodes, is_here);
         });
}

std::string_view name(Csr storage) {
  for (const CsrRule& rule : every_csr())
    if (rule.source != CsrSource::counter && rule.storage == storage) return rule.name;
  return "?";
}

namespace cause {
const char* name(uint32_t cause) {
  switch (cause) {
    case fetch_misaligned: return "fetch-misaligned";
    case fetch_access: return "fetch-access-fault";
    case illegal_instruction: return "illegal-instruction";
    case breakpoint: return "breakpoint";
    case load_misaligned: return "load-misaligned";
    case load_access: return "load-access-fault";
    case store_misaligned: return "store-misaligned";
    case store_access: return "store-access-fault";
    case user_ecall: return "user-ecall";
    case kernel_ecall: return "kernel-ecall";
    case fetch_page: return "fetch-page-fault";
    case load_page: return "load-page-fault";
    case store_page: return "store-page-fault";
    case software_interrupt: return "software-interrupt";
    case timer_interrupt: return "timer-interrupt";
    case external_interrupt: return "external-interrupt";
    default: return "unknown-cause";
  }
}
}  // namespace cause

}  // namespace vmsim
