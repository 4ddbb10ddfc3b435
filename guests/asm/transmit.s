# Output by interrupts: the UART says when it is ready for the next byte, so the kernel never waits for it. Meanwhile the kernel
# does its real work, and both get done. Compare `print` in hello.s, which simply assumes that the UART is always ready.
    .equ UART, 0x10000000
    .equ UART_IER, 1            # interrupt enable: bit 1, the transmitter is empty
    .equ UART_ISR, 2            # what interrupts; reading it takes "transmitter empty" back
    .equ UART_SOURCE, 10
    .equ PLIC, 0x0c000000
    .equ PLIC_ENABLE, 0x0c002080
    .equ PLIC_THRESHOLD, 0x0c201000
    .equ PLIC_CLAIM, 0x0c201004
    .equ POWER, 0x00100000

    .text
    .globl _start
_start:
    la   t0, handler
    csrw stvec, t0
    la   s0, text               # the next byte to send; the handler moves it
    li   s1, 0                  # set once all is sent
    li   s2, 0                  # interrupts taken
    li   t0, PLIC
    li   t1, 1
    sw   t1, UART_SOURCE * 4(t0)
    li   t0, PLIC_ENABLE
    li   t1, 1 << UART_SOURCE
    sw   t1, 0(t0)
    li   t0, PLIC_THRESHOLD
    sw   zero, 0(t0)
    li   t1, 1 << 9             # SEIE
    csrs sie, t1
    csrsi sstatus, 2
    li   t0, UART
    li   t1, 2
    sb   t1, UART_IER(t0)       # the transmitter is empty: this interrupts at once

    li   s3, 0                  # the real work: 1 + 2 + ... while bytes leave by themselves
    li   s4, 0
1:  addi s3, s3, 1
    add  s4, s4, s3
    beqz s1, 1b

    addi t0, s3, 1              # was it done right? n (n + 1) / 2
    mul  t0, t0, s3
    srli t0, t0, 1
    sub  t0, t0, s4
    la   t1, text_end           # and was there an interrupt for every byte, and one to find the end?
    la   t2, text
    sub  t1, t1, t2
    sub  t1, t1, s2
    or   t0, t0, t1
    snez t0, t0
    li   t1, 0x5555
    beqz t0, 2f
    li   t1, 0x13333            # ends with code 1
2:  li   t0, POWER
    sw   t1, 0(t0)
3:  j    3b

    .align 2
handler:                        # uses t3 to t6 and s0 to s2, which the work above leaves alone
    addi s2, s2, 1
    li   t3, PLIC_CLAIM
    lw   t4, 0(t3)
    li   t5, UART
    lbu  t6, UART_ISR(t5)       # acknowledges it
    lbu  t6, 0(s0)
    beqz t6, 1f
    sb   t6, 0(t5)              # sending it makes the transmitter busy, then empty: the next interrupt
    addi s0, s0, 1
    j    2f
1:  sb   zero, UART_IER(t5)
    li   s1, 1
2:  sw   t4, 0(t3)
    sret

    .section .rodata
text:     .asciz "sent by interrupts, a byte at a time\n"
text_end:
