# Privileged work in rounds, for the bare machine of vmsim and for qemu-system alike. What a round does is the macro that ROUND names; IN_USER and
# PAGED say where it runs; COUNT is how many there are. With paging, two address spaces have the same mappings: the kernel's RAM where it is, the
# user's view of it 1 GiB lower, and the power device for the user at its own address, for the kernel 4 MiB higher.
    .equ rwxad, 0xCF                    # valid, read, write, execute, accessed, dirty
    .equ rwxuad, 0xDF                   # and user

    .macro nothing
    .endm
    .macro ecall_and_back
    ecall
    .endm
    .macro illegal_csr
    csrr t1, sscratch
    .endm
    .macro page_fault
    lw   t1, 0(s5)
    .endm
    .macro csr_write
    csrw sscratch, s0
    .endm
    .macro csr_read
    csrr t1, sscratch
    .endm
    .macro fence
    sfence.vma
    .endm
    .macro fence_and_load
    sfence.vma
    lw   t1, 0(sp)
    .endm
    .macro two_spaces
    csrw satp, s3
    csrw satp, s2
    .endm
    .macro two_spaces_and_loads
    csrw satp, s3
    lw   t1, 0(sp)
    csrw satp, s2
    lw   t1, 0(sp)
    .endm
    .macro two_sum_changes
    csrs sstatus, s4
    csrc sstatus, s4
    .endm

    .section .text.start
    .globl _start
_start:
    la   t0, handler
    csrw stvec, t0
    la   t0, root_a
    la   t1, root_b
    li   t2, rwxuad
    sw   t2, 0(t0)
    sw   t2, 0(t1)
    li   t2, rwxad
    sw   t2, 4(t0)
    sw   t2, 4(t1)
    li   t3, 1024
    add  t4, t0, t3
    add  t5, t1, t3
    li   t2, 0x80000000 >> 2 | rwxuad   # 0x40000000
    sw   t2, 0(t4)
    sw   t2, 0(t5)
    add  t4, t4, t3
    add  t5, t5, t3
    li   t2, 0x80000000 >> 2 | rwxad    # 0x80000000
    sw   t2, 0(t4)
    sw   t2, 0(t5)
    srli t0, t0, 12
    srli t1, t1, 12
    li   s2, 0x80400000                 # Sv32, space 1
    or   s2, s2, t0
    li   s3, 0x80800000                 # Sv32, space 2
    or   s3, s3, t1
    li   s4, 0x40000                    # SUM
    li   s5, 0x20000000                 # mapped nowhere
    li   s0, COUNT
    la   sp, root_a
    la   t0, rounds
    li   a4, 0x100000
#if PAGED
    csrw satp, s2
    sfence.vma
#if IN_USER
    li   t1, 0x40000000
    sub  t0, t0, t1
    sub  sp, sp, t1
#else
    li   t1, 0x400000
    add  a4, a4, t1
#endif
#endif
#if IN_USER
    csrw sepc, t0
    li   t1, 0x100
    csrc sstatus, t1
    sret
#else
    jr   t0
#endif
    .balign 64
handler:
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    sret
    .balign 64
rounds:
    ROUND
    addi s0, s0, -1
    bnez s0, rounds
    li   a5, 0x5555
    sw   a5, 0(a4)
1:  j    1b

    .data
    .balign 4096
root_a:
    .zero 4096
root_b:
    .zero 4096
