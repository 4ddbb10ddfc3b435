// The effective table at run time: rows and control registers, as toy32 has them or as a variant altered them, and the decoder
// made from their patterns. Immutable once made; engines, monitor and tools share one by reference.
#pragma once

#include <array>
#include <cassert>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "isa/csr.hpp"
#include "isa/format.hpp"
#include "isa/pattern.hpp"
#include "isa/row.hpp"
#include "isa/semantics/program.hpp"

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
  std::string name;
  Pattern pattern;
  Format format = Format::None;
  UserRule user = UserRule::execute;
  bool off = false;                                          // a variant's: no word decodes to it
  std::shared_ptr<const semantics::Program> does = nullptr;  // of an instruction that a variant added
};

/// How virtual addresses become physical ones.
struct MmuRule {
  bool bounds = false;  // relocation and bound (Popek and Goldberg 1974, section 2), in both modes; else Sv32
  /// Kernel addresses from `direct_from` on are not translated but lie at `direct_to`; 0 is nowhere.
  uint32_t direct_from = 0, direct_to = 0;
};

/// What a trap takes from the hart besides what it saves.
struct TrapRule {
  bool clears_reservation = false;
  Reg loses = 0;  // this register becomes 0
};

/// The parts of an effective table.
struct IsaParts {
  std::string name = "toy32";
  std::vector<RowInfo> rows;
  std::vector<CsrRule> csrs;
  MmuRule mmu;
  TrapRule trap;
};

class Isa {
 public:
  /// toy32 itself.
  static const Isa& toy32();
  static IsaParts toy32_parts();
  /// No two rows that are not off may match the same word.
  explicit Isa(IsaParts parts);

  [[nodiscard]] Instruction decode(uint32_t word) const {
    const Bucket& bucket = buckets_[bucket_of(word)];
    for (const Op op : bucket)
      if (parts_.rows[op].pattern.matches(word)) return make(word, op);
    return {.word = word};
  }
  /// The word that decodes to this row and these operands. Operands that do not fit lose their high bits.
  [[nodiscard]] uint32_t encode(Op op, const Operands<uint32_t>& operands) const {
    return parts_.rows[op].pattern.match | encode_operands(parts_.rows[op].format, operands);
  }

  [[nodiscard]] const std::string& name() const { return parts_.name; }
  [[nodiscard]] const std::vector<RowInfo>& rows() const { return parts_.rows; }
  /// `op` is not `illegal_op`.
  [[nodiscard]] const RowInfo& row(Op op) const {
    assert(op < parts_.rows.size());
    return parts_.rows[op];
  }
  [[nodiscard]] const MmuRule& mmu() const { return parts_.mmu; }
  [[nodiscard]] const TrapRule& trap() const { return parts_.trap; }
  /// The row called `name`, or `illegal_op`.
  [[nodiscard]] Op find(std::string_view name) const;

  [[nodiscard]] std::span<const CsrRule> csrs() const { return parts_.csrs; }
  /// The register with this number, or null where there is none.
  [[nodiscard]] const CsrRule* csr(uint16_t number) const {
    const uint8_t at = csr_at_[number % csr_at_.size()];
    return at == 0 ? nullptr : &parts_.csrs[at - 1u];
  }
  [[nodiscard]] const CsrRule* csr(std::string_view name) const;
  /// Whether user mode may read or write what is stored in `r` without a trap: by its rule, or in an instruction that a variant added.
  [[nodiscard]] bool exposes(Csr r) const;

 private:
  // Rows by opcode bits 6..2 and funct3. A row that leaves funct3 open (lui, jal) stands in eight buckets.
  using Bucket = std::vector<Op>;
  static uint32_t bucket_of(uint32_t word) { return (word >> 2 & 31) << 3 | (word >> 12 & 7); }
  [[nodiscard]] Instruction make(uint32_t word, Op op) const;

  IsaParts parts_;
  std::array<Bucket, 256> buckets_;
  std::array<uint8_t, 4096> csr_at_{};  // by number, an index into parts_.csrs plus one; 0 where there is none
};

/// The hart's storage behind a stored register, by its name in the table.
std::string_view name(Csr storage);

}  // namespace vmsim
