/* Processes: a table, a scheduler that takes turns, fork, exit, wait, kill, and sleeping until something happens.
   Everything here runs with interrupts off where an interrupt could look at the same fields. */
#include "kernel.h"

static struct process table[PROCESSES];
static int last_pid;
static struct process boot; /* where the first switch comes from */
struct process* current = &boot;

#define STACK_GUARD 0x6B726E6Cu

uint32_t space_number(const struct process* p) { return 1 + (uint32_t)(p - table); }

static struct process* next_runnable(void) {
  const struct process* const end = table + PROCESSES;
  struct process* p = current == &boot ? table : current;
  for (int i = 0; i < PROCESSES; ++i) {
    if (++p == end) p = table;
    if (p->state == RUNNABLE) return p;
  }
  return 0;
}

/* Gives the processor to the next process that can run; waits for one where there is none. Interrupts are off. */
static void schedule(void) {
  struct process* next;
  while ((next = next_runnable()) == 0) {
    wait_for_interrupt();
    interrupts_on(); /* let it in */
    interrupts_off();
  }
  if (next == current) return;
  struct process* before = current;
  if (before->kernel_stack != 0 && *(uint32_t*)before->kernel_stack != STACK_GUARD) panic("%s: kernel stack overflow", before->name);
  current = next;
  use_space(next->space, space_number(next));
  switch_context(&before->context, &next->context);
}

void yield(void) {
  const int were_on = interrupts_off();
  schedule();
  interrupts_restore(were_on);
}

void sleep_on(const void* channel) {
  current->channel = channel;
  current->state = SLEEPING;
  schedule();
}

void wake_up(const void* channel) {
  const int were_on = interrupts_off();
  for (struct process* p = table; p < table + PROCESSES; ++p)
    if (p->state == SLEEPING && p->channel == channel) p->state = RUNNABLE;
  interrupts_restore(were_on);
}

static struct process* new_process(void) {
  for (struct process* p = table; p < table + PROCESSES; ++p) {
    if (p->state != UNUSED) continue;
    memset(p, 0, sizeof *p);
    p->kernel_stack = page_new();
    if (p->kernel_stack == 0) return 0;
    *(uint32_t*)p->kernel_stack = STACK_GUARD;
    p->frame = (struct frame*)((uint32_t)p->kernel_stack + PAGE_SIZE - 144); /* as entry.S lays it out */
    p->pid = ++last_pid;
    forget_space(space_number(p)); /* who was here before */
    p->context.ra = (uint32_t)trap_return;
    p->context.sp = (uint32_t)p->frame;
    return p;
  }
  return 0;
}

int fork_process(void) {
  const int were_on = interrupts_off();
  struct process* child = new_process();
  if (child == 0 || (child->space = space_copy(current->space)) == 0) {
    if (child != 0) page_drop(child->kernel_stack);
    interrupts_restore(were_on);
    return child == 0 ? TOO_MANY : NO_MEMORY;
  }
  *child->frame = *current->frame;
  child->frame->x[10] = 0;
  child->parent = current;
  child->break_end = current->break_end;
  child->directory = current->directory;
  child->ignores_keyboard = current->ignores_keyboard;
  text_copy(child->name, current->name, sizeof child->name);
  for (int i = 0; i < OPEN_FILES; ++i)
    if (current->files[i] != 0) child->files[i] = file_share(current->files[i]);
  child->state = RUNNABLE;
  interrupts_restore(were_on);
  return child->pid;
}

void exit_process(int code) {
  if (current->pid == 1) panic("the first process has ended with code %d", code);
  interrupts_on(); /* closing may wait */
  for (int i = 0; i < OPEN_FILES; ++i)
    if (current->files[i] != 0) file_close(current->files[i]);
  interrupts_off();
  for (struct process* p = table; p < table + PROCESSES; ++p)
    if (p->parent == current) p->parent = &table[0]; /* the first process collects orphans */
  wake_up(&table[0]);
  wake_up(current->parent);
  current->exit_code = code;
  current->state = ZOMBIE;
  schedule();
  panic("a process went on after its end");
}

int wait_process(uint32_t code_address) {
  const int were_on = interrupts_off();
  for (;;) {
    int children = 0;
    for (struct process* p = table; p < table + PROCESSES; ++p) {
      if (p->state == UNUSED || p->parent != current) continue;
      ++children;
      if (p->state != ZOMBIE) continue;
      const int pid = p->pid, code = p->exit_code;
      space_free(p->space);
      page_drop(p->kernel_stack);
      p->state = UNUSED;
      interrupts_restore(were_on);
      return code_address != 0 && copy_out(code_address, &code, sizeof code) != 0 ? BAD_ADDRESS : pid;
    }
    if (children == 0 || current->killed) {
      interrupts_restore(were_on);
      return children == 0 ? NO_CHILD : INTERRUPTED;
    }
    sleep_on(current);
  }
}

static void kill_one(struct process* p) {
  p->killed = 1;
  if (p->state == SLEEPING) p->state = RUNNABLE; /* every sleeper looks at `killed` when it wakes */
}

int kill_process(int pid) {
  const int were_on = interrupts_off();
  int result = NO_CHILD;
  for (struct process* p = table + 1; p < table + PROCESSES; ++p)
    if (p->pid == pid && (p->state == RUNNABLE || p->state == SLEEPING)) kill_one(p), result = 0;
  interrupts_restore(were_on);
  return result;
}

void kill_from_keyboard(void) {
  for (struct process* p = table + 1; p < table + PROCESSES; ++p)
    if ((p->state == RUNNABLE || p->state == SLEEPING) && !p->ignores_keyboard) kill_one(p);
}

int is_directory_of_a_process(uint32_t inode) {
  for (const struct process* p = table; p < table + PROCESSES; ++p)
    if (p->state != UNUSED && p->state != ZOMBIE && p->directory == inode) return 1;
  return 0;
}

int list_processes(uint32_t to, uint32_t count) {
  uint32_t n = 0;
  for (const struct process* p = table; p < table + PROCESSES && n < count; ++p) {
    if (p->state == UNUSED) continue;
    struct process_status s = {p->pid, p->parent != 0 ? p->parent->pid : 0, (int32_t)p->state, (p->break_end - USER_BASE) / PAGE_SIZE, {0}};
    text_copy(s.name, p->name, sizeof s.name);
    if (copy_out(to + n++ * sizeof s, &s, sizeof s) != 0) return BAD_ADDRESS;
  }
  return (int)n;
}

/* The first process begins in the kernel: it starts the file system, which may wait for the disk, and becomes /init. */
static void first_process(void) {
  interrupts_on();
  disk_start();
  fs_start();
  current->directory = ROOT_INODE;
  for (int i = 0; i < 3; ++i) current->files[i] = file_console();
  if (exec_program("/init", 0) < 0) panic("cannot run /init");
  interrupts_off();
  __asm__ volatile("mv sp, %0\n\tj trap_return" ::"r"(current->frame) : "memory");
  __builtin_unreachable();
}

void processes_start(void) {
  struct process* first = new_process();
  if (first == 0 || (first->space = space_new()) == 0) panic("no memory for the first process");
  first->context.ra = (uint32_t)first_process;
  first->state = RUNNABLE;
  schedule();
  panic("nothing to run");
}
