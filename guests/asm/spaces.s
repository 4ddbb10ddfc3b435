# Two address spaces. The same program runs in both, at the same virtual address, and counts in the same virtual word; yet each has a
# count of its own, since satp decides what page that word is on. Then the kernel changes a mapping, and shows what sfence.vma is for.
#
# Virtual memory of each space:
#   00000000  4 MiB page: the power switch (kernel only)
#   10000000  4 MiB page: the UART (kernel only)
#   40000000  4 KiB page: the program (user, shared, not writable)
#   40001000  4 KiB page: its data (user, one page for each space)
#   80000000  4 MiB page: the kernel, where it also lies in physical memory
    .equ UART, 0x10000000
    .equ POWER, 0x00100000
    .equ PROGRAM, 0x40000000
    .equ DATA, 0x40001000
    .equ V, 1 << 0              # bits of a page-table entry
    .equ R, 1 << 1
    .equ W, 1 << 2
    .equ X, 1 << 3
    .equ U, 1 << 4
    .equ A, 1 << 6              # accessed, dirty: preset, since hardware sets neither and faults where it would have to
    .equ D, 1 << 7
    .equ SUM, 1 << 18           # sstatus: the kernel may use the user's pages
    .equ SPP, 1 << 8

    .text
    .globl _start
_start:
    la   sp, stack_top
    la   t0, handler
    csrw stvec, t0
    la   a0, root_a
    la   a1, leaf_a
    la   a2, page_a
    call make_space
    la   a0, root_b
    la   a1, leaf_b
    la   a2, page_b
    call make_space

    li   s0, 0                  # rounds done
    la   s1, root_a             # the space that runs, and the one that waits
    la   s2, root_b
    li   s3, 1                  # their numbers (ASIDs)
    li   s4, 2
    call enter_space

run:                            # to user mode, at the program's start
    li   t0, PROGRAM
    csrw sepc, t0
    li   t0, SPP
    csrc sstatus, t0
    sret

# Comes back here with the program's ecall; a0 is what it counted.
    .align 2
handler:
    csrr t0, scause
    li   t1, 8
    bne  t0, t1, unexpected
    mv   a2, a0
    addi a1, s3, 'a' - 1
    la   a0, text_space
    call say
    addi s0, s0, 1
    li   t0, 5
    beq  s0, t0, remap
    li   t0, 3                  # the other space's turn, but for once the same again: the order is a b a a b
    beq  s0, t0, run
    mv   t0, s1
    mv   s1, s2
    mv   s2, t0
    mv   t0, s3
    mv   s3, s4
    mv   s4, t0
    call enter_space
    j    run

# The kernel gives space b the page of space a. The old translation may be remembered: sfence.vma makes the change certain.
remap:
    la   a0, leaf_b
    la   a1, page_a
    call map_data
    li   t0, DATA
    sfence.vma t0
    li   t1, SUM                # user pages are closed to the kernel, until it says that it means it
    csrs sstatus, t1
    lw   a2, 0(t0)
    csrc sstatus, t1
    li   a1, 'b'
    la   a0, text_remapped
    call say
    li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
1:  j    1b

unexpected:
    la   a0, text_unexpected
    li   a1, '?'
    csrr a2, scause
    call say
    li   t0, POWER
    li   t1, 0x13333            # ends with code 1
    sw   t1, 0(t0)
1:  j    1b

enter_space:                    # s1: root, s3: ASID. A new root with a number of its own needs no fence, but ASIDs come round again
    srli t0, s1, 12
    slli t1, s3, 22
    or   t0, t0, t1
    li   t1, 1 << 31
    or   t0, t0, t1
    csrw satp, t0
    sfence.vma zero, s3
    ret

make_space:                     # a0: root, a1: leaf table, a2: data page
    li   t0, V | R | W | A | D
    sw   t0, 0(a0)
    li   t0, UART >> 2 | V | R | W | A | D
    sw   t0, (UART >> 22) * 4(a0)
    li   t0, 0x80000000 >> 2 | V | R | W | X | A | D
    li   t1, (0x80000000 >> 22) * 4
    add  t1, t1, a0
    sw   t0, 0(t1)
    srli t0, a1, 2              # a pointer to the next level has V alone
    ori  t0, t0, V
    sw   t0, (PROGRAM >> 22) * 4(a0)
    la   t0, program
    srli t0, t0, 2
    ori  t0, t0, V | R | X | U | A
    sw   t0, 0(a1)
    mv   a0, a1
    mv   a1, a2
map_data:                       # a0: leaf table, a1: page
    srli t0, a1, 2
    ori  t0, t0, V | R | W | U | A | D
    sw   t0, 4(a0)
    ret

say:                            # a0: text, a1: a letter, a2: a digit
    li   t0, UART
    sb   a1, 0(t0)
1:  lbu  t1, 0(a0)
    beqz t1, 2f
    sb   t1, 0(t0)
    addi a0, a0, 1
    j    1b
2:  addi a2, a2, '0'
    sb   a2, 0(t0)
    li   t1, '\n'
    sb   t1, 0(t0)
    ret

# The program, on a page of its own so that it can be mapped alone. It knows one address, and nothing of the other space.
    .align 12
program:
    li   t0, DATA
    lw   a0, 0(t0)
    addi a0, a0, 1
    sw   a0, 0(t0)
    ecall
    .align 12

    .section .rodata
text_space:      .asciz " counts "
text_remapped:   .asciz " now sees the page of a: "
text_unexpected: .asciz " unexpected trap, cause "

    .bss
    .align 12
root_a: .space 4096
leaf_a: .space 4096
page_a: .space 4096
root_b: .space 4096
leaf_b: .space 4096
page_b: .space 4096
    .space 256
stack_top:
