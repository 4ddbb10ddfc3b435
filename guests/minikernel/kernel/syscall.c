/* System calls: from a number and three words to the kernel's own functions. What a user passes is never trusted: addresses go
   through copy_in and copy_out, file numbers through file_of. */
#include "kernel.h"

static struct file* file_of(uint32_t number) { return number < OPEN_FILES ? current->files[number] : 0; }

/* The lowest free file number gets `file`; where there is none, the file is closed again. */
static int install(struct file* file) {
  for (int i = 0; i < OPEN_FILES; ++i)
    if (current->files[i] == 0) {
      current->files[i] = file;
      return i;
    }
  file_close(file);
  return TOO_MANY;
}

static int close_number(uint32_t number) {
  struct file* file = file_of(number);
  if (file == 0) return BAD_FILE;
  current->files[number] = 0;
  file_close(file);
  return 0;
}

static int open_path(const char* path, uint32_t flags) {
  int error;
  struct file* file = file_open(path, flags, &error);
  return file != 0 ? install(file) : error;
}

static int make_pipe(uint32_t to) {
  struct file* ends[2];
  int error = file_pipe(ends);
  if (error != 0) return error;
  int numbers[2] = {install(ends[0]), -1};
  numbers[1] = install(ends[1]);
  error = numbers[0] < 0 || numbers[1] < 0 ? TOO_MANY : copy_out(to, numbers, sizeof numbers);
  for (int i = 0; i < 2; ++i)
    if (error != 0 && numbers[i] >= 0) close_number((uint32_t)numbers[i]);
  return error;
}

static int duplicate(uint32_t number, uint32_t to) {
  struct file* file = file_of(number);
  if (file == 0 || to >= OPEN_FILES) return BAD_FILE;
  if (to == number) return (int)to;
  file_share(file);
  if (current->files[to] != 0) close_number(to);
  current->files[to] = file;
  return (int)to;
}

static int grow(int bytes) {
  const uint32_t before = current->break_end, after = before + (uint32_t)bytes;
  if (bytes < 0 || after < before || after > USER_TOP - USER_STACK_LIMIT) return NO_MEMORY;
  current->break_end = after; /* pages come when they are touched */
  return (int)before;
}

static int sleep_for(uint32_t count) {
  const uint32_t start = ticks;
  interrupts_off();
  while (ticks - start < count && !current->killed) sleep_on((const void*)&ticks);
  interrupts_on();
  return current->killed ? INTERRUPTED : 0;
}

static int status_of(uint32_t number, uint32_t to) {
  struct status status;
  struct file* file = file_of(number);
  if (file == 0) return BAD_FILE;
  const int error = file_status(file, &status);
  return error != 0 ? error : copy_out(to, &status, sizeof status);
}

static int change_directory(const char* path) {
  struct status status;
  const int inode = fs_find(path);
  if (inode < 0) return inode;
  fs_status((uint32_t)inode, &status);
  if (status.type != TYPE_DIRECTORY) return NOT_A_DIRECTORY;
  current->directory = (uint32_t)inode;
  return 0;
}

static int call(uint32_t number, const uint32_t a[3]) {
  char path[PATH_LENGTH];
  struct file* file;
  int error;
  switch (number) { /* those that take a path */
    case SYS_EXEC:
    case SYS_OPEN:
    case SYS_MKDIR:
    case SYS_UNLINK:
    case SYS_CHDIR:
      error = copy_in_text(path, a[0], sizeof path);
      if (error != 0) return error;
      break;
    default: break;
  }
  switch (number) {
    case SYS_EXIT: exit_process((int)a[0]);
    case SYS_FORK: return fork_process();
    case SYS_EXEC: return exec_program(path, a[1]);
    case SYS_WAIT: return wait_process(a[0]);
    case SYS_KILL: return kill_process((int)a[0]);
    case SYS_GETPID: return current->pid;
    case SYS_SBRK: return grow((int)a[0]);
    case SYS_SLEEP: return sleep_for(a[0]);
    case SYS_TICKS: return (int)(ticks & 0x7FFFFFFF);
    case SYS_OPEN: return open_path(path, a[1]);
    case SYS_CLOSE: return close_number(a[0]);
    case SYS_READ: return (file = file_of(a[0])) != 0 ? file_read(file, a[1], a[2] & 0x7FFFFFFF) : BAD_FILE;
    case SYS_WRITE: return (file = file_of(a[0])) != 0 ? file_write(file, a[1], a[2] & 0x7FFFFFFF) : BAD_FILE;
    case SYS_PIPE: return make_pipe(a[0]);
    case SYS_DUP: return duplicate(a[0], a[1]);
    case SYS_STATUS: return status_of(a[0], a[1]);
    case SYS_MKDIR: return (error = fs_create(path, TYPE_DIRECTORY)) < 0 ? error : 0;
    case SYS_UNLINK: return fs_remove(path);
    case SYS_CHDIR: return change_directory(path);
    case SYS_PROCESSES: return list_processes(a[0], a[1]);
    case SYS_KEYBOARD: return current->ignores_keyboard = a[0] == 0, 0;
    case SYS_SHUTDOWN: machine_off((int)(a[0] & 0xFF));
    case SYS_MACHINES: return control_machines(a[0], a[1], a[2]);
    default: return BAD_CALL;
  }
}

void system_call(struct frame* frame) {
  const uint32_t arguments[3] = {frame->x[10], frame->x[11], frame->x[12]};
  frame->x[10] = (uint32_t)call(frame->x[17], arguments);
}
