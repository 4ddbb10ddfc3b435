# Start-up of a C guest: a stack, a cleared .bss, main(hart, device tree), and power-off with main's result as exit code.
    .section .text.start
    .globl _start
_start:
    la   sp, stack_top
    la   t0, bss_start
    la   t1, bss_end
1:  bgeu t0, t1, 2f
    sw   zero, 0(t0)
    addi t0, t0, 4
    j    1b
2:  call main
    call power_off
