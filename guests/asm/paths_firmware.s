# The oldest firmware calls, those that teaching kernels use: print a character, look for input, set the timer, power off; and a call that
# no firmware knows. In between, the kernel interrupts itself: a software interrupt is a bit in sip that software sets.
    .equ SSIP, 1 << 1           # in sip and sie
    .equ SET_TIMER, 0           # extensions, in a7
    .equ PUT, 1
    .equ GET, 2
    .equ SHUTDOWN, 8
    .equ NONE, 99

    .text
    .globl _start
_start:
    la   t0, handler
    csrw stvec, t0
    la   s0, text_start
    call say

    li   a7, SET_TIMER          # never
    li   a0, -1
    li   a1, -1
    ecall
    csrr t0, stimecmp
    li   t1, -1
    bne  t0, t1, wrong
    li   a7, GET                # nobody has typed: -1
    ecall
    li   t1, -1
    bne  a0, t1, wrong
    li   a7, NONE               # not supported: -2
    ecall
    li   t1, -2
    bne  a0, t1, wrong
    la   s0, text_calls
    call say

    li   s1, 0
    csrsi sie, SSIP
    csrsi sip, SSIP             # pending, but interrupts are off
    bnez s1, wrong
    csrsi sstatus, 2            # SIE: on, and here it comes
    li   t1, 1
    bne  s1, t1, wrong
    la   s0, text_interrupt
    call say
    li   a7, SHUTDOWN
    ecall

wrong:
    la   s0, text_wrong
    call say
    li   a7, SHUTDOWN
    ecall

    .align 2
handler:
    csrci sip, SSIP
    addi s1, s1, 1
    sret

say:                            # s0: text
    li   a7, PUT
1:  lbu  a0, 0(s0)
    beqz a0, 2f
    ecall
    addi s0, s0, 1
    j    1b
2:  ret

    .section .rodata
text_start:     .asciz "the kernel speaks through its firmware\n"
text_calls:     .asciz "no timer, no input, no such call\n"
text_interrupt: .asciz "one software interrupt, sent to itself\n"
text_wrong:     .asciz "something is wrong\n"
