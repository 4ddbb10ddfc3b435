# Misaligned accesses. On toy32 ordinary loads and stores take any address; atomics and jumps do not, and trap. The bytes are the same
# as single loads and stores would move, little end first, also across a page's end.
    .equ UART, 0x10000000
    .equ POWER, 0x00100000

    .text
    .globl _start
_start:
    la   sp, stack_top
    la   t0, handler
    csrw stvec, t0

# 1. Words and halves at every offset of 00 11 22 33 44 55 66 77.
    la   s0, bytes
    la   a0, text_words
    call print
    lw   a1, 0(s0)
    call print_hex
    lw   a1, 1(s0)
    call print_hex
    lw   a1, 2(s0)
    call print_hex
    lw   a1, 3(s0)
    call print_hex
    lhu  a1, 3(s0)
    call print_hex
    lh   a1, 7(s0)              # ff77: the sign is extended
    call print_hex

# 2. A store at an odd address changes four bytes and no fifth.
    la   a0, text_store
    call print
    la   s0, buffer
    li   t0, 0xaabbccdd
    sw   t0, 3(s0)
    lw   a1, 0(s0)
    call print_hex
    lw   a1, 4(s0)
    call print_hex

# 3. Across the border of two pages. (Under paging each half has a translation of its own, and both are checked before either is written.)
    la   a0, text_border
    call print
    la   s0, border
    li   t0, 0x01020304
    sw   t0, -2(s0)
    lhu  a1, -2(s0)
    call print_hex
    lhu  a1, 0(s0)
    call print_hex
    lw   a1, -2(s0)
    call print_hex

# 4. What traps: scause and stval of each, as the handler finds them.
    la   a0, text_traps
    call print
    la   s0, buffer + 2
    la   s1, 1f
    lr.w t0, (s0)               # 4, load address misaligned
1:  call report
    la   s1, 2f
    sc.w t0, t0, (s0)           # 6, store address misaligned
2:  call report
    la   s1, 3f
    amoadd.w t0, t0, (s0)       # 6
3:  call report
    la   s1, 4f
    la   t0, 4f
    jalr zero, 2(t0)            # 0, instruction address misaligned: bit 0 of a jump's target is dropped, bit 1 is not
4:  call report

    li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
5:  j    5b

    .align 2
handler:                        # keeps the cause, and goes on at s1
    csrr s2, scause
    csrr s3, stval
    csrw sepc, s1
    sret

report:                         # s2: cause, s3: address, printed as its distance from where it should not be
    mv   s11, ra
    mv   a1, s2
    call print_hex
    andi a1, s3, 3
    call print_hex
    mv   ra, s11
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
digits:      .ascii "0123456789abcdef"
    .align 2
bytes:       .byte 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0xff
text_words:  .asciz "loads\n"
text_store:  .asciz "a store\n"
text_border: .asciz "across two pages\n"
text_traps:  .asciz "traps, each with the last two bits of its address\n"

    .bss
    .align 12
buffer: .space 4096
border: .space 4096
    .space 256
stack_top:
