# Atomic memory operations. One hart is enough to see what each does: an AMO gives the old value and stores the new one in one step;
# lr.w and sc.w make any operation atomic, since sc.w stores only where nobody else wrote since lr.w.
    .equ UART, 0x10000000
    .equ POWER, 0x00100000

    .text
    .globl _start
_start:
    la   sp, stack_top
    la   s0, cell

# 1. Each AMO once, on a cell that holds -5, with 12. The old value must come back; the new one is printed.
    li   s1, -5
    li   s2, 12
    sw   s1, 0(s0)
    amoswap.w s3, s2, (s0)
    la   a0, name_swap
    call show
    amoadd.w s3, s2, (s0)
    la   a0, name_add
    call show
    amoxor.w s3, s2, (s0)
    la   a0, name_xor
    call show
    amoand.w s3, s2, (s0)
    la   a0, name_and
    call show
    amoor.w s3, s2, (s0)
    la   a0, name_or
    call show
    amomin.w s3, s2, (s0)       # signed: -5 is less
    la   a0, name_min
    call show
    amomax.w s3, s2, (s0)
    la   a0, name_max
    call show
    amominu.w s3, s2, (s0)      # unsigned: -5 is the largest but four
    la   a0, name_minu
    call show
    amomaxu.w.aqrl s3, s2, (s0) # .aq and .rl order it against the accesses around it
    la   a0, name_maxu
    call show

# 2. lr.w and sc.w: sc.w gives 0 where it stored.
    lr.w t0, (s0)
    addi t0, t0, 1
    sc.w a1, t0, (s0)
    la   a0, name_sc
    call print_with
    sc.w a1, t0, (s0)           # the reservation is spent: this one fails
    la   a0, name_spent
    call print_with
    la   t1, other
    lr.w t0, (s0)
    sc.w a1, t0, (t1)           # another word than the reserved one
    la   a0, name_elsewhere
    call print_with

# 3. A trap between the two keeps the reservation; so an interrupt alone never makes a loop of lr.w and sc.w fail.
    la   t0, handler
    csrw stvec, t0
    lr.w s4, (s0)
    ebreak
    sc.w a1, s4, (s0)
    la   a0, name_trap
    call print_with

# 4. What they are for: a lock, and a counter without one.
    la   s5, lock
    li   s6, 100
1:  li   t0, 1
2:  amoswap.w.aq t1, t0, (s5)   # take the lock: whoever swaps a 0 out has it
    bnez t1, 2b
    la   t2, counter
    lw   t3, 0(t2)
    addi t3, t3, 1
    sw   t3, 0(t2)
    amoswap.w.rl zero, zero, (s5)
3:  lr.w t3, (t2)               # the same without a lock
    addi t3, t3, 1
    sc.w t4, t3, (t2)
    bnez t4, 3b
    addi s6, s6, -1
    bnez s6, 1b
    lw   a1, 0(t2)
    la   a0, name_counter
    call print_with

    li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
4:  j    4b

    .align 2
handler:                        # steps over the ebreak
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    sret

show:                           # a0: name; s3: what the AMO gave. Prints the new value, and puts -5 back
    lw   a1, 0(s0)
    sw   s1, 0(s0)
    beq  s3, s1, print_with
    la   a0, name_wrong
print_with:                     # a0: text, a1: a number, as eight digits
    li   t1, UART
1:  lbu  t2, 0(a0)
    beqz t2, 2f
    sb   t2, 0(t1)
    addi a0, a0, 1
    j    1b
2:  li   t2, 28
3:  srl  t3, a1, t2
    andi t3, t3, 15
    la   t4, digits
    add  t4, t4, t3
    lbu  t4, 0(t4)
    sb   t4, 0(t1)
    addi t2, t2, -4
    bgez t2, 3b
    li   t4, '\n'
    sb   t4, 0(t1)
    ret

    .section .rodata
digits:         .ascii "0123456789abcdef"
name_swap:      .asciz "amoswap  "
name_add:       .asciz "amoadd   "
name_xor:       .asciz "amoxor   "
name_and:       .asciz "amoand   "
name_or:        .asciz "amoor    "
name_min:       .asciz "amomin   "
name_max:       .asciz "amomax   "
name_minu:      .asciz "amominu  "
name_maxu:      .asciz "amomaxu  "
name_wrong:     .asciz "the old value was lost: "
name_sc:        .asciz "sc.w after lr.w          "
name_spent:     .asciz "sc.w once more           "
name_elsewhere: .asciz "sc.w to another word     "
name_trap:      .asciz "sc.w after lr.w and trap "
name_counter:   .asciz "counted                  "

    .bss
    .align 2
cell:    .space 4
other:   .space 4
lock:    .space 4
counter: .space 4
    .align 4
    .space 256
stack_top:
