# What makes a monitor's shadow tables work hard, and a bare machine does not notice: 400 address spaces in turn, more than the monitor has
# tables for, so that it must give some up; and a region of small pages that becomes one superpage, which the monitor then shows in pieces.
#
# Virtual memory, the same in every space:
#   40000000  small pages: of this, page 0 (the word 1)
#   40400000  small pages: of this, page 0 (the word 1); later one superpage, the kernel's
#   80000000  superpage: the kernel, where it also lies in physical memory
    .equ SPACES, 400
    .equ FIRST, 0x40000000
    .equ SECOND, 0x40400000
    .equ V, 1 << 0              # bits of a page-table entry
    .equ ALL, 0xcf              # valid, read, write, execute, accessed, dirty
    .equ PUT, 1                 # firmware calls
    .equ SHUTDOWN, 8

    .text
    .globl _start
_start:
    la   s0, root
    li   t0, 0x80000000 >> 2 | ALL 
    li   t1, (0x80000000 >> 22) * 4
    add  t1, t1, s0
    sw   t0, 0(t1)
    la   t1, leaf
    srli t0, t1, 2
    ori  t0, t0, V
    li   t2, (FIRST >> 22) * 4
    add  t2, t2, s0
    sw   t0, 0(t2)
    sw   t0, 4(t2)              # SECOND: the same leaf table
    la   t0, data
    srli t0, t0, 2
    ori  t0, t0, ALL
    sw   t0, 0(t1)

    li   s1, SPACES             # ASIDs 400 to 1, and then 400 once more: by now it has been given up
    li   s2, 0                  # the sum of all that is read
1:  call enter
    addi s1, s1, -1
    bnez s1, 1b
    li   s1, SPACES
    call enter
    li   t0, 2 * SPACES + 2
    bne  s2, t0, wrong
    li   a0, 'a'
    call put

    li   t0, 0x80000000 >> 2 | ALL # SECOND becomes the superpage
    li   t2, (FIRST >> 22) * 4
    add  t2, t2, s0
    sw   t0, 4(t2)
    li   t0, SECOND
    sfence.vma t0
    la   t1, data               # where the word is in it
    slli t2, t1, 10
    srli t2, t2, 10
    add  t0, t0, t2
    lw   t3, 0(t0)
    li   t1, 1
    bne  t3, t1, wrong
    li   a0, 'b'
    call put
    j    end
wrong:
    li   a0, '?'
    call put
end:
    li   a0, '\n'
    call put
    li   a7, SHUTDOWN
    ecall

enter:                          # s1: ASID. Reads both words
    srli t0, s0, 12
    slli t1, s1, 22
    or   t0, t0, t1
    li   t1, 1 << 31
    or   t0, t0, t1
    csrw satp, t0
    li   t0, FIRST
    lw   t1, 0(t0)
    add  s2, s2, t1
    li   t0, SECOND
    lw   t1, 0(t0)
    add  s2, s2, t1
    ret

put:
    li   a7, PUT
    ecall
    ret

    .data
    .align 12
data: .word 1

    .bss
    .align 12
root: .space 4096
leaf: .space 4096
