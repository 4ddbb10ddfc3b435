# Trap entry and return for a kernel that calls its monitor: one call tells all about the trap, one goes back to the program, where the native
# kernel makes six and four accesses to control registers, each of them an exit under a monitor.
# The shared page is mapped at the top of the address space, within reach of x0 and a negative offset; its last words are ours.
#include "calls.h"

#define FRAME 144               /* struct frame: 32 registers (x0's place holds pc), sstatus; a multiple of 16 */

    .text
    .balign 4
    .globl trap_entry
trap_entry:                     # always from user mode: this kernel keeps interrupts off in hardware and asks the page
    sw   sp, PAGE_SAVED_SP(zero)
    lw   sp, PAGE_KERNEL_STACK(zero)
    addi sp, sp, -FRAME
    sw   x1, 4(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw   x\n, 4*\n(sp)
    .endr
    lw   t0, PAGE_SAVED_SP(zero)
    sw   t0, 8(sp)
    sw   zero, PAGE_ENABLED(zero)
    mv   a0, sp
    li   a6, CALL_TRAP_TAKEN
    li   a7, PARAVIRT
    ecall                       # pc and sstatus into the frame; a0: cause, a1: value
    sw   a0, PAGE_CAUSE(zero)
    sw   a1, PAGE_VALUE(zero)
    mv   a0, sp
    call trap

    .globl trap_return
trap_return:                    # sp: the frame to go back to
    addi t0, sp, FRAME
    sw   t0, PAGE_KERNEL_STACK(zero)
    li   t0, 1
    sw   t0, PAGE_ENABLED(zero)
    lw   t0, PAGE_PENDING(zero) # came while we were not to be interrupted: deal with it first
    bnez t0, 1f
    mv   a0, sp
    li   a6, CALL_RESUME
    li   a7, PARAVIRT
    ecall
1:  sw   zero, PAGE_ENABLED(zero)
    call platform_events
    j    trap_return
