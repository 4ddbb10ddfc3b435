# What lies below a guest kernel on qemu-system-riscv32, where toy32 has nothing: hands every trap of the guest's own to it, and starts it in
# kernel mode.
    .equ guest, 0x80200000
    .equ power, 0x00100000
    .option norelax                     # there is no gp
    .section .text.start
    .globl _start
_start:
    la   t0, failed
    csrw mtvec, t0
    li   t0, -1                         # physical memory protection: everything, all rights
    csrw pmpaddr0, t0
    li   t0, 0x1F
    csrw pmpcfg0, t0
    li   t0, 0xB1FF                     # exceptions, but for its own ecall
    csrw medeleg, t0
    li   t0, 0x222
    csrw mideleg, t0
    li   t0, 7
    csrw mcounteren, t0
    li   t0, 0x800                      # to kernel mode
    csrw mstatus, t0
    li   t0, guest
    csrw mepc, t0
    mret

    .balign 4
failed:
    li   t1, power
    li   t2, 125 << 16 | 0x3333
    sw   t2, 0(t1)
1:  j    1b
