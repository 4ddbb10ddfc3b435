#include "check/guest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/stage.hpp"
#include "isa/disassemble.hpp"
#include "vcpu/hart_machine.hpp"

namespace vmsim::check {
namespace stage {

Reg spare(const Isa& isa) {
  for (Reg r = 31; r > 15; --r) {
    const bool named = std::ranges::any_of(isa.rows(), [&](const RowInfo& row) {
      using semantics::Kind;
      return row.does != nullptr &&
             std::ranges::any_of(row.does->nodes, [&](const semantics::Node& n) { return (n.kind == Kind::x || n.kind == Kind::set_x) && n.number == r; });
    });
    if (!named && isa.trap().loses != r) return r;
  }
  return 31;
}

}  // namespace stage

namespace {

/// Where the guest keeps what it saw, from `registers` on: registers, the same at a trap, control registers.
constexpr uint32_t saw = 0x100, at_trap = 0x200, saw_csrs = 0x300, saw_rest = 0x380;
/// Page tables and pages for a guest that watches translation; its user half runs where an alias of all its memory is.
constexpr uint32_t root = 0x8021'0000, lower = 0x8021'1000, old_page = 0x8021'2000, new_page = 0x8021'3000, probed = 0x4000'0000, alias = 0x2000'0000;

class Writer {
 public:
  Writer(const Isa& isa, const GuestSource& source) : isa_(isa), source_(source), spare_(stage::spare(isa)) {
    for (const CsrRule& rule : isa.csrs())
      if (rule.source != CsrSource::counter && !is_trap_register(rule.storage)) csrs_.push_back(&rule);
    always_ = csrs_.size();
    for (const CsrRule& rule : isa.csrs())
      if (rule.source != CsrSource::counter && is_trap_register(rule.storage)) csrs_.push_back(&rule);
  }

  std::string text() {
    for (const std::string& remark : source_.remarks) out_ += "# " + remark + "\n";
    put(R"(
    .text
    .globl _start
_start:
    j    setup1

    .balign 256
vectors:                              # any of these may be the trap vector)");
    for (int i = 0; i < 16; ++i) put("    j    caught");
    write_entry();
    write_arrivals();
    write_look();
    write_caught();
    for (size_t i = 0; i < source_.states.size(); ++i) write_setup(i);
    write_report();
    write_data();
    return std::move(out_);
  }

 private:
  /// What a trap into the kernel overwrites.
  static bool is_trap_register(Csr r) { return r == Csr::sepc || r == Csr::scause || r == Csr::stval; }
  [[nodiscard]] uint32_t user_bit() const { return source_.states[0].mode == Mode::user ? 0x10 : 0; }

  /// An address in a table: as it is seen, not where it was assembled for.
  [[nodiscard]] std::string seen(const std::string& label) const { return isa_.mmu().bounds ? fmt::format("{} - {:#x}", label, stage::base) : label; }

  void put(std::string_view text) { (out_ += text) += '\n'; }
  template <class... A>
  void line(fmt::format_string<A...> format, A&&... values) {
    out_ += "    " + fmt::format(format, std::forward<A>(values)...) + '\n';
  }
  void save(uint32_t offset) {
    line("la   x{}, registers + {:#x}", spare_, offset);
    for (int r = 1; r < 32; ++r)
      if (r != spare_) line("sw   x{}, {}(x{})", r, 4 * r, spare_);
  }

  void write_entry() {
    put("\n    .balign 256\nenter:                                # in the state's mode; the registers come last");
    if (source_.watches_translation) {
      line("li   t0, {:#x}         # a page that is mapped to one place ...", probed);
      line("lw   t1, 0(t0)");
      line("la   t1, entry              # ... now is mapped to another");
      line("lw   t1, 0(t1)");
      line("li   t2, {:#x}", new_page >> 2 | 0xCF | user_bit());
      line("sw   t2, 0(t1)");
    }
    line("la   x{}, registers", spare_);
    for (int r = 1; r < 32; ++r)
      if (r != spare_) line("lw   x{}, {}(x{})", r, 4 * r, spare_);
    line("j    subject");
  }

  void write_arrivals() {
    put("\n    .balign 256\nsubject:");
    out_ += fmt::format("    .word 0x{:08x}                  # {}\n", source_.word, disassemble(isa_, source_.word, stage::subject, {.separator = ' '}));
    save(saw);
    line("li   t0, 1");
    line("j    look");
    put("\n    .balign 256\nlanding:                              # where it may go instead");
    save(saw);
    line("li   t0, 2");
    line("j    look");
  }

  void keep_reservation() {
    line("la   t1, reserved           # does the reservation hold?");
    line("lw   t2, 0(t1)");
    line("sc.w t2, t2, (t1)");
    line("la   t1, registers + {:#x}", saw_rest);
    line("sw   t2, 0(t1)");
  }
  void keep_page() {
    if (!source_.watches_translation) return;
    line("li   t1, {:#x}              # which page does the address lie in now?", probed);
    line("lw   t2, 0(t1)");
    line("la   t1, registers + {:#x}", saw_rest);
    line("sw   t2, 16(t1)");
  }
  void read_csrs(size_t from, size_t to, bool after_trap) {
    line("la   t1, registers + {:#x}", saw_csrs);
    for (size_t i = from; i < to; ++i) {
      const bool status = csrs_[i]->storage == Csr::sstatus;
      line("csrr t2, {}", csrs_[i]->name);
      if (csrs_[i]->storage == Csr::sip) line("andi t2, t2, {}", interrupt_bit::software);
      if (status && after_trap) {  // as it was before the trap, but for what the trap overwrote
        line("srli t3, t2, 4");
        line("andi t3, t3, {}          # SPIE is what SIE was", sstatus::sie);
        line("li   t4, {:#x}", ~(sstatus::sie | sstatus::spie | sstatus::spp));
        line("and  t2, t2, t4");
        line("or   t2, t2, t3");
        line("ori  t2, t2, {}", sstatus::spie);
      }
      line("sw   t2, {}(t1)", 4 * i);
    }
    if (!isa_.mmu().bounds) return line("li   s11, 0");
    line("csrr s11, base              # what it saw lies there; the rest goes on as before");
    line("li   t1, {:#x}", stage::base);
    line("sub  s11, s11, t1");
    line("csrw base, t1");
    line("li   t1, {:#x}", ~(stage::page - 1));
    line("csrw bound, t1");
  }

  void write_look() {
    put("\nlook:                                 # t0: 1 at the next instruction, 2 elsewhere");
    keep_reservation();
    keep_page();
    put("probe:");
    line("csrr t2, sstatus            # in user mode this traps, and tells the mode");
    read_csrs(0, csrs_.size(), false);
    line("li   s10, {}                # control registers to compare", csrs_.size());
    line("li   s9, {:#x}              # where the registers were kept", saw);
    line("li   s8, 1                  # kernel mode");
    line("j    report");
  }

  void write_caught() {
    put("\ncaught:");
    save(at_trap);
    line("csrr t2, sepc");
    line("la   t1, probe");
    line("beq  t1, t2, from_user");
    line("la   t1, registers + {:#x}", saw_rest);
    line("sw   t2, 4(t1)");
    line("csrr t2, scause");
    line("sw   t2, 8(t1)");
    line("csrr t2, stval");
    line("sw   t2, 12(t1)");
    keep_reservation();
    line("csrr s8, sstatus");
    line("srli s8, s8, 8              # SPP");
    line("andi s8, s8, 1");
    read_csrs(0, always_, true);
    line("li   s10, {}", always_);
    line("li   s9, {:#x}", at_trap);
    line("li   t0, 3");
    line("j    report");
    put("from_user:");
    read_csrs(0, always_, true);
    line("li   s10, {}", always_);
    line("li   s9, {:#x}", saw);
    line("li   s8, 0");
    line("j    report");
  }

  void write_setup(size_t index) {
    const WitnessState& s = source_.states[index];
    out_ += fmt::format("\nsetup{}:                               # {}the state, in {} mode\n", index + 1,
                        source_.states.size() > 1 ? fmt::format("{} of ", index + 1) : "", s.mode == Mode::kernel ? "kernel" : "user");
    std::vector<MemoryByte> bytes = s.memory;
    bytes.insert(bytes.end(), s.physical.begin(), s.physical.end());
    for (const MemoryByte& b : bytes) {
      line("li   t0, {:#x}", b.address);
      line("li   t1, {:#x}", b.value);
      line("sb   t1, 0(t0)");
    }
    if (isa_.mmu().bounds) write_copy();
    for (const CsrRule* rule : csrs_) {
      const uint32_t value = s[rule->storage];
      if (rule->storage == Csr::sstatus || rule->storage == Csr::sepc || rule->storage == Csr::satp) continue;
      if (value == reset_csr(rule->storage) && index == 0) continue;
      line("li   t0, {:#x}", value);
      line("csrw {}, t0", rule->name);
    }
    write_mode(s);
    if (source_.watches_translation) write_tables();
    else if (isa_.csr("satp") != nullptr && s[Csr::satp] != 0) {
      line("li   t0, {:#x}", s[Csr::satp]);
      line("csrw satp, t0");
    }
    line("la   t0, reserved");
    if (s.reserved) line("lr.w t1, (t0)");
    else line("sc.w t1, zero, (t0)         # no reservation");
    line("la   t0, state{}", index + 1);
    line("la   t1, current");
    line("sw   t0, 0(t1)");
    line("{}", s.mode == Mode::user ? "sret                        # to `enter`" : "j    enter");
  }
  /// sstatus last: interrupts may be enabled in it. In user mode the way there is `sret`.
  void write_mode(const WitnessState& s) {
    const bool user = s.mode == Mode::user;
    const uint32_t status = s[Csr::sstatus];
    if (user) {
      line("la   t0, enter");
      if (source_.watches_translation) line("li   t1, {:#x}\n    sub  t0, t0, t1", alias);
      line("csrw sepc, t0");
      line("li   t0, {:#x}", (status & ~(sstatus::sie | sstatus::spie | sstatus::spp)) | ((status & sstatus::sie) != 0 ? sstatus::spie : 0));
    } else {
      line("li   t0, {:#x}", s[Csr::sepc]);
      line("csrw sepc, t0");
      line("li   t0, {:#x}", status);
    }
    line("csrw sstatus, t0");
  }
  void write_copy() {
    line("la   t0, _start             # relocated, it must find itself");
    line("la   t1, the_end");
    line("li   t2, {:#x}", stage::moved);
    put("1:");
    line("lw   t3, 0(t0)");
    line("add  t4, t0, t2");
    line("sw   t3, 0(t4)");
    line("addi t0, t0, 4");
    line("bltu t0, t1, 1b");
  }
  void write_tables() {
    const uint32_t user = user_bit();
    const std::pair<uint32_t, uint32_t> entries[] = {{root + 0x200 * 4, 0x2000'00CF},
                                                     {root + 0x180 * 4, 0x2000'00DF},
                                                     {root + 0x040 * 4, 0x0400'00CF},
                                                     {root + 0x100 * 4, lower >> 2 | 1},
                                                     {lower, old_page >> 2 | 0xCF | user},
                                                     {old_page, 1},
                                                     {new_page, 2}};
    for (const auto& [at, value] : entries) {
      line("li   t0, {:#x}", at);
      line("li   t1, {:#x}", value);
      line("sw   t1, 0(t0)");
    }
    line("la   t0, entry");
    line("li   t1, {:#x}", user != 0 ? lower - alias : lower);
    line("sw   t1, 0(t0)");
    line("li   t0, {:#x}", satp::mode | root >> 12);
    line("csrw satp, t0");
    line("sfence.vma");
  }

  void write_report() {
    out_ += fmt::format(R"(
report:                               # prints whatever is no longer as the state had it
    mv   s5, t0
    la   s7, registers
    add  s7, s7, s11
    add  s9, s9, s7
    la   t0, current
    lw   s6, 0(t0)
    lw   a0, 0(s6)
    call print
    la   s0, registers
    li   s1, 1
1:  li   t0, {}                       # what this guest keeps addresses in
    beq  s1, t0, 2f
    slli t0, s1, 2
    add  t1, s0, t0
    lw   s2, 0(t1)
    add  t1, s9, t0
    lw   s3, 0(t1)
    la   a0, register_names
    slli t0, s1, 4
    add  a0, a0, t0
    call change
2:  addi s1, s1, 1
    li   t0, 32
    bltu s1, t0, 1b
    li   s1, 0                        # control registers
3:  bgeu s1, s10, 4f
    slli t0, s1, 2
    add  t1, s6, t0
    lw   s2, 20(t1)
    add  t1, s7, t0
    lw   s3, {:#x}(t1)
    la   a0, csr_names
    slli t0, s1, 4
    add  a0, a0, t0
    call change
    addi s1, s1, 1
    j    3b
4:  lw   s0, 4(s6)                    # bytes of memory
    lw   s1, 8(s6)
5:  bgeu s0, s1, 6f
    lw   t0, 0(s0)
    lw   s2, 4(s0)
    lbu  s3, 0(t0)
    addi s0, s0, 8
    beq  s2, s3, 5b
    lw   s4, -8(s0)
    la   a0, byte_text
    call print
    mv   a0, s4
    call hex
    la   a0, colon
    call change
    j    5b
6:  lw   t0, {:#x}(s7)                # 0: the reservation held
    lw   t1, 16(s6)
    la   a0, lost_text
    beqz t1, 7f
    bnez t0, 8f
7:  la   a0, made_text
    bnez t1, 9f
    bnez t0, 9f
8:  call print
9:
)",
                        spare_, saw_csrs, saw_rest);
    if (source_.watches_translation)
      put(R"(    la   a0, page_text
    call print
    lw   a0, 0x390(s7)
    call hex
    la   a0, new_line
    call print)");
    out_ +=
        fmt::format(R"(    la   a0, next_text
    li   t0, 1
    beq  s5, t0, 1f
    la   a0, landing_text
    li   t0, 2
    beq  s5, t0, 1f
    la   a0, trap_text
    call print
    lw   a0, {:#x}(s7)
    call hex
    la   a0, tval_text
    call print
    lw   a0, {:#x}(s7)
    call hex
    la   a0, pc_text
    call print
    lw   a0, {:#x}(s7)
    call hex
    la   a0, comma
1:  call print
    la   a0, kernel_text
    bnez s8, 2f
    la   a0, user_text
2:  call print
    lw   t0, 12(s6)                   # the next state
    beqz t0, 3f
    jr   t0
3:  li   t0, {:#x}                 # the power switch
    li   t1, 0x5555
    sw   t1, 0(t0)
4:  j    4b

change:                               # a0: name, s2: before, s3: now
    beq  s2, s3, 1f
    mv   s4, ra
    call print
    mv   a0, s2
    call hex
    la   a0, arrow
    call print
    mv   a0, s3
    call hex
    la   a0, new_line
    call print
    mv   ra, s4
1:  ret
hex:                                  # a0: number
    li   t0, {:#x}               # the UART
    li   t1, 28
1:  srl  t2, a0, t1
    andi t2, t2, 15
    addi t2, t2, '0'
    li   t3, '9'
    bleu t2, t3, 2f
    addi t2, t2, 39
2:  sb   t2, 0(t0)
    addi t1, t1, -4
    bgez t1, 1b
    ret
print:                                # a0: text
    li   t0, {:#x}
1:  lbu  t1, 0(a0)
    beqz t1, 2f
    sb   t1, 0(t0)
    addi a0, a0, 1
    j    1b
2:  ret
)",
                    saw_rest + 8, saw_rest + 12, saw_rest + 4, stage::seen(isa_, 0x10'0000), stage::seen(isa_, 0x1000'0000), stage::seen(isa_, 0x1000'0000));
  }

  void names(const std::string& label, const std::vector<std::string>& list) {
    put(label + ":");
    for (const std::string& name : list) out_ += fmt::format("    .ascii \"  {:<13}\"\n    .byte 0\n", name);
  }
  void write_data() {
    std::vector<std::string> of_registers, of_csrs;
    for (int r = 0; r < 32; ++r) of_registers.push_back(fmt::format("x{}", r));
    for (const CsrRule* rule : csrs_) of_csrs.emplace_back(rule->name);
    put("");
    names("register_names", of_registers);
    names("csr_names", of_csrs);
    put(R"(byte_text:    .asciz "  byte at "
colon:        .asciz ": "
arrow:        .asciz " -> "
lost_text:    .asciz "  the reservation is lost\n"
made_text:    .asciz "  there is a reservation\n"
page_text:    .asciz "  the remapped page (1 is the old place, 2 the new one): "
next_text:    .asciz "  then: the next instruction, in "
landing_text: .asciz "  then: another place, in "
trap_text:    .asciz "  then: a trap, cause "
tval_text:    .asciz ", tval "
pc_text:      .asciz ", pc "
comma:        .asciz ", from "
kernel_text:  .asciz "kernel mode\n"
user_text:    .asciz "user mode\n"
new_line:     .asciz "\n"
    .balign 4
current:
    .word 0
entry:
    .word 0)");
    for (size_t i = 0; i < source_.states.size(); ++i) write_state(i);
    put("\n    .org 0x2000\nregisters:                            # before the instruction");
    const WitnessState& s = source_.states[0];
    for (size_t r = 0; r < 32; r += 4) line(".word {:#x}, {:#x}, {:#x}, {:#x}", s.x[r], s.x[r + 1], s.x[r + 2], s.x[r + 3]);
    put("    .org 0x3000\ndata:\n    .org 0x3800\nreserved:\n    .org 0x7000\nthe_end:");
  }
  void write_state(size_t index) {
    const WitnessState& s = source_.states[index];
    const bool more = index + 1 < source_.states.size();
    out_ += fmt::format("state{0}:\n    .word {1}, {2}, {3}, {4}, {5}\n", index + 1, seen(fmt::format("heading{}", index + 1)),
                        seen(fmt::format("bytes{}", index + 1)), seen(fmt::format("bytes_end{}", index + 1)),
                        more ? seen(fmt::format("setup{}", index + 2)) : "0", s.reserved ? 1 : 0);
    for (const CsrRule* rule : csrs_) {
      const uint32_t value = source_.watches_translation && rule->storage == Csr::satp ? satp::mode | root >> 12 : s[rule->storage];
      out_ += fmt::format("    .word {:#010x}              # {}\n", value, rule->name);
    }
    out_ += fmt::format("bytes{}:\n", index + 1);
    for (const auto* list : {&s.memory, &s.physical})
      for (const MemoryByte& b : *list) line(".word {:#x}, {:#x}", b.address, b.value);
    const std::string which = source_.states.size() > 1 ? fmt::format(", state {} of {}", index + 1, source_.states.size()) : "";
    out_ += fmt::format("bytes_end{0}:\nheading{0}:\n    .asciz \"{1} in {2} mode{3}\\n\"\n    .balign 4\n", index + 1, source_.title,
                        s.mode == Mode::kernel ? "kernel" : "user", which);
  }

  const Isa& isa_;
  const GuestSource& source_;
  Reg spare_;
  std::vector<const CsrRule*> csrs_;  // first those that it can always look at
  size_t always_ = 0;
  std::string out_;
};

}  // namespace

std::string write_guest(const Isa& isa, const GuestSource& source) { return Writer(isa, source).text(); }

}  // namespace vmsim::check
