# What lies below a guest kernel on qemu-system-riscv32, where toy32 has nothing: hands every trap of the guest's own to it, starts it in kernel
# mode, and says how long it took. The power device is closed to the guest at first (physical memory protection), so its last store traps to
# here; then the line "\n<nanoseconds>\n" follows the guest's console, the device is opened, and the
# store runs again. Its operands must not be in t0 to t4.
    .equ guest, 0x80200000
    .equ power, 0x00100000
    .equ uart, 0x10000000
    .option norelax                     # there is no gp
    .section .text.start
    .globl _start
_start:
    la   t0, trapped
    csrw mtvec, t0
    li   t0, power >> 2 | 0x1FF         # 4 KiB
    csrw pmpaddr0, t0
    li   t0, -1                         # everything
    csrw pmpaddr1, t0
    li   t0, 0x1F18                     # the first: no access, the second: all
    csrw pmpcfg0, t0
    li   t0, 0xB15D                     # what a kernel sees of exceptions, but for access faults and its own ecall
    csrw medeleg, t0
    li   t0, 0x222
    csrw mideleg, t0
    li   t0, 7
    csrw mcounteren, t0
    li   t0, 0x800                      # to kernel mode
    csrw mstatus, t0
    li   t0, guest
    csrw mepc, t0
    csrr t0, time
    csrw mscratch, t0
    mret

    .balign 4
trapped:
    csrr t0, time
    csrr t1, mcause
    li   t2, 7                          # a store that physical memory protection does not allow
    bne  t1, t2, failed
    li   t1, 0x1F1F
    csrw pmpcfg0, t1
    csrr t1, mscratch
    sub  t0, t0, t1                     # ticks of 100 ns
    li   t1, uart
    la   t2, end
    li   t3, 10
1:  remu t4, t0, t3
    divu t0, t0, t3
    addi t4, t4, '0'
    addi t2, t2, -1
    sb   t4, 0(t2)
    bnez t0, 1b
    sb   t3, 0(t1)
2:  lbu  t4, 0(t2)
    beqz t4, 3f
    sb   t4, 0(t1)
    addi t2, t2, 1
    j    2b
3:  li   t4, '0'
    sb   t4, 0(t1)
    sb   t4, 0(t1)
    sb   t3, 0(t1)
    mret
failed:
    li   t1, power
    li   t2, 125 << 16 | 0x3333
    sw   t2, 0(t1)
4:  j    4b

    .data
    .zero 12
end:
    .byte 0
