# The two ways to set the timer: the stimecmp register, and a call to the firmware (SBI) for kernels that know nothing newer. Both end
# in the same interrupt, as soon as time ≥ stimecmp. Between ticks the kernel sleeps in wfi, so the run takes no longer than its work.
# Also here: the firmware's console, what extensions it has, and its reset call, which ends the run.
    .equ TIME, 0x54494D45       # "TIME", and the other extensions' names in ASCII
    .equ DBCN, 0x4442434E
    .equ SRST, 0x53525354
    .equ BASE, 0x10

    .text
    .globl _start
_start:
    la   sp, stack_top
    la   t0, handler
    csrw stvec, t0

    li   a7, BASE               # which of these does the firmware have? (a6 = 3: probe)
    li   a6, 3
    li   a0, TIME
    ecall
    mv   s1, a1
    li   a0, DBCN
    ecall
    and  s1, s1, a1
    li   a0, 0x12345678         # no such extension
    ecall
    xori a1, a1, 1
    and  s1, s1, a1
    la   a0, text_probe
    mv   a1, s1
    call say

    li   t0, 1 << 5             # STIE
    csrw sie, t0

# 1. With stimecmp. SIE stays 0: wfi wakes, and no interrupt is taken; sip says what woke it.
    rdtime s0
    addi t0, s0, 1000
    csrw stimecmp, t0
    csrw stimecmph, zero
    wfi
    rdtime t1
    sub  a1, t1, s0
    li   t0, 1000
    sltu a1, a1, t0             # 0: not one tick too early
    la   a0, text_early
    call say
    csrr a1, sip
    srli a1, a1, 5
    andi a1, a1, 1              # STIP
    la   a0, text_pending
    call say

# 2. With the firmware, and interrupts on: three ticks, each set by the handler of the one before.
    li   s2, 0                  # ticks so far
    call set_by_firmware
    csrsi sstatus, 2            # SIE
1:  wfi
    li   t0, 3
    bltu s2, t0, 1b
    csrci sstatus, 2
    la   a0, text_ticks
    mv   a1, s2
    call say

# 3. A time that has passed already interrupts at once: the whole of stimecmp counts, so the upper half is written first, with ones.
    li   s2, 0
    li   t0, -1
    csrw stimecmph, t0
    csrw stimecmp, zero
    csrsi sstatus, 2
    mv   s3, s2                 # still 0: the half-written value lies far ahead
    csrw stimecmph, zero        # now
    csrci sstatus, 2
    sub  a1, s2, s3
    la   a0, text_at_once
    call say

    li   a7, SRST               # shut down, for no reason
    li   a6, 0
    li   a0, 0
    li   a1, 0
    ecall
2:  j    2b

    .align 2
handler:                        # the only trap is the timer's interrupt; s registers and a's of set_by_firmware are its own
    addi s2, s2, 1
    addi sp, sp, -32
    sw   ra, 0(sp)
    sw   a0, 4(sp)
    sw   a1, 8(sp)
    sw   a6, 12(sp)
    sw   a7, 16(sp)
    sw   t0, 20(sp)
    call set_by_firmware        # setting a new time also takes the pending interrupt back
    lw   ra, 0(sp)
    lw   a0, 4(sp)
    lw   a1, 8(sp)
    lw   a6, 12(sp)
    lw   a7, 16(sp)
    lw   t0, 20(sp)
    addi sp, sp, 32
    sret

set_by_firmware:                # in 500 ticks of time
    rdtime a0
    addi a0, a0, 500
    li   a1, 0                  # a1:a0 is the time, 64 bits
    li   a6, 0
    li   a7, TIME
    ecall
    ret

say:                            # a0: text, a1: a digit. Through the firmware's console
    mv   s10, a0
    mv   s11, a1
    mv   a1, a0
    li   a0, 0
1:  lbu  t0, 0(a1)              # its length
    beqz t0, 2f
    addi a0, a0, 1
    addi a1, a1, 1
    j    1b
2:  mv   a1, s10                # write a0 bytes from physical a2:a1
    li   a2, 0
    li   a6, 0
    li   a7, DBCN
    ecall
    addi a0, s11, '0'
    li   a6, 2                  # one byte
    ecall
    li   a0, '\n'
    li   a6, 2
    ecall
    ret

    .section .rodata
text_probe:   .asciz "the firmware has timer and console:        "
text_early:   .asciz "woke before the time set in stimecmp:      "
text_pending: .asciz "timer pending in sip:                      "
text_ticks:   .asciz "interrupts by the firmware's timer:        "
text_at_once: .asciz "interrupts by a time that has passed:      "

    .bss
    .align 4
    .space 512
stack_top:
