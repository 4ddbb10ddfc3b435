# A console driven by interrupts alone: the UART raises a line, the PLIC hands it to the hart, and the handler claims it, takes what has
# arrived, echoes it in upper case, and completes it. Between two keys the guest sleeps. A full stop ends it.
#
# Try it live:      vmsim run guests/asm/echo.s
# or as a replay:   vmsim run guests/asm/echo.s --input guests/asm/echo.input
    .equ UART, 0x10000000
    .equ UART_IER, 1            # interrupt enable: bit 0, data has arrived
    .equ UART_LSR, 5            # line status: bit 0, there is data
    .equ UART_SOURCE, 10        # the UART's number at the PLIC
    .equ PLIC, 0x0c000000
    .equ PLIC_ENABLE, 0x0c002080        # context 1: hart 0's kernel
    .equ PLIC_THRESHOLD, 0x0c201000
    .equ PLIC_CLAIM, 0x0c201004
    .equ POWER, 0x00100000
    .equ SEIE, 1 << 9

    .text
    .globl _start
_start:
    la   t0, handler
    csrw stvec, t0
    la   a0, text_ready
    call print

    li   t0, PLIC               # three gates stand between a device and the hart: its priority at the PLIC is not 0,
    li   t1, 1
    sw   t1, UART_SOURCE * 4(t0)
    li   t0, PLIC_ENABLE        # its source is enabled for this context,
    li   t1, 1 << UART_SOURCE
    sw   t1, 0(t0)
    li   t0, PLIC_THRESHOLD     # and its priority is above the context's threshold.
    sw   zero, 0(t0)
    li   t0, UART
    li   t1, 1
    sb   t1, UART_IER(t0)       # The device itself must want to,
    li   t1, SEIE
    csrs sie, t1                # and the hart must listen.
    csrsi sstatus, 2
1:  wfi
    j    1b

    .align 2
handler:                        # nothing else is going on, so every register is free
    csrr t0, scause
    li   t1, 0x80000009         # an external interrupt
    bne  t0, t1, unexpected
    li   s0, PLIC_CLAIM
    lw   s1, 0(s0)              # which device? The claim also takes its line down at the PLIC
    li   t0, UART_SOURCE
    bne  s1, t0, unexpected
    li   t0, UART
1:  lbu  t1, UART_LSR(t0)
    andi t1, t1, 1
    beqz t1, 3f
    lbu  t1, 0(t0)
    li   t2, '.'
    beq  t1, t2, finish
    li   t2, 'a'
    bltu t1, t2, 2f
    li   t2, 'z'
    bgtu t1, t2, 2f
    addi t1, t1, 'A' - 'a'
2:  sb   t1, 0(t0)
    j    1b
3:  sw   s1, 0(s0)              # complete: from now on it may interrupt again
    sret

finish:
    sw   s1, 0(s0)
    la   a0, text_finished
    call print
    li   t0, POWER
    li   t1, 0x5555
    sw   t1, 0(t0)
1:  j    1b

unexpected:
    li   t0, POWER
    li   t1, 0x13333            # ends with code 1
    sw   t1, 0(t0)
1:  j    1b

print:                          # a0: text
    li   t0, UART
1:  lbu  t1, 0(a0)
    beqz t1, 2f
    sb   t1, 0(t0)
    addi a0, a0, 1
    j    1b
2:  ret

    .section .rodata
text_ready:    .asciz "type; a full stop ends\n"
text_finished: .asciz "\nfinished\n"
