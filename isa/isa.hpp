// The effective table at run time: rows and control registers, as toy32 has them or as a variant altered them, and the decoder
// made from their patterns. Immutable once made; engines, monitor and tools share one by reference.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "isa/csr.hpp"
#include "isa/format.hpp"
#include "isa/pattern.hpp"
#include "isa/row.hpp"

namespace vmsim {

/// An index into the table; `illegal_op` is a word that no row matches.
using Op = uint8_t;
inline constexpr Op illegal_op = 0xFF;

/// A decoded word. The immediate is sign-extended where its format says so.
struct Instruction {
  uint32_t word = 0;
  Op op = illegal_op;
  Reg rd = 0, rs1 = 0, rs2 = 0;
  uint32_t imm = 0;

  [[nodiscard]] bool legal() const { return op != illegal_op; }
  [[nodiscard]] uint16_t csr() const { return static_cast<uint16_t>(word >> 20); }
  bool operator==(const Instruction&) const = default;
};

/// What is known of a row at run time.
struct RowInfo {
  std::string_view name;
  Pattern pattern;
  Format format = Format::None;
  UserRule user = UserRule::execute;
};

class Isa {
 public:
  /// toy32 itself.
  static const Isa& toy32();

  [[nodiscard]] Instruction decode(uint32_t word) const {
    const Bucket& bucket = buckets_[bucket_of(word)];
    for (int i = 0; i < bucket.count; ++i)
      if (rows_[bucket.ops[i]].pattern.matches(word)) return make(word, bucket.ops[i]);
    return {.word = word};
  }
  /// The word that decodes to this row and these operands. Operands that do not fit lose their high bits.
  [[nodiscard]] uint32_t encode(Op op, const Operands<uint32_t>& operands) const {
    return rows_[op].pattern.match | encode_operands(rows_[op].format, operands);
  }

  [[nodiscard]] const std::vector<RowInfo>& rows() const { return rows_; }
  [[nodiscard]] const RowInfo& row(Op op) const { return rows_[op]; }
  /// The row called `name`, or `illegal_op`.
  [[nodiscard]] Op find(std::string_view name) const;

  [[nodiscard]] std::span<const CsrRule> csrs() const { return csrs_; }
  /// The register with this number, or null where there is none.
  [[nodiscard]] const CsrRule* csr(uint16_t number) const;
  [[nodiscard]] const CsrRule* csr(std::string_view name) const;

 private:
  // Rows by opcode bits 6..2 and funct3. A row that leaves funct3 open (lui, jal) stands in eight buckets.
  struct Bucket {
    std::array<Op, 20> ops{};
    uint8_t count = 0;
  };
  static uint32_t bucket_of(uint32_t word) { return (word >> 2 & 31) << 3 | (word >> 12 & 7); }

  Isa(std::vector<RowInfo> rows, std::vector<CsrRule> csrs);
  [[nodiscard]] Instruction make(uint32_t word, Op op) const;

  std::vector<RowInfo> rows_;
  std::vector<CsrRule> csrs_;
  std::array<Bucket, 256> buckets_{};
};

/// The hart's storage behind a stored register, by its name in the table.
std::string_view name(Csr storage);

}  // namespace vmsim
