/* The minikernel: every part's interface on one page, in the order in which a machine comes up.
   One hart, so a critical section is a stretch with interrupts off; the kernel itself is never preempted: a process gives
   the processor away only in sleep_on(), yield() and exit_process(). */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "platform.h"

#define PAGE_SIZE 4096u
#define RAM_BASE 0x80000000u
#define USER_BASE 0x40000000u /* programs start here, ... */
#define USER_TOP 0x80000000u  /* ... and their stack ends here */
#define USER_STACK_LIMIT (64 * PAGE_SIZE)
#define PROCESSES 128

/* text.c: memory, strings, messages */
void* memset(void* to, int byte, size_t count);
void* memcpy(void* to, const void* from, size_t count);
int text_equal(const char* a, const char* b);
void text_copy(char* to, const char* from, size_t room);
void print(const char* format, ...); /* %d %u %x %s %c */
void panic(const char* format, ...) __attribute__((noreturn));

/* device_tree.c */
uint32_t memory_bytes(const void* device_tree);

/* memory.c: pages of physical memory, counted references */
void memory_start(uint32_t bytes);
void* page_new(void); /* zeroed, one reference; null when memory is used up */
void page_share(void* page);
void page_drop(void* page);
int page_shared(const void* page);

/* paging.c: address spaces. The kernel is mapped in all of them, at its physical addresses, out of users' reach. */
typedef uint32_t pte_t;
void paging_start(void);
pte_t* space_new(void);
pte_t* space_copy(pte_t* space); /* copy on write */
void space_free(pte_t* space);
int space_map(pte_t* space, uint32_t address, void* page, uint32_t permissions); /* PTE_READ | ... */
int space_fault(pte_t* space, uint32_t address, int is_store, uint32_t break_end); /* 0: mended, go on */
/* The kernel's own address of a user byte, made present (and private, to write); null where the user may not. */
void* user_byte(uint32_t address, int to_write);
int copy_in(void* to, uint32_t from, size_t count);   /* 0, or -1 where the user may not read */
int copy_out(uint32_t to, const void* from, size_t count);
int copy_in_text(char* to, uint32_t from, size_t room);

/* trap.c */
struct frame { /* what a trap saves; entry.S knows the order */
  uint32_t x[32]; /* x[0] holds pc */
  uint32_t status;
};
void traps_start(void);
void trap(struct frame* frame);
void timer_interrupt(void);   /* a tick has passed */
void device_interrupts(void); /* the interrupt controller has something */
extern volatile uint32_t ticks; /* since the start, TICKS_A_SECOND of them */

/* process.c */
enum state { UNUSED, RUNNABLE, SLEEPING, ZOMBIE };
struct context { /* what switch_context saves */
  uint32_t ra, sp, s[12];
};
struct process {
  int pid;
  enum state state;
  const void* channel; /* what it sleeps on */
  struct process* parent;
  pte_t* space;
  uint32_t break_end; /* end of its data; grows by sbrk */
  void* kernel_stack;
  struct frame* frame; /* at the top of the kernel stack */
  struct context context;
  struct file* files[OPEN_FILES];
  uint32_t directory; /* inode */
  int killed, ignores_keyboard, exit_code;
  char name[NAME_LENGTH];
};
extern struct process* current;
void processes_start(void) __attribute__((noreturn));
uint32_t space_number(const struct process* process); /* its address space's, for use_space */
int fork_process(void);
void exit_process(int code) __attribute__((noreturn));
int wait_process(uint32_t code_address);
int kill_process(int pid);
void kill_from_keyboard(void);
void sleep_on(const void* channel); /* with interrupts off, which makes check-then-sleep one act */
void wake_up(const void* channel);
void yield(void);
int is_directory_of_a_process(uint32_t inode);
int list_processes(uint32_t to, uint32_t count);

/* control.c */
int control_machines(uint32_t what, uint32_t number, uint32_t address);

/* program.c */
int exec_program(const char* path, uint32_t arguments);

/* file.c: open files; pipes */
struct file;
struct file* file_console(void);
struct file* file_share(struct file* file);
void file_close(struct file* file);
int file_read(struct file* file, uint32_t to, uint32_t count);
int file_write(struct file* file, uint32_t from, uint32_t count);
struct file* file_open(const char* path, uint32_t flags, int* error);
int file_pipe(struct file* ends[2]);
int inode_in_use(uint32_t inode); /* somebody has it open, or is in that directory */
int file_status(struct file* file, struct status* status);

/* fs.c: the file system. Its calls take one lock, since they wait for the disk half-way. */
void fs_start(void);
int fs_find(const char* path);                      /* inode number, or an error */
int fs_create(const char* path, uint16_t type);     /* the same; an existing file is fine */
int fs_remove(const char* path);
int fs_read(uint32_t inode, uint32_t offset, void* to, uint32_t count); /* bytes, or an error */
int fs_write(uint32_t inode, uint32_t offset, const void* from, uint32_t count);
int fs_truncate(uint32_t inode);
int fs_status(uint32_t inode, struct status* status);

/* disk.c: a virtio block device */
void disk_start(void);
void disk_transfer(uint32_t block, void* page, int is_write);
void disk_interrupt(void);
uint32_t disk_interrupt_source(void);

/* console.c */
void console_start(void);
void console_interrupt(void);
int console_read(uint32_t to, uint32_t count); /* a line */

/* board.c: declared in platform.h */

/* syscall.c */
void system_call(struct frame* frame);

/* entry.S, and the platform's trap.S */
void switch_context(struct context* from, struct context* to);
void trap_entry(void);
void trap_return(void);

#endif
