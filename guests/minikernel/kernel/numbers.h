/* System call numbers, for C and assembly alike: in a7, arguments in a0 to a2, result in a0 (negative: an error). */
#ifndef NUMBERS_H
#define NUMBERS_H

#define SYS_EXIT 1
#define SYS_FORK 2
#define SYS_EXEC 3
#define SYS_WAIT 4
#define SYS_KILL 5
#define SYS_GETPID 6
#define SYS_SBRK 7
#define SYS_SLEEP 8
#define SYS_TICKS 9
#define SYS_OPEN 10
#define SYS_CLOSE 11
#define SYS_READ 12
#define SYS_WRITE 13
#define SYS_PIPE 14
#define SYS_DUP 15
#define SYS_STATUS 16
#define SYS_MKDIR 17
#define SYS_UNLINK 18
#define SYS_CHDIR 19
#define SYS_PROCESSES 20
#define SYS_KEYBOARD 21
#define SYS_SHUTDOWN 22
#define SYS_MACHINES 23

#endif
