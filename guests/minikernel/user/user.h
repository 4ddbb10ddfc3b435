/* What programs of the minikernel are written with. */
#ifndef USER_H
#define USER_H

#include "../kernel/abi.h"

/* System calls; results below zero are errors (error_text names them). */
void exit(int code) __attribute__((noreturn));
int fork(void);
int exec(const char* path, char* const arguments[]); /* the list ends with 0 */
int wait(int* code);
int kill(int pid);
int getpid(void);
void* sbrk(int bytes);
int sleep(uint32_t ticks);
uint32_t ticks(void);
int open(const char* path, uint32_t flags);
int close(int file);
int read(int file, void* to, uint32_t count);
int write(int file, const void* from, uint32_t count);
int pipe(int ends[2]); /* read from ends[0] what was written to ends[1] */
int dup(int file, int to);
int status(int file, struct status* to);
int mkdir(const char* path);
int unlink(const char* path);
int chdir(const char* path);
int processes(struct process_status* to, uint32_t count);
int keyboard(int kills); /* does ^C kill this program? */
void shutdown(int code) __attribute__((noreturn));
int machines(uint32_t what, uint32_t number, void* at); /* MACHINES_LIST, ... */

/* user.c */
uint32_t length_of(const char* text);
int text_equal(const char* a, const char* b);
int number_of(const char* text);
void print(int file, const char* format, ...); /* %d %u %x %s %c */
const char* error_text(int error);
int read_line(int file, char* to, uint32_t room); /* without its end; -1 at the end of the file */
void copy_file(int from, int to);
void* memset(void* to, int byte, uint32_t count);
void* memcpy(void* to, const void* from, uint32_t count);

#endif
