/* What kernel, programs and the image maker agree on. */
#ifndef ABI_H
#define ABI_H

#include <stdint.h>

#include "numbers.h"

enum { /* errors */
  BAD_CALL = -1, NO_SUCH_FILE = -2, NO_MEMORY = -3, BAD_ADDRESS = -4, NO_CHILD = -5, BAD_FILE = -6, NOT_A_DIRECTORY = -7,
  IS_A_DIRECTORY = -8, DISK_FULL = -9, NOT_EMPTY = -10, NOT_A_PROGRAM = -11, TOO_MANY = -12, BROKEN_PIPE = -13, INTERRUPTED = -14,
  IN_USE = -15, NOT_ALLOWED = -16, NO_MACHINE = -17,
};

enum { OPEN_READ = 1, OPEN_WRITE = 2, OPEN_CREATE = 4, OPEN_TRUNCATE = 8, OPEN_APPEND = 16 };

#define OPEN_FILES 16
#define NAME_LENGTH 28
#define PATH_LENGTH 128
#define ARGUMENTS 16
#define TICKS_A_SECOND 100

enum { TYPE_FREE, TYPE_FILE, TYPE_DIRECTORY, TYPE_CONSOLE, TYPE_PIPE };
struct status {
  uint32_t type, inode, size, links;
};
struct process_status {
  int32_t pid, parent, state;
  uint32_t pages;
  char name[NAME_LENGTH];
};

/* Other machines on the same host, for the machine that may control them: SYS_MACHINES with one of these, a number and an address. They are
   the calls of docs/control.md, in its order. */
enum {
  MACHINES_LIST,      /* from that number on, at most MACHINES_AT_ONCE, to the address; gives how many */
  MACHINES_TEMPLATE,  /* a template's name, to the address */
  MACHINES_CREATE,    /* from that template, with the name at the address; gives the new machine's number */
  MACHINES_PAUSE, MACHINES_RESUME, MACHINES_DESTROY,
};
#define MACHINE_NAME 32
#define MACHINES_AT_ONCE 64
struct machine {
  char name[MACHINE_NAME];
  uint32_t number, state, memory, weight; /* ready, waiting, paused, not started, ended; KiB */
  uint64_t steps;
  uint32_t is_this, exit_code;
};

/* The disk: blocks of 4096 bytes. Block 0 is the superblock; then the bitmap of blocks, one block; the inodes; the data. */
#define BLOCK_SIZE 4096u
#define FS_MAGIC 0x6D696E69u /* "mini" */
#define BITMAP_BLOCK 1u
#define INODE_BLOCK 2u
#define INODES_A_BLOCK (BLOCK_SIZE / sizeof(struct inode))
#define ROOT_INODE 1u
#define DIRECT_BLOCKS 12u
#define BLOCKS_A_BLOCK (BLOCK_SIZE / 4)
#define LARGEST_FILE ((DIRECT_BLOCKS + BLOCKS_A_BLOCK) * BLOCK_SIZE)

struct superblock {
  uint32_t magic, blocks, inodes, first_data_block;
};
struct inode {
  uint16_t type, links;
  uint32_t size;
  uint32_t direct[DIRECT_BLOCKS];
  uint32_t indirect; /* a block of block numbers */
  uint32_t unused;
};
struct entry { /* of a directory; inode 0 is a free place */
  uint32_t inode;
  char name[NAME_LENGTH];
};

#endif
