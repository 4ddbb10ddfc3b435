# A program's first instructions, and its system calls: number in a7, then ecall.
#include "../kernel/numbers.h"

    .globl _start
_start:                         # a0: argc, a1: argv
    call main
    call exit

    .macro system_call name, number
    .globl \name
\name:
    li a7, \number
    ecall
    ret
    .endm

    system_call exit, SYS_EXIT
    system_call fork, SYS_FORK
    system_call exec, SYS_EXEC
    system_call wait, SYS_WAIT
    system_call kill, SYS_KILL
    system_call getpid, SYS_GETPID
    system_call sbrk, SYS_SBRK
    system_call sleep, SYS_SLEEP
    system_call ticks, SYS_TICKS
    system_call open, SYS_OPEN
    system_call close, SYS_CLOSE
    system_call read, SYS_READ
    system_call write, SYS_WRITE
    system_call pipe, SYS_PIPE
    system_call dup, SYS_DUP
    system_call status, SYS_STATUS
    system_call mkdir, SYS_MKDIR
    system_call unlink, SYS_UNLINK
    system_call chdir, SYS_CHDIR
    system_call processes, SYS_PROCESSES
    system_call keyboard, SYS_KEYBOARD
    system_call shutdown, SYS_SHUTDOWN
    system_call machines, SYS_MACHINES
