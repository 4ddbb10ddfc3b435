# A user program and the kernel below it: the program cannot print or stop by itself, it asks with `ecall`. The number of the call is
# in a7, its arguments in a0 and a1, its result comes back in a0. Anything else that the program does to trap ends it.
    .equ UART, 0x10000000
    .equ POWER, 0x00100000
    .equ SYS_WRITE, 1           # a0: text, a1: bytes; gives the bytes written
    .equ SYS_SQUARE, 2          # a0: a number; gives its square
    .equ SYS_TIME, 3            # gives the time, which user mode may not read here
    .equ SYS_EXIT, 4            # a0: exit code
    .equ USER_ECALL, 8          # scause

    .section .rodata
text_hello: .ascii "a user program asks its kernel\n"
    .equ HELLO_SIZE, . - text_hello
text_right: .ascii "every answer was right\n"
    .equ RIGHT_SIZE, . - text_right
text_wrong: .ascii "user mode wrote satp!\n"
    .equ WRONG_SIZE, . - text_wrong
text_fault: .ascii "the program did something privileged, and was ended\n"
    .equ FAULT_SIZE, . - text_fault

    .text
    .globl _start
_start:
    la   t0, kernel
    csrw stvec, t0
    la   t0, kernel_stack_top
    csrw sscratch, t0           # the handler finds its stack here
    csrw scounteren, zero
    la   t0, program
    csrw sepc, t0
    li   t0, 1 << 8             # SPP ← 0: to user mode
    csrc sstatus, t0
    la   sp, user_stack_top
    sret

# ---- the kernel -------------------------------------------------------------------------------------------------------------
    .align 2
kernel:
    csrrw sp, sscratch, sp      # the kernel's stack, and the user's one put by
    addi sp, sp, -16
    sw   t0, 0(sp)
    sw   t1, 4(sp)
    sw   t2, 8(sp)
    csrr t0, scause
    li   t1, USER_ECALL
    bne  t0, t1, fault
    csrr t0, sepc
    addi t0, t0, 4              # the trap left sepc at the ecall itself: go on behind it
    csrw sepc, t0
    li   t0, SYS_WRITE
    beq  a7, t0, sys_write
    li   t0, SYS_SQUARE
    beq  a7, t0, sys_square
    li   t0, SYS_TIME
    beq  a7, t0, sys_time
    li   t0, SYS_EXIT
    beq  a7, t0, sys_exit
    li   a0, -1                 # no such call
leave:
    lw   t0, 0(sp)
    lw   t1, 4(sp)
    lw   t2, 8(sp)
    addi sp, sp, 16
    csrrw sp, sscratch, sp
    sret

sys_write:
    li   t0, UART
    mv   t1, a1
1:  beqz t1, 2f
    lbu  t2, 0(a0)
    sb   t2, 0(t0)
    addi a0, a0, 1
    addi t1, t1, -1
    j    1b
2:  mv   a0, a1
    j    leave

sys_square:
    mul  a0, a0, a0
    j    leave

sys_time:
    csrr a0, time
    j    leave

sys_exit:
    beqz a0, 1f
    slli a0, a0, 16             # the power switch takes a code in its upper half
    li   t0, 0x3333
    or   a0, a0, t0
    j    2f
1:  li   a0, 0x5555
2:  li   t0, POWER
    sw   a0, 0(t0)
3:  j    3b

fault:                          # the program did what it must not: say so and end it
    la   a0, text_fault
    li   a1, FAULT_SIZE
    li   t0, UART
1:  lbu  t2, 0(a0)
    sb   t2, 0(t0)
    addi a0, a0, 1
    addi a1, a1, -1
    bnez a1, 1b
    li   a0, 0
    j    sys_exit

# ---- the program ------------------------------------------------------------------------------------------------------------
program:
    la   a0, text_hello
    li   a1, HELLO_SIZE
    li   a7, SYS_WRITE
    ecall

    li   a0, 7
    li   a7, SYS_SQUARE
    ecall
    li   t0, 49
    bne  a0, t0, wrong

    li   a7, SYS_TIME           # time never goes backwards
    ecall
    mv   s0, a0
    li   a7, SYS_TIME
    ecall
    bltu a0, s0, wrong

    li   a7, 99                 # a call that the kernel does not know
    ecall
    li   t0, -1
    bne  a0, t0, wrong

    la   a0, text_right
    li   a1, RIGHT_SIZE
    li   a7, SYS_WRITE
    ecall
    csrw satp, zero             # the program reaches for the kernel's own: this traps, and the kernel ends it
    la   a0, text_wrong
    li   a1, WRONG_SIZE
    li   a7, SYS_WRITE
    ecall
wrong:
    li   a0, 1
    li   a7, SYS_EXIT
    ecall

    .bss
    .align 4
    .space 256
kernel_stack_top:
    .space 256
user_stack_top:
