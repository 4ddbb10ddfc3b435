# What stands around a random user program in qemu-riscv32, which gives it Linux's system calls: every signal that the program causes is
# written down, and it goes on behind the instruction; after the last one its registers are written down too, and all of its memory to
# standard output. The test puts .equ lines before this for: ram, size, log, stack, stack_size, program, body, body_end, traps.

_start:
    la a0, alternate            # sigaltstack: the program's own stack pointer is any number
    li a1, 0
    li a7, 132
    ecall
    la s0, signals
1:  lbu a0, 0(s0)               # rt_sigaction
    beqz a0, 2f
    la a1, action
    li a2, 0
    li a3, 8
    li a7, 134
    ecall
    addi s0, s0, 1
    j 1b
2:  li t0, program
    jr t0

# a0: signal, a1: siginfo, a2: ucontext, with pc, x1, x2 ... at 160
handler:
    li t0, log
    lw t1, 0(t0)                # signals so far
    slli t2, t1, 4
    add t2, t2, t0
    lw t3, 160(a2)
    lw t4, 12(a1)               # the address that faulted
    sw a0, 0x100(t2)
    sw t3, 0x104(t2)
    sw t4, 0x108(t2)
    addi t1, t1, 1
    sw t1, 0(t0)
    li t4, traps
    beq t1, t4, finish
    li t4, body                 # a jump into nothing: back to the body
    bltu t3, t4, 1f
    li t5, body_end
    bltu t3, t5, 2f
1:  addi t3, t4, -4
2:  addi t3, t3, 4
    sw t3, 160(a2)
    ret

finish:
    li t1, 32
1:  lw t2, 160(a2)
    sw t2, 0x10(t0)
    addi a2, a2, 4
    addi t0, t0, 4
    addi t1, t1, -1
    bnez t1, 1b
    li a0, 1                    # write
    li a1, ram
    li a2, size
    li a7, 64
    ecall
    li a0, 0                    # exit_group
    li a7, 94
    ecall

    .align 2
alternate:
    .word stack, 0, stack_size
action:
    .word handler, 0x08000004, 0, 0   # SA_ONSTACK | SA_SIGINFO
signals:
    .byte 4, 5, 7, 11, 0        # SIGILL, SIGTRAP, SIGBUS, SIGSEGV
