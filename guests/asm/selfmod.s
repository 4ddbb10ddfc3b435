# Code that writes code: a function is assembled by hand into memory, run, changed, and run again. `fence.i` stands between writing
# and running, as the specification wants it. (toy32 sees every store at once and takes fence.i as a hint; other processors
# would run what they fetched before.)
    .equ UART, 0x10000000
    .equ POWER, 0x00100000
    .equ ADDI_A0_A0, 0x00050513 # addi a0, a0, 0; the immediate stands in the upper twelve bits
    .equ RET, 0x00008067        # jalr zero, 0(ra)

    .text
    .globl _start
_start:
    la   sp, stack_top

# 1. A function made from nothing: addi a0, a0, N; ret. Every N gives another function at the same place.
    la   s0, made
    li   t0, RET
    sw   t0, 4(s0)
    li   s1, 1                  # N
    li   s2, 0                  # what the functions add up to
1:  slli t0, s1, 20
    li   t1, ADDI_A0_A0
    or   t0, t0, t1
    sw   t0, 0(s0)
    fence.i
    mv   a0, s2
    jalr s0                     # the new function
    mv   s2, a0
    addi s1, s1, 1
    li   t0, 10
    ble  s1, t0, 1b
    la   a0, text_sum           # 1 + 2 + ... + 10 = 55
    call print
    mv   a0, s2
    call print_number

# 2. A loop that patches its own body: the instruction at `patch` counts up by one until half way, then by ten.
    li   s1, 0
    li   s2, 10
2:
patch:
    addi s1, s1, 1
    addi s2, s2, -1
    li   t0, 5
    bne  s2, t0, 3f
    la   t0, patch
    la   t1, other
    lw   t1, 0(t1)
    sw   t1, 0(t0)
    fence.i
3:  bnez s2, 2b
    la   a0, text_patched       # 5 × 1 + 5 × 10 = 55
    call print
    mv   a0, s1
    call print_number

# 3. A store to the very next instruction, and only half of it: the register number of a `li` lies in its low half word.
    li   a0, 1
    li   t1, 0x0513             # addi a0, zero, …
    la   t0, next
    fence.i
    sh   t1, 0(t0)
    fence.i
next:
    .word 0x00700593            # li a1, 7, until the store makes it li a0, 7
    mv   s1, a0
    la   a0, text_half
    call print
    mv   a0, s1
    call print_number

    li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
4:  j    4b

other:                          # never run here: the patch
    addi s1, s1, 10

print:                          # a0: text
    li   t0, UART
1:  lbu  t1, 0(a0)
    beqz t1, 2f
    sb   t1, 0(t0)
    addi a0, a0, 1
    j    1b
2:  ret

print_number:                   # a0: below 100, and a new line
    li   t0, UART
    li   t1, 10
    divu t2, a0, t1
    remu a0, a0, t1
    addi t2, t2, '0'
    sb   t2, 0(t0)
    addi a0, a0, '0'
    sb   a0, 0(t0)
    sb   t1, 0(t0)              # 10 is also the new line
    ret

    .section .rodata
text_sum:     .asciz "ten functions at one place: "
text_patched: .asciz "a loop that patches itself: "
text_half:    .asciz "half an instruction:        "

    .bss
    .align 2
made:   .space 8
    .align 4
    .space 256
stack_top:
