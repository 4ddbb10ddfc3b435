# Start-up, and the switch between two kernel stacks. How traps come and go is the platform's (trap.S).

    .section .text.start
    .globl _start
_start:                         # a0: hart id, a1: device tree
    la   sp, boot_stack_top
    la   t0, bss_start
    la   t1, bss_end
1:  sw   zero, 0(t0)
    addi t0, t0, 4
    bltu t0, t1, 1b
    mv   a0, a1
    j    kernel_main

    .text
    .globl switch_context
switch_context:                 # a0: where to save, a1: what to restore
    sw   ra, 0(a0)
    sw   sp, 4(a0)
    lw   ra, 0(a1)
    lw   sp, 4(a1)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sw   s\n, 8+4*\n(a0)
    lw   s\n, 8+4*\n(a1)
    .endr
    ret
