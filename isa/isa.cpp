#include "isa/isa.hpp"

#include <algorithm>
#include <cassert>

#include "isa/table.hpp"

namespace vmsim {

const Isa& Isa::toy32() {
  static const Isa isa = [] {
    std::vector<RowInfo> rows;
    std::apply([&](auto... row) { (rows.push_back({row.name, row.pattern, row.format, row.user}), ...); }, table);
    return Isa(std::move(rows), {toy32_csrs().begin(), toy32_csrs().end()});
  }();
  return isa;
}

Isa::Isa(std::vector<RowInfo> rows, std::vector<CsrRule> csrs) : rows_(std::move(rows)), csrs_(std::move(csrs)) {
  for (size_t op = 0; op < rows_.size(); ++op) {
    for (uint32_t index = 0; index < buckets_.size(); ++index) {
      const uint32_t sample = (index >> 3) << 2 | 3 | (index & 7) << 12;
      const uint32_t fixed = rows_[op].pattern.mask & 0x707F;
      if ((sample & fixed) != (rows_[op].pattern.match & fixed)) continue;
      Bucket& bucket = buckets_[index];
      assert(bucket.count < bucket.ops.size());
      bucket.ops[bucket.count++] = static_cast<Op>(op);
    }
  }
}

Instruction Isa::make(uint32_t word, Op op) const {
  const Operands<uint32_t> o = decode_operands(rows_[op].format, word);
  return {.word = word, .op = op, .rd = o.rd, .rs1 = o.rs1, .rs2 = o.rs2, .imm = o.imm};
}

Op Isa::find(std::string_view name) const {
  const auto it = std::ranges::find(rows_, name, &RowInfo::name);
  return it == rows_.end() ? illegal_op : static_cast<Op>(it - rows_.begin());
}

const CsrRule* Isa::csr(uint16_t number) const {
  const auto it = std::ranges::find(csrs_, number, &CsrRule::number);
  return it == csrs_.end() ? nullptr : &*it;
}

const CsrRule* Isa::csr(std::string_view name) const {
  const auto it = std::ranges::find(csrs_, name, &CsrRule::name);
  return it == csrs_.end() ? nullptr : &*it;
}

std::string_view name(Csr storage) {
  for (const CsrRule& rule : toy32_csrs())
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
