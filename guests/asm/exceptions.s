# Every exception that toy32 can raise, each once: the cause as scause gives it, and stval, which says what was wrong. (There is no
# cause 9: an ecall from the kernel is a call of the firmware and raises nothing here.)
#
# Each case below provokes its trap with s1 pointing behind it. The handler keeps scause and stval in s2 and s3 and goes on at s1, in
# kernel mode. The last three need paging; a table with a single 4 MiB page each for the kernel and the devices is enough.
    .equ UART, 0x10000000
    .equ POWER, 0x00100000
    .equ NOWHERE, 0x40000000    # neither memory nor a device
    .equ V, 1 << 0              # bits of a page-table entry
    .equ R, 1 << 1
    .equ W, 1 << 2
    .equ X, 1 << 3
    .equ U, 1 << 4
    .equ A, 1 << 6
    .equ D, 1 << 7

    .text
    .globl _start
_start:
    la   sp, stack_top
    la   t0, handler
    csrw stvec, t0

    la   s1, 1f
    la   t0, 1f
    jalr zero, 2(t0)            # 0: a jump to half an instruction
1:  la   a0, name_0
    call show
    la   s1, 1f
    li   t0, NOWHERE
    jr   t0                     # 1: a jump to where no memory is
1:  la   a0, name_1
    call show
    la   s1, 1f
    .word 0xffffffff            # 2: no instruction; stval is the word itself
1:  la   a0, name_2
    call show
    la   s1, 1f
    ebreak                      # 3: a breakpoint; stval is its address
1:  la   t0, 1b - 4
    sub  s3, s3, t0             # print it as distance from where it must be
    la   a0, name_3
    call show
    la   s1, 1f
    la   t0, odd
    lr.w t1, (t0)               # 4: a misaligned atomic load
1:  andi s3, s3, 3
    la   a0, name_4
    call show
    la   s1, 1f
    li   t0, NOWHERE
    lw   t1, 0(t0)              # 5: a load from nowhere
1:  la   a0, name_5
    call show
    la   s1, 1f
    la   t0, odd
    amoadd.w t1, t1, (t0)       # 6: a misaligned atomic store
1:  andi s3, s3, 3
    la   a0, name_6
    call show
    la   s1, 1f
    li   t0, NOWHERE
    sw   t1, 8(t0)              # 7: a store to nowhere
1:  la   a0, name_7
    call show
    la   s1, 1f
    la   t0, user
    csrw sepc, t0
    li   t0, 1 << 8             # SPP ← 0: to user mode
    csrc sstatus, t0
    sret
user:
    ecall                       # 8: a system call
1:  la   a0, name_8
    call show

# Now with paging: entry n of the root maps the 4 MiB from n × 4 MiB on. A set A (and D) bit, since hardware sets none.
    la   t0, root
    li   t1, UART >> 2 | V | R | W | A | D              # the frame's number, shifted by 10
    li   t2, (UART >> 22) * 4
    add  t3, t0, t2
    sw   t1, 0(t3)
    li   t1, V | R | W | A | D                          # the power switch's 4 MiB, from address 0
    sw   t1, 0(t0)
    li   t1, 0x80000000 >> 2 | V | R | W | X | A | D    # this code and its data
    li   t2, (0x80000000 >> 22) * 4
    add  t3, t0, t2
    sw   t1, 0(t3)
    srli t0, t0, 12
    li   t1, 1 << 31            # satp: Sv32, and the root's page
    or   t0, t0, t1
    csrw satp, t0
    sfence.vma

    la   s1, 1f
    li   t0, NOWHERE
    jr   t0                     # 12: nothing is mapped there
1:  la   a0, name_12
    call show
    la   s1, 1f
    li   t0, NOWHERE
    lw   t1, 4(t0)              # 13
1:  la   a0, name_13
    call show
    la   s1, 1f
    la   t0, root               # the kernel's page without its W: a store faults, a load does not
    li   t2, (0x80000000 >> 22) * 4
    add  t3, t0, t2
    lw   t1, 0(t3)
    mv   s4, t1
    andi t1, t1, ~W
    sw   t1, 0(t3)
    sfence.vma
    lw   t1, cell
    sw   t1, cell, t2           # 15
1:  csrw satp, zero             # back, or `show` could not use its stack
    sfence.vma
    la   t0, cell
    sub  s3, s3, t0
    la   a0, name_15
    call show

    li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
2:  j    2b

    .align 2
handler:
    csrr s2, scause
    csrr s3, stval
    csrw sepc, s1
    li   t0, 1 << 8             # SPP ← 1: sret stays in the kernel, wherever the trap came from
    csrs sstatus, t0
    sret

show:                           # a0: name; s2, s3: what the handler found
    mv   s11, ra
    call print
    mv   a1, s2
    call print_hex
    la   a0, text_stval
    call print
    mv   a1, s3
    call print_hex
    la   a0, text_end
    call print
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

print_hex:                      # a1: number, as eight digits
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
    ret

    .section .rodata
digits:     .ascii "0123456789abcdef"
text_stval: .asciz "  stval "
text_end:   .asciz "\n"
name_0:     .asciz "jump to half an instruction  "
name_1:     .asciz "jump to nowhere              "
name_2:     .asciz "no instruction               "
name_3:     .asciz "breakpoint                   "
name_4:     .asciz "misaligned lr.w              "
name_5:     .asciz "load from nowhere            "
name_6:     .asciz "misaligned amoadd.w          "
name_7:     .asciz "store to nowhere             "
name_8:     .asciz "ecall from user mode         "
name_12:    .asciz "jump to an unmapped page     "
name_13:    .asciz "load from an unmapped page   "
name_15:    .asciz "store to a read-only page    "

    .data
    .align 2
cell:   .word 0
    .half 0
odd:    .half 0                 # an address with remainder 2

    .bss
    .align 12
root:   .space 4096
    .space 256
stack_top:
