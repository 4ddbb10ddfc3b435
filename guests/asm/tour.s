# A tour of everything privileged: each control register, each instruction of the kernel's own, and what user mode gets when it
# tries them. Under the monitor every line of this guest that touches a control register makes one exit; run it with --trace.
#
# Register use: s0 to s3 belong to the handler at the end, everything else is the ordinary calling convention.
    .equ UART, 0x10000000
    .equ POWER, 0x00100000
    .equ SPIE, 1 << 5           # bits of sstatus
    .equ SPP, 1 << 8
    .equ SIE, 1 << 1
    .equ STIE, 1 << 5           # of sie: the timer's interrupt

    .text
    .globl _start
_start:
    la   sp, stack_top
    la   t0, handler
    csrw stvec, t0              # where traps go

# 1. Control registers. Writing ones shows which bits exist; the old value goes back at once. csrrw reads and writes in one step.
    la   a0, text_registers
    call print
    li   t0, -1

    csrrw t1, sstatus, t0       # interrupts are now on, but sie enables none
    csrrw a1, sstatus, t1
    la   a0, name_sstatus
    call show
    csrrw t1, sie, t0
    csrrw a1, sie, t1
    la   a0, name_sie
    call show
    csrrw t1, stvec, t0         # bit 0 would send each interrupt to an entry of its own
    csrrw a1, stvec, t1
    la   a0, name_stvec
    call show
    csrrw t1, scounteren, t0    # which counters user mode may read
    csrrw a1, scounteren, t1
    la   a0, name_scounteren
    call show
    csrrw t1, sscratch, t0      # the kernel's notepad, for the first instruction of a handler
    csrrw a1, sscratch, t1
    la   a0, name_sscratch
    call show
    csrrw t1, sepc, t0          # where sret goes: never a misaligned place
    csrrw a1, sepc, t1
    la   a0, name_sepc
    call show
    csrrw t1, scause, t0
    csrrw a1, scause, t1
    la   a0, name_scause
    call show
    csrrw t1, stval, t0
    csrrw a1, stval, t1
    la   a0, name_stval
    call show
    csrrw t1, sip, t0           # only the software interrupt can be raised by hand
    csrrw a1, sip, t1
    la   a0, name_sip
    call show
    csrrw t1, stimecmp, t0
    csrrw a1, stimecmp, t1
    la   a0, name_stimecmp
    call show
    csrrw t1, stimecmph, t0
    csrrw a1, stimecmph, t1
    la   a0, name_stimecmph
    call show
    li   t0, 0x7fffffff         # all but bit 31, which would turn paging on
    csrrw t1, satp, t0
    csrrw a1, satp, t1
    la   a0, name_satp
    call show

# 2. The six ways to write one.
    la   a0, text_ways
    call print
    li   t0, 0xf0
    csrrw zero, sscratch, t0    # sscratch ← 0xf0
    li   t0, 0x0f
    csrrs zero, sscratch, t0    # set bits: 0xff
    li   t0, 0x3c
    csrrc zero, sscratch, t0    # clear bits: 0xc3
    csrr a1, sscratch
    la   a0, name_by_register
    call show
    csrrwi zero, sscratch, 0x10
    csrrsi zero, sscratch, 0x0f
    csrrci zero, sscratch, 0x06
    csrr a1, sscratch           # 0x19
    la   a0, name_by_number
    call show

# 3. Counters only grow.
    rdcycle t0
    rdinstret t1
    rdtime t2
    li   t3, 500
1:  addi t3, t3, -1
    bnez t3, 1b
    rdcycle t4
    rdinstret t5
    rdtime t6
    sltu a1, t0, t4
    sltu t1, t1, t5
    and  a1, a1, t1
    sltu t2, t2, t6
    and  a1, a1, t2
    rdcycleh t0                 # the upper halves are still zero
    rdinstreth t1
    rdtimeh t2
    or   t0, t0, t1
    or   t0, t0, t2
    seqz t0, t0
    and  a1, a1, t0
    la   a0, name_counters
    call show

# 4. sret into kernel mode is a jump that also restores the interrupt enable.
    la   t0, 2f
    csrw sepc, t0
    li   t0, SPP | SPIE
    csrs sstatus, t0
    sret
2:  csrr a1, sstatus            # SIE came from SPIE; SPIE is 1, SPP is 0
    csrci sstatus, SIE
    la   a0, name_after_sret
    call show

# 5. wfi sleeps until an interrupt is pending that sie enables; whether it is then *taken* is SIE's affair, and here it is not.
    rdtime t0
    addi t0, t0, 20
    csrw stimecmp, t0
    csrw stimecmph, zero
    li   t1, STIE
    csrs sie, t1
    wfi
    rdtime t2
    sltu a1, t2, t0             # 0: it is not earlier than it was to be
    csrc sie, t1
    li   t0, -1
    csrw stimecmp, t0
    csrw stimecmph, t0
    la   a0, name_woke_early
    call show

# 6. sfence.vma: forget translations. All; of one address; of one address space; of one address in one space.
    li   t0, 0x80200000
    li   t1, 1
    sfence.vma
    sfence.vma t0
    sfence.vma zero, t1
    sfence.vma t0, t1

# 7. The same instructions in user mode: each must trap as an illegal instruction. The handler counts and steps over them.
    la   t0, user
    csrw sepc, t0
    li   t0, SPP
    csrc sstatus, t0            # sret goes to user mode
    sret

user:
    csrr t0, sstatus
    csrr t0, sie
    csrr t0, stvec
    csrr t0, scounteren
    csrr t0, sscratch
    csrr t0, sepc
    csrr t0, scause
    csrr t0, stval
    csrr t0, sip
    csrr t0, stimecmp
    csrr t0, stimecmph
    csrr t0, satp
    csrw sscratch, t0           # writing is no better than reading
    csrs sstatus, t0
    csrc sie, t0
    csrwi stvec, 1
    csrsi sip, 2
    csrci satp, 1
    rdcycle t0                  # scounteren is 0: the counters are the kernel's too
    rdtime t0
    rdinstret t0
    sret
    wfi
    sfence.vma
    ecall                       # back to the kernel, which goes on at `finish`
user_end:

finish:
    la   t0, user               # how many it was to try: all but the ecall
    la   a1, user_end
    sub  a1, a1, t0
    srli a1, a1, 2
    addi a1, a1, -1
    la   a0, name_tried
    call show
    mv   a1, s0
    la   a0, name_trapped
    call show
    li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
3:  j    3b

# Everything that traps comes here, in kernel mode, with interrupts off: scause says why, sepc where.
    .align 2
handler:
    csrr s1, scause
    li   s2, 2                  # illegal instruction
    bne  s1, s2, 4f
    addi s0, s0, 1
    csrr s3, sepc
    addi s3, s3, 4
    csrw sepc, s3
    sret                        # back to user mode, behind it
4:  la   s3, finish             # the ecall: stay in the kernel
    jr   s3

show:                           # a0: name, a1: value; keeps t0
    addi sp, sp, -16
    sw   ra, 0(sp)
    sw   a1, 4(sp)
    sw   t0, 8(sp)
    call print
    lw   a1, 4(sp)
    call print_hex
    lw   t0, 8(sp)
    lw   ra, 0(sp)
    addi sp, sp, 16
    ret

print:                          # a0: text
    li   t1, UART
1:  lbu  t2, 0(a0)
    beqz t2, 2f
    sb   t2, 0(t1)
    addi a0, a0, 1
    j    1b
2:  ret

print_hex:                      # a1: number, as eight digits and a new line
    li   t1, UART
    li   t2, 28
1:  srl  t3, a1, t2
    andi t3, t3, 15
    la   t4, digits
    add  t4, t4, t3
    lbu  t4, 0(t4)
    sb   t4, 0(t1)
    addi t2, t2, -4
    bgez t2, 1b
    li   t4, '\n'
    sb   t4, 0(t1)
    ret

    .section .rodata
digits:           .ascii "0123456789abcdef"
text_registers:   .asciz "control registers: the bits that exist\n"
name_sstatus:     .asciz "  sstatus     "
name_sie:         .asciz "  sie         "
name_stvec:       .asciz "  stvec       "
name_scounteren:  .asciz "  scounteren  "
name_sscratch:    .asciz "  sscratch    "
name_sepc:        .asciz "  sepc        "
name_scause:      .asciz "  scause      "
name_stval:       .asciz "  stval       "
name_sip:         .asciz "  sip         "
name_stimecmp:    .asciz "  stimecmp    "
name_stimecmph:   .asciz "  stimecmph   "
name_satp:        .asciz "  satp        "
text_ways:        .asciz "write, set and clear\n"
name_by_register: .asciz "  by register "
name_by_number:   .asciz "  by number   "
name_counters:    .asciz "counters grow "
name_after_sret:  .asciz "after sret    "
name_woke_early:  .asciz "woke early    "
name_tried:       .asciz "user tried    "
name_trapped:     .asciz "all trapped   "

    .bss
    .align 4
    .space 1024
stack_top:
