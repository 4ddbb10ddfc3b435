# Trap entry and return on the machine itself.
# sscratch holds the top of the running process's kernel stack while user code runs, and 0 while the kernel does.

#define FRAME 144               /* struct frame: 32 registers (x0's place holds pc), sstatus; a multiple of 16 */

    .text
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw sp, sscratch, sp      # a kernel stack, or 0 where we are on one already
    bnez sp, 1f
    csrr sp, sscratch
1:  addi sp, sp, -FRAME
    sw   x1, 4(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw   x\n, 4*\n(sp)
    .endr
    csrrw t0, sscratch, zero    # the stack pointer that was interrupted
    csrr t1, sepc
    csrr t2, sstatus
    sw   t0, 8(sp)
    sw   t1, 0(sp)
    sw   t2, 128(sp)
    mv   a0, sp
    call trap

    .globl trap_return
trap_return:                    # sp: the frame to go back to; interrupts are off
    lw   t1, 0(sp)
    lw   t2, 128(sp)
    csrw sepc, t1
    csrw sstatus, t2
    andi t2, t2, 0x100          # SPP: to the kernel?
    bnez t2, 1f
    addi t0, sp, FRAME
    csrw sscratch, t0
1:  lw   x1, 4(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw   x\n, 4*\n(sp)
    .endr
    lw   sp, 8(sp)
    sret
