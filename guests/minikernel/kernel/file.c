/* Open files, shared between the processes that inherited them: the console, files and directories on disk, and pipes. */
#include "kernel.h"

#define FILES 256
#define PIPE_ROOM 1024u

struct pipe {
  uint32_t written, taken; /* bytes in all; the buffer is a ring */
  int readers, writers;
  uint8_t bytes[PIPE_ROOM];
};
struct file {
  uint32_t type; /* TYPE_FREE, or what it is */
  int references;
  uint32_t flags, inode, offset;
  struct pipe* pipe;
};

static struct file table[FILES];

static struct file* new_file(uint32_t type, uint32_t flags) {
  const int were_on = interrupts_off();
  struct file* f = table;
  while (f < table + FILES && f->type != TYPE_FREE) ++f;
  if (f < table + FILES) *f = (struct file){.type = type, .references = 1, .flags = flags};
  interrupts_restore(were_on);
  return f < table + FILES ? f : 0;
}

struct file* file_console(void) { return new_file(TYPE_CONSOLE, OPEN_READ | OPEN_WRITE); }

struct file* file_share(struct file* file) {
  ++file->references;
  return file;
}

void file_close(struct file* file) {
  if (--file->references != 0) return;
  if (file->type == TYPE_PIPE) {
    struct pipe* pipe = file->pipe;
    if (file->flags & OPEN_READ) --pipe->readers;
    else --pipe->writers;
    wake_up(pipe);
    if (pipe->readers + pipe->writers == 0) page_drop(pipe);
  }
  file->type = TYPE_FREE;
}

struct file* file_open(const char* path, uint32_t flags, int* error) {
  int inode = flags & OPEN_CREATE ? fs_create(path, TYPE_FILE) : fs_find(path);
  struct status status;
  if (inode >= 0) fs_status((uint32_t)inode, &status);
  if (inode >= 0 && status.type == TYPE_DIRECTORY && flags & OPEN_WRITE) inode = IS_A_DIRECTORY;
  if (inode >= 0 && flags & OPEN_TRUNCATE) fs_truncate((uint32_t)inode);
  struct file* file = inode >= 0 ? new_file(status.type, flags) : 0;
  *error = inode < 0 ? inode : TOO_MANY;
  if (file == 0) return 0;
  file->inode = (uint32_t)inode;
  return file;
}

int inode_in_use(uint32_t inode) {
  for (const struct file* f = table; f < table + FILES; ++f)
    if ((f->type == TYPE_FILE || f->type == TYPE_DIRECTORY) && f->inode == inode) return 1;
  return is_directory_of_a_process(inode);
}

int file_pipe(struct file* ends[2]) {
  struct pipe* pipe = page_new();
  if (pipe == 0) return NO_MEMORY;
  ends[0] = new_file(TYPE_PIPE, OPEN_READ);
  ends[1] = ends[0] != 0 ? new_file(TYPE_PIPE, OPEN_WRITE) : 0;
  if (ends[1] == 0) {
    if (ends[0] != 0) ends[0]->type = TYPE_FREE;
    page_drop(pipe);
    return TOO_MANY;
  }
  ends[0]->pipe = ends[1]->pipe = pipe;
  pipe->readers = pipe->writers = 1;
  return 0;
}

static int pipe_read(struct pipe* pipe, uint32_t to, uint32_t count) {
  while (pipe->written == pipe->taken) {
    if (pipe->writers == 0) return 0;
    if (current->killed) return INTERRUPTED;
    interrupts_off();
    sleep_on(pipe);
    interrupts_on();
  }
  uint32_t done = 0;
  for (; done < count && pipe->taken != pipe->written; ++done, ++pipe->taken)
    if (copy_out(to + done, &pipe->bytes[pipe->taken % PIPE_ROOM], 1) != 0) return BAD_ADDRESS;
  wake_up(pipe);
  return (int)done;
}

static int pipe_write(struct pipe* pipe, uint32_t from, uint32_t count) {
  for (uint32_t done = 0; done < count; ++done) {
    while (pipe->written - pipe->taken == PIPE_ROOM && pipe->readers != 0) {
      if (current->killed) return INTERRUPTED;
      wake_up(pipe);
      interrupts_off();
      sleep_on(pipe);
      interrupts_on();
    }
    if (pipe->readers == 0) return BROKEN_PIPE;
    if (copy_in(&pipe->bytes[pipe->written % PIPE_ROOM], from + done, 1) != 0) return BAD_ADDRESS;
    ++pipe->written;
  }
  wake_up(pipe);
  return (int)count;
}

/* A file's bytes pass through a page of the kernel's, so that no user page has to stay while the disk is waited for. */
static int disk_read(struct file* file, uint32_t to, uint32_t count) {
  void* page = page_new();
  if (page == 0) return NO_MEMORY;
  int result = 0;
  for (uint32_t done = 0; done < count; result = (int)done) {
    const int got = fs_read(file->inode, file->offset, page, count - done < PAGE_SIZE ? count - done : PAGE_SIZE);
    if (got > 0 && copy_out(to + done, page, (uint32_t)got) != 0) result = BAD_ADDRESS;
    else if (got < 0) result = got;
    if (got <= 0 || result < 0) break;
    file->offset += (uint32_t)got;
    done += (uint32_t)got;
  }
  page_drop(page);
  return result;
}

static int disk_write(struct file* file, uint32_t from, uint32_t count) {
  struct status status;
  void* page = page_new();
  if (page == 0) return NO_MEMORY;
  if (file->flags & OPEN_APPEND) {
    fs_status(file->inode, &status);
    file->offset = status.size;
  }
  int result = 0;
  for (uint32_t done = 0; done < count; result = (int)done) {
    const uint32_t part = count - done < PAGE_SIZE ? count - done : PAGE_SIZE;
    result = copy_in(page, from + done, part);
    if (result == 0) result = fs_write(file->inode, file->offset, page, part);
    if (result < 0) break;
    file->offset += part;
    done += part;
  }
  page_drop(page);
  return result;
}

int file_read(struct file* file, uint32_t to, uint32_t count) {
  if ((file->flags & OPEN_READ) == 0) return BAD_FILE;
  switch (file->type) {
    case TYPE_CONSOLE: return console_read(to, count);
    case TYPE_PIPE: return pipe_read(file->pipe, to, count);
    default: return disk_read(file, to, count);
  }
}

static int console_write(uint32_t from, uint32_t count) {
  char part[64];
  for (uint32_t done = 0; done < count;) {
    const uint32_t n = count - done < sizeof part ? count - done : sizeof part;
    if (copy_in(part, from + done, n) != 0) return BAD_ADDRESS;
    console_put(part, n);
    done += n;
  }
  return (int)count;
}

int file_write(struct file* file, uint32_t from, uint32_t count) {
  if ((file->flags & OPEN_WRITE) == 0) return BAD_FILE;
  switch (file->type) {
    case TYPE_CONSOLE: return console_write(from, count);
    case TYPE_PIPE: return pipe_write(file->pipe, from, count);
    default: return disk_write(file, from, count);
  }
}

int file_status(struct file* file, struct status* status) {
  if (file->type == TYPE_FILE || file->type == TYPE_DIRECTORY) return fs_status(file->inode, status);
  *status = (struct status){.type = file->type};
  return 0;
}
