# The first guest: sets its trap vector, makes a system call to itself, says hello, and powers off.
    .text
    .globl _start
_start:
    la   t0, handler
    csrw stvec, t0
    li   t0, 2
    csrs sstatus, t0
    la   a0, message
    call print
    ebreak                      # visits the handler below
    la   a0, goodbye
    call print
    li   t0, 0x100000           # the power switch
    li   t1, 0x5555
    sw   t1, 0(t0)
1:  j    1b

print:                          # a0: text
    li   t0, 0x10000000         # the UART
1:  lbu  t1, 0(a0)
    beqz t1, 2f
    sb   t1, 0(t0)
    addi a0, a0, 1
    j    1b
2:  ret

    .align 2
handler:
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    sret

    .section .rodata
message: .asciz "Hello\n"
goodbye: .asciz "from toy32\n"
