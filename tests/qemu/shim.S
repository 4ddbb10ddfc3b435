# What stands below the kernel in QEMU: machine mode's set-up, and a loop over the programs that the test put into memory. Each begins with memory
# and registers zero, in supervisor mode, and ends at the firmware call `shutdown`; what it leaves goes out of the serial port.
        .equ memory, 0x80000000
        .equ memory_size, 0x40000
        .equ programs, 0x80200000       # count of items, then each: address, count of words, words; -1 at the end
        .equ serial, 0x10000000
        .equ power, 0x00100000
        .equ clint, 0x02000000
        .equ shutdown, 8
        .equ asked, 0x100               # in place of mcause: it called what this firmware has not

        .globl _start
_start: la t0, trap
        csrw mtvec, t0
        la t0, saved
        csrw mscratch, t0
        li t0, (memory >> 2) | ((memory_size >> 3) - 1)
        csrw pmpaddr0, t0
        li t0, 0x1f                     # that memory, and nothing else
        csrw pmpcfg0, t0
        li t0, 0xb1ff                   # all but the kernel's own calls
        csrw medeleg, t0
        li t0, 0x222
        csrw mideleg, t0
        li t0, 7
        csrw mcounteren, t0
        li t0, 0x80000000
        csrw 0x31a, t0                  # menvcfgh.STCE
        li s0, programs

next:   lw s1, 0(s0)
        addi s0, s0, 4
        li t0, -1
        beq s1, t0, off
        li t0, memory
        li t1, memory + memory_size
1:      sw zero, 0(t0)
        sw zero, 4(t0)
        sw zero, 8(t0)
        sw zero, 12(t0)
        addi t0, t0, 16
        bne t0, t1, 1b
2:      beqz s1, 4f
        lw t0, 0(s0)
        lw t1, 4(s0)
        addi s0, s0, 8
3:      lw t2, 0(s0)
        sw t2, 0(t0)
        addi s0, s0, 4
        addi t0, t0, 4
        addi t1, t1, -1
        bnez t1, 3b
        addi s1, s1, -1
        j 2b
4:      la t0, list
        sw s0, 0(t0)
        csrw satp, zero
        sfence.vma
        fence.i
        csrw stvec, zero
        csrw scounteren, zero
        csrw sscratch, zero
        csrw sepc, zero
        csrw scause, zero
        csrw stval, zero
        csrw mip, zero
        li t0, -1
        csrw 0x15d, t0                  # stimecmp
        csrw 0x14d, t0
        li t0, clint + 0xbff8           # a second at most
        lw t1, 0(t0)
        li t2, 10000000
        add t1, t1, t2
        li t0, clint + 0x4000
        li t2, -1
        sw t2, 4(t0)
        sw t1, 0(t0)
        li t2, clint + 0xbffc
        lw t2, 0(t2)
        sw t2, 4(t0)
        li t0, 0x80
        csrw mie, t0
        li t0, 0x800
        csrw mstatus, t0
        li t0, memory
        csrw mepc, t0
        .irp r, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        li x\r, 0
        .endr
        mret

        .align 2
trap:   csrrw x31, mscratch, x31
        .irp r, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
        sw x\r, 4*\r(x31)
        .endr
        csrrw x1, mscratch, x31
        sw x1, 124(x31)
        csrr s1, mcause
        li t0, 9
        bne s1, t0, told
        li t0, shutdown
        beq a7, t0, told
        li t1, 0
        li t0, 1                        # put a character
        beq a7, t0, back
        li t1, -1
        li t0, 2                        # get one: there is none
        beq a7, t0, back
        li s1, asked
        beqz a7, told
        li t0, 0x10
        beq a7, t0, told
        sw zero, 4*11(x31)              # not supported
        li t1, -2
back:   sw t1, 4*10(x31)
        csrr t0, mepc
        addi t0, t0, 4
        csrw mepc, t0
        .irp r, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
        lw x\r, 4*\r(x31)
        .endr
        lw x31, 124(x31)
        mret

told:   mv a0, s1
        call put
        li s2, 4
1:      la t0, saved
        add t0, t0, s2
        lw a0, 0(t0)
        call put
        addi s2, s2, 4
        li t0, 128
        bne s2, t0, 1b
        .irp r, mepc,sstatus,sie,stvec,scounteren,sscratch,sepc,scause,sip,satp
        csrr a0, \r
        call put
        .endr
        li t0, memory
        li t1, memory + memory_size
        li a0, 0
        li t2, 31
2:      lw t3, 0(t0)                    # sum = sum * 31 + word
        mul a0, a0, t2
        add a0, a0, t3
        addi t0, t0, 4
        bne t0, t1, 2b
        call put
        la t0, list
        lw s0, 0(t0)
        j next

put:    li t0, serial                   # the word a0, low byte first
        li t1, 4
1:      lbu t2, 5(t0)
        andi t2, t2, 0x20
        beqz t2, 1b
        sb a0, 0(t0)
        srli a0, a0, 8
        addi t1, t1, -1
        bnez t1, 1b
        ret

off:    li t0, power
        li t1, 0x5555
        sw t1, 0(t0)
1:      j 1b

        .align 2
list:   .word 0
saved:  .space 128
