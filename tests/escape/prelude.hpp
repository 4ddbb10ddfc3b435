// What every attacking guest begins with: a trap handler that ends the run with 64 + cause, page tables, a way to user mode, a disk.
#pragma once

namespace vmsim::escape {

// Memory: 0x80000000 to 0x805fffff. Page tables: identity for the first 4 MiB and for the devices; 0x40000000 to 0x403fffff through
// `low`, whose entries an attack writes.
inline constexpr const char* prelude = R"(
        .equ end, 0x80600000
        .equ root, 0x80310000
        .equ low, 0x80311000
        .equ window, 0x40000000
        .equ descriptors, 0x80320000
        .equ available, 0x80321000
        .equ used, 0x80322000
        .equ header, 0x80323000
        .equ status, 0x80323800
        .equ buffer, 0x80324000
        .equ disk, 0x10001000
        .equ uart, 0x10000000
        .equ plic, 0x0c000000
        .equ power, 0x00100000
_start: la t0, handler
        csrw stvec, t0
        li sp, 0x80380000
        j attack

        .align 2
handler: csrr a0, scause
        addi a0, a0, 64
off:    slli a0, a0, 16             # ends the run with code a0
        li t1, 0x3333
        or a0, a0, t1
        li t1, power
        sw a0, 0(t1)

paging_on: li t0, root
        li t1, 0x000000c7           # power
        sw t1, 0(t0)
        li t1, 0x030000c7           # PLIC
        sw t1, 192(t0)
        li t1, 0x040000c7           # UART, disk
        sw t1, 256(t0)
        li t1, 0x200c4401           # low
        sw t1, 1024(t0)
        li t1, 0x200000cf           # memory
        li t2, 2048
        add t0, t0, t2
        sw t1, 0(t0)
        li t1, 0x80080310
        csrw satp, t1
        sfence.vma
        ret

# Maps the page of a0 and the next at window + 0x10000 for user mode, and goes there.
enter_user: li t0, low
        srli t1, a0, 12
        slli t1, t1, 10
        ori t1, t1, 0x5b            # A U X R V
        sw t1, 64(t0)
        addi t1, t1, 1024
        sw t1, 68(t0)
        slli t1, a0, 20
        srli t1, t1, 20
        li t2, 0x40010000
        add t1, t1, t2
        csrw sepc, t1
        li t2, 0x100
        csrc sstatus, t2
        sfence.vma
        sret

# A queue with a0 descriptors, and the driver's status.
disk_on: li t0, disk
        sw zero, 0x70(t0)
        li t1, 3
        sw t1, 0x70(t0)
        sw zero, 0x30(t0)
        sw a0, 0x38(t0)
        li t1, descriptors
        sw t1, 0x80(t0)
        li t1, available
        sw t1, 0x90(t0)
        li t1, used
        sw t1, 0xa0(t0)
        li t1, 1
        sw t1, 0x44(t0)
        li t1, 15
        sw t1, 0x70(t0)
        ret

# The first request in the ring: type a0, sector a2:a1, buffer a4:a3 of a5 bytes.
request: li t0, header
        sw a0, 0(t0)
        sw zero, 4(t0)
        sw a1, 8(t0)
        sw a2, 12(t0)
        li t0, descriptors
        li t1, header
        sw t1, 0(t0)
        sw zero, 4(t0)
        li t1, 16
        sw t1, 8(t0)
        li t1, 0x00010001           # next: 1
        sw t1, 12(t0)
        sw a3, 16(t0)
        sw a4, 20(t0)
        sw a5, 24(t0)
        li t1, 0x00020003           # next: 2, for the device to write
        beqz a0, 1f
        li t1, 0x00020001
1:      sw t1, 28(t0)
        li t1, status
        sw t1, 32(t0)
        sw zero, 36(t0)
        li t1, 1
        sw t1, 40(t0)
        li t1, 2
        sw t1, 44(t0)
        li t0, available
        li t1, 0x00010000           # index 1
        sw t1, 0(t0)
        sw zero, 4(t0)
        ret

# Notifies, waits, and ends the run with how it went.
go:     li t0, disk
        sw zero, 0x50(t0)
        li t2, 4000
1:      lw t1, 0x70(t0)
        andi t1, t1, 0x40
        li a0, 110
        bnez t1, off
        li t1, used
        lhu t1, 2(t1)
        bnez t1, 2f
        addi t2, t2, -1
        bnez t2, 1b
        li a0, 120
        j off
2:      li t1, status
        lbu a0, 0(t1)
        addi a0, a0, 100
        j off

# Reads sector 0 into the buffer, as an attack's request begins.
harmless: mv s11, ra
        li a0, 8
        call disk_on
        li a0, 0
        li a1, 0
        li a2, 0
        li a3, buffer
        li a4, 0
        li a5, 512
        call request
        mv ra, s11
        ret

attack:
)";

}  // namespace vmsim::escape
