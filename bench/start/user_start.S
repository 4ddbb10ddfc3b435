# Start-up of a workload that stays in user mode under Sv32. Superpages of RAM and of the console and power devices lie at their own addresses,
# for user mode. The kernel cannot execute those, so the code below also lies 1 GiB higher, for the kernel alone; the page fault that follows
# the write of satp gets there. The workload powers off by itself; any trap from it is a failure.
    .equ rwxad, 0xCF                    # valid, read, write, execute, accessed, dirty
    .equ rwxuad, 0xDF                   # and user
    .equ higher, 0x40000000
    .section .text.start
    .globl _start
_start:
    la   t0, root
    li   t1, rwxuad
    sw   t1, 0(t0)                      # 0x00000000: power
    li   t1, 0x10000000 >> 2 | rwxuad
    sw   t1, 64 * 4(t0)                 # 0x10000000: console
    li   t2, 0x80000000 >> 2 | rwxuad
    li   t3, 16                         # 64 MiB of RAM
    addi t4, t0, 1024
    addi t4, t4, 1024                   # the entry of 0x80000000
1:  sw   t2, 0(t4)
    li   t5, 1 << 20
    add  t2, t2, t5
    addi t4, t4, 4
    addi t3, t3, -1
    bnez t3, 1b
    li   t2, 0x80000000 >> 2 | rwxad
    addi t4, t0, 1536
    addi t4, t4, 1536
    sw   t2, 0(t4)                      # 0xC0000000: the kernel's
    srli t0, t0, 12
    li   t1, 1 << 31
    or   t0, t0, t1
    li   t2, higher
    la   t1, mapped
    add  t1, t1, t2
    csrw stvec, t1
    csrw satp, t0
    .balign 4
mapped:
    sfence.vma
    la   t1, failed
    csrw stvec, t1                      # pc-relative, so already the higher address
    csrwi sstatus, 0
    la   t0, user
    sub  t0, t0, t2
    csrw sepc, t0
    sret
user:
    la   sp, stack_top
    call main
    call power_off
    .balign 4
failed:
    li   t0, 1 << 18                    # SUM
    csrs sstatus, t0
    li   t0, 0x00100000
    li   t1, 125 << 16 | 0x3333
    sw   t1, 0(t0)
1:  j    1b

    .data
    .balign 4096
root:
    .zero 4096
