# Two tasks that never give the processor up, and a kernel that takes it away: on every timer tick the handler saves the registers of
# the one and loads those of the other. It is the smallest preemptive kernel there is.
#
# A task is its saved state: 31 registers and a pc, 128 bytes. While a task runs, sscratch points to its state.
    .equ UART, 0x10000000
    .equ POWER, 0x00100000
    .equ TICKS, 12              # how many, before the kernel powers off
    .equ SLICE, 30              # timer ticks (100 steps each) that a task may run

    .text
    .globl _start
_start:
    la   t0, handler
    csrw stvec, t0

    la   t0, task_a             # each task starts at its own entry, with its own letter in a0
    la   t1, task
    sw   t1, 0(t0)
    li   t1, 'a'
    sw   t1, 4 * 10(t0)
    la   t2, task_b
    la   t1, task
    sw   t1, 0(t2)
    li   t1, 'b'
    sw   t1, 4 * 10(t2)

    rdtime t1
    addi t1, t1, SLICE
    csrw stimecmp, t1           # the timer interrupts as soon as time ≥ stimecmp
    csrw stimecmph, zero
    li   t1, 1 << 5             # STIE
    csrw sie, t1

    csrw sscratch, t0           # task a is the current one
    li   t1, 1 << 8             # SPP: sret goes to user mode, where interrupts are always on
    csrc sstatus, t1
    la   t1, task
    csrw sepc, t1
    li   a0, 'a'
    sret

# Both tasks run this, in user mode. It counts, and now and then says who it is; nothing in it mentions the other task.
task:
    li   t0, UART
1:  li   t1, 400
2:  addi t1, t1, -1
    bnez t1, 2b
    sb   a0, 0(t0)
    addi s0, s0, 1              # a register that must survive all the switches
    j    1b

    .align 2
handler:
    csrrw a0, sscratch, a0      # swap: a0 points to the current task's state, sscratch keeps its a0
    sw   x1, 4(a0)
    sw   x2, 8(a0)
    sw   x3, 12(a0)
    sw   x4, 16(a0)
    sw   x5, 20(a0)
    sw   x6, 24(a0)
    sw   x7, 28(a0)
    sw   x8, 32(a0)
    sw   x9, 36(a0)
    sw   x11, 44(a0)
    sw   x12, 48(a0)
    sw   x13, 52(a0)
    sw   x14, 56(a0)
    sw   x15, 60(a0)
    sw   x16, 64(a0)
    sw   x17, 68(a0)
    sw   x18, 72(a0)
    sw   x19, 76(a0)
    sw   x20, 80(a0)
    sw   x21, 84(a0)
    sw   x22, 88(a0)
    sw   x23, 92(a0)
    sw   x24, 96(a0)
    sw   x25, 100(a0)
    sw   x26, 104(a0)
    sw   x27, 108(a0)
    sw   x28, 112(a0)
    sw   x29, 116(a0)
    sw   x30, 120(a0)
    sw   x31, 124(a0)
    csrr t0, sscratch
    sw   t0, 40(a0)             # its a0
    csrr t0, sepc
    sw   t0, 0(a0)              # its pc

    li   t0, UART               # a mark between two slices
    li   t1, '|'
    sb   t1, 0(t0)
    rdtime t1                   # the next tick
    addi t1, t1, SLICE
    csrw stimecmp, t1

    la   t0, ticks
    lw   t1, 0(t0)
    addi t1, t1, 1
    sw   t1, 0(t0)
    li   t2, TICKS
    beq  t1, t2, finish

    la   t0, task_a             # a or b: whichever it was not
    la   t1, task_b
    bne  a0, t1, 1f
    mv   t1, t0
1:  mv   a0, t1
    lw   t0, 0(a0)
    csrw sepc, t0
    csrw sscratch, a0
    lw   x1, 4(a0)
    lw   x2, 8(a0)
    lw   x3, 12(a0)
    lw   x4, 16(a0)
    lw   x5, 20(a0)
    lw   x6, 24(a0)
    lw   x7, 28(a0)
    lw   x8, 32(a0)
    lw   x9, 36(a0)
    lw   x11, 44(a0)
    lw   x12, 48(a0)
    lw   x13, 52(a0)
    lw   x14, 56(a0)
    lw   x15, 60(a0)
    lw   x16, 64(a0)
    lw   x17, 68(a0)
    lw   x18, 72(a0)
    lw   x19, 76(a0)
    lw   x20, 80(a0)
    lw   x21, 84(a0)
    lw   x22, 88(a0)
    lw   x23, 92(a0)
    lw   x24, 96(a0)
    lw   x25, 100(a0)
    lw   x26, 104(a0)
    lw   x27, 108(a0)
    lw   x28, 112(a0)
    lw   x29, 116(a0)
    lw   x30, 120(a0)
    lw   x31, 124(a0)
    lw   x10, 40(a0)            # a0 last: it was the pointer
    sret                        # SPP is 0, since the trap came from user mode

finish:
    la   t0, task_a             # s0 of each task: the letters that it printed, as it counted them itself
    lw   t1, 4 * 8(t0)
    la   t0, task_b
    lw   t2, 4 * 8(t0)
    la   a0, text_unfair
    sub  t1, t1, t2             # a few letters of difference come from where the slices happen to end
    addi t1, t1, 5
    li   t2, 10
    bgtu t1, t2, 1f
    la   a0, text_fair
1:  li   t0, UART
2:  lbu  t1, 0(a0)
    beqz t1, 3f
    sb   t1, 0(t0)
    addi a0, a0, 1
    j    2b
3:  li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
4:  j    4b

    .section .rodata
text_fair:   .asciz "\nboth tasks got their share\n"
text_unfair: .asciz "\none task got more than its share\n"

    .bss
    .align 2
task_a: .space 128              # pc, then x1 to x31
task_b: .space 128
ticks:  .space 4
