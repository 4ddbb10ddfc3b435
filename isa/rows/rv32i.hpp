// RV32I and Zifencei (unprivileged specification, chapters 2 and 3), sorted by opcode and funct3.
#pragma once

#include <tuple>

#include "isa/control_flow.hpp"
#include "isa/row.hpp"

namespace vmsim::rows {

template <class M, class O>
constexpr void branch_if(M& m, const O& o, typename M::Condition taken) {
  m.branch(taken, [&] { jump(m, m.pc() + o.imm); });
}

// clang-format off
inline constexpr auto rv32i = std::tuple(
    insn<"lb",      "------------ ----- 000 ----- 0000011", Format::Load>([](auto& m, auto o) { m.set(o.rd, sext(m.load(m.x(o.rs1) + o.imm, Width::byte), 8)); }),
    insn<"lh",      "------------ ----- 001 ----- 0000011", Format::Load>([](auto& m, auto o) { m.set(o.rd, sext(m.load(m.x(o.rs1) + o.imm, Width::half), 16)); }),
    insn<"lw",      "------------ ----- 010 ----- 0000011", Format::Load>([](auto& m, auto o) { m.set(o.rd, m.load(m.x(o.rs1) + o.imm, Width::word)); }),
    insn<"lbu",     "------------ ----- 100 ----- 0000011", Format::Load>([](auto& m, auto o) { m.set(o.rd, m.load(m.x(o.rs1) + o.imm, Width::byte)); }),
    insn<"lhu",     "------------ ----- 101 ----- 0000011", Format::Load>([](auto& m, auto o) { m.set(o.rd, m.load(m.x(o.rs1) + o.imm, Width::half)); }),
    insn<"fence",   "------------ ----- 000 ----- 0001111", Format::Fence>([](auto&, auto) {}),
    insn<"fence.i", "------------ ----- 001 ----- 0001111", Format::FenceI>([](auto& m, auto) { m.fence_instructions(); }),
    insn<"addi",    "------------ ----- 000 ----- 0010011", Format::I>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) + o.imm); }),
    insn<"slli",    "0000000 ----- ----- 001 ----- 0010011", Format::Shift>([](auto& m, auto o) { m.set(o.rd, shl(m.x(o.rs1), o.imm)); }),
    insn<"slti",    "------------ ----- 010 ----- 0010011", Format::I>([](auto& m, auto o) { m.set(o.rd, select(lt_s(m.x(o.rs1), o.imm), 1u, 0u)); }),
    insn<"sltiu",   "------------ ----- 011 ----- 0010011", Format::I>([](auto& m, auto o) { m.set(o.rd, select(lt_u(m.x(o.rs1), o.imm), 1u, 0u)); }),
    insn<"xori",    "------------ ----- 100 ----- 0010011", Format::I>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) ^ o.imm); }),
    insn<"srli",    "0000000 ----- ----- 101 ----- 0010011", Format::Shift>([](auto& m, auto o) { m.set(o.rd, shr_u(m.x(o.rs1), o.imm)); }),
    insn<"srai",    "0100000 ----- ----- 101 ----- 0010011", Format::Shift>([](auto& m, auto o) { m.set(o.rd, shr_s(m.x(o.rs1), o.imm)); }),
    insn<"ori",     "------------ ----- 110 ----- 0010011", Format::I>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) | o.imm); }),
    insn<"andi",    "------------ ----- 111 ----- 0010011", Format::I>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) & o.imm); }),
    insn<"auipc",   "-------------------- ----- 0010111", Format::Upper>([](auto& m, auto o) { m.set(o.rd, m.pc() + o.imm); }),
    insn<"sb",      "------- ----- ----- 000 ----- 0100011", Format::Store>([](auto& m, auto o) { m.store(m.x(o.rs1) + o.imm, m.x(o.rs2), Width::byte); }),
    insn<"sh",      "------- ----- ----- 001 ----- 0100011", Format::Store>([](auto& m, auto o) { m.store(m.x(o.rs1) + o.imm, m.x(o.rs2), Width::half); }),
    insn<"sw",      "------- ----- ----- 010 ----- 0100011", Format::Store>([](auto& m, auto o) { m.store(m.x(o.rs1) + o.imm, m.x(o.rs2), Width::word); }),
    insn<"add",     "0000000 ----- ----- 000 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) + m.x(o.rs2)); }),
    insn<"sub",     "0100000 ----- ----- 000 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) - m.x(o.rs2)); }),
    insn<"sll",     "0000000 ----- ----- 001 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, shl(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"slt",     "0000000 ----- ----- 010 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, select(lt_s(m.x(o.rs1), m.x(o.rs2)), 1u, 0u)); }),
    insn<"sltu",    "0000000 ----- ----- 011 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, select(lt_u(m.x(o.rs1), m.x(o.rs2)), 1u, 0u)); }),
    insn<"xor",     "0000000 ----- ----- 100 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) ^ m.x(o.rs2)); }),
    insn<"srl",     "0000000 ----- ----- 101 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, shr_u(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"sra",     "0100000 ----- ----- 101 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, shr_s(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"or",      "0000000 ----- ----- 110 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) | m.x(o.rs2)); }),
    insn<"and",     "0000000 ----- ----- 111 ----- 0110011", Format::R>([](auto& m, auto o) { m.set(o.rd, m.x(o.rs1) & m.x(o.rs2)); }),
    insn<"lui",     "-------------------- ----- 0110111", Format::Upper>([](auto& m, auto o) { m.set(o.rd, o.imm); }),
    insn<"beq",     "------- ----- ----- 000 ----- 1100011", Format::Branch>([](auto& m, auto o) { branch_if(m, o, eq(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"bne",     "------- ----- ----- 001 ----- 1100011", Format::Branch>([](auto& m, auto o) { branch_if(m, o, ne(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"blt",     "------- ----- ----- 100 ----- 1100011", Format::Branch>([](auto& m, auto o) { branch_if(m, o, lt_s(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"bge",     "------- ----- ----- 101 ----- 1100011", Format::Branch>([](auto& m, auto o) { branch_if(m, o, !lt_s(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"bltu",    "------- ----- ----- 110 ----- 1100011", Format::Branch>([](auto& m, auto o) { branch_if(m, o, lt_u(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"bgeu",    "------- ----- ----- 111 ----- 1100011", Format::Branch>([](auto& m, auto o) { branch_if(m, o, !lt_u(m.x(o.rs1), m.x(o.rs2))); }),
    insn<"jalr",    "------------ ----- 000 ----- 1100111", Format::JumpReg>([](auto& m, auto o) { jump(m, (m.x(o.rs1) + o.imm) & ~1u); m.set(o.rd, m.pc() + 4u); }),
    insn<"jal",     "-------------------- ----- 1101111", Format::Jump>([](auto& m, auto o) { jump(m, m.pc() + o.imm); m.set(o.rd, m.pc() + 4u); }));
// clang-format on

}  // namespace vmsim::rows
