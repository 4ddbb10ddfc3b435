/* The file system: a superblock, a bitmap, inodes, blocks of 4096 bytes; a small cache that writes through. One lock covers it all, since
   its calls wait for the disk half-way: simple, and a good exercise to refine. abi.h has the layout. */
#include "kernel.h"

#define CACHED 32

static int locked;
static struct superblock super;
static struct cached {
  uint32_t block; /* 0: nothing */
  uint32_t used;  /* when, by a count of uses */
  uint8_t* bytes;
} cache[CACHED];
static uint32_t uses;

static void lock(void) {
  interrupts_off();
  while (locked) sleep_on(&locked);
  locked = 1;
  interrupts_on();
}
static void unlock(void) {
  locked = 0;
  wake_up(&locked);
}

/* The cached bytes of a block; they stay until the next call. */
static uint8_t* block_bytes(uint32_t block) {
  struct cached* oldest = cache;
  for (struct cached* c = cache; c < cache + CACHED; ++c) {
    if (c->block == block && c->bytes != 0) {
      c->used = ++uses;
      return c->bytes;
    }
    if (c->used < oldest->used) oldest = c;
  }
  if (oldest->bytes == 0 && (oldest->bytes = page_new()) == 0) panic("no memory for the disk's cache");
  disk_transfer(block, oldest->bytes, 0);
  oldest->block = block;
  oldest->used = ++uses;
  return oldest->bytes;
}
static void write_block(uint32_t block, const uint8_t* bytes) { disk_transfer(block, (void*)bytes, 1); }

static struct inode read_inode(uint32_t number) {
  return ((struct inode*)block_bytes(INODE_BLOCK + number / INODES_A_BLOCK))[number % INODES_A_BLOCK];
}
static void write_inode(uint32_t number, const struct inode* inode) {
  const uint32_t block = INODE_BLOCK + number / INODES_A_BLOCK;
  uint8_t* bytes = block_bytes(block);
  ((struct inode*)bytes)[number % INODES_A_BLOCK] = *inode;
  write_block(block, bytes);
}

/* A free block, zeroed; 0 where the disk is full. */
static uint32_t new_block(void) {
  uint8_t* bitmap = block_bytes(BITMAP_BLOCK);
  for (uint32_t b = super.first_data_block; b < super.blocks; ++b) {
    if (bitmap[b / 8] & 1 << b % 8) continue;
    bitmap[b / 8] |= (uint8_t)(1 << b % 8);
    write_block(BITMAP_BLOCK, bitmap);
    uint8_t* bytes = block_bytes(b);
    memset(bytes, 0, BLOCK_SIZE);
    write_block(b, bytes);
    return b;
  }
  return 0;
}
static void free_block(uint32_t block) {
  if (block == 0) return;
  uint8_t* bitmap = block_bytes(BITMAP_BLOCK);
  bitmap[block / 8] &= (uint8_t)~(1 << block % 8);
  write_block(BITMAP_BLOCK, bitmap);
}

/* The disk block behind a file's nth; made where there is none and `make`; 0 where there is none then. May change the inode. */
static uint32_t block_of(struct inode* inode, uint32_t n, int make) {
  if (n < DIRECT_BLOCKS) {
    if (inode->direct[n] == 0 && make) inode->direct[n] = new_block();
    return inode->direct[n];
  }
  if (inode->indirect == 0 && make) inode->indirect = new_block();
  if (inode->indirect == 0) return 0;
  const uint32_t at = n - DIRECT_BLOCKS;
  uint32_t block = ((uint32_t*)block_bytes(inode->indirect))[at];
  if (block != 0 || !make || (block = new_block()) == 0) return block;
  uint8_t* table = block_bytes(inode->indirect);
  ((uint32_t*)table)[at] = block;
  write_block(inode->indirect, table);
  return block;
}

static int read_bytes(uint32_t number, uint32_t offset, uint8_t* to, uint32_t count) {
  struct inode inode = read_inode(number);
  if (offset >= inode.size) return 0;
  if (count > inode.size - offset) count = inode.size - offset;
  for (uint32_t done = 0; done < count;) {
    const uint32_t at = offset + done, within = at % BLOCK_SIZE;
    const uint32_t part = count - done < BLOCK_SIZE - within ? count - done : BLOCK_SIZE - within;
    const uint32_t block = block_of(&inode, at / BLOCK_SIZE, 0);
    if (block == 0) memset(to + done, 0, part); /* a hole */
    else memcpy(to + done, block_bytes(block) + within, part);
    done += part;
  }
  return (int)count;
}

static int write_bytes(uint32_t number, uint32_t offset, const uint8_t* from, uint32_t count) {
  struct inode inode = read_inode(number);
  if (offset > LARGEST_FILE || count > LARGEST_FILE - offset) return DISK_FULL;
  int result = (int)count;
  uint32_t done = 0;
  while (done < count) {
    const uint32_t at = offset + done, within = at % BLOCK_SIZE;
    const uint32_t part = count - done < BLOCK_SIZE - within ? count - done : BLOCK_SIZE - within;
    const uint32_t block = block_of(&inode, at / BLOCK_SIZE, 1);
    if (block == 0) {
      result = DISK_FULL;
      break;
    }
    uint8_t* bytes = block_bytes(block);
    memcpy(bytes + within, from + done, part);
    write_block(block, bytes);
    done += part;
  }
  if (offset + done > inode.size) inode.size = offset + done;
  write_inode(number, &inode);
  return result;
}

static void truncate_inode(uint32_t number) {
  struct inode inode = read_inode(number);
  for (uint32_t i = 0; i < DIRECT_BLOCKS; ++i) free_block(inode.direct[i]);
  for (uint32_t i = 0; inode.indirect != 0 && i < BLOCKS_A_BLOCK; ++i) free_block(((uint32_t*)block_bytes(inode.indirect))[i]);
  free_block(inode.indirect);
  memset(inode.direct, 0, sizeof inode.direct);
  inode.indirect = inode.size = 0;
  write_inode(number, &inode);
}

/* A name's place in a directory: its offset and inode. With an empty name, a free place. */
static int look_up(uint32_t directory, const char* name, uint32_t* offset, uint32_t* inode) {
  struct entry entry;
  for (*offset = 0; read_bytes(directory, *offset, (uint8_t*)&entry, sizeof entry) == (int)sizeof entry; *offset += sizeof entry) {
    if (*name == 0 ? entry.inode != 0 : entry.inode == 0 || !text_equal(entry.name, name)) continue;
    *inode = entry.inode;
    return 0;
  }
  return NO_SUCH_FILE;
}

/* Walks a path to its last part, which is left in `name`; gives the directory that it is in. */
static int walk(const char* path, char name[NAME_LENGTH]) {
  uint32_t directory = *path == '/' ? ROOT_INODE : current->directory, offset;
  name[0] = 0;
  for (;;) {
    while (*path == '/') ++path;
    if (*path == 0) return (int)directory;
    if (name[0] != 0 && look_up(directory, name, &offset, &directory) != 0) return NO_SUCH_FILE;
    if (read_inode(directory).type != TYPE_DIRECTORY) return NOT_A_DIRECTORY;
    uint32_t length = 0;
    for (; *path != 0 && *path != '/'; ++path) {
      if (length == NAME_LENGTH - 1) return TOO_MANY;
      name[length++] = *path;
    }
    name[length] = 0;
  }
}

static int find(const char* path) {
  char name[NAME_LENGTH];
  uint32_t offset, inode;
  const int directory = walk(path, name);
  if (directory < 0 || name[0] == 0) return directory;
  return look_up((uint32_t)directory, name, &offset, &inode) == 0 ? (int)inode : NO_SUCH_FILE;
}

static int add_entry(uint32_t directory, const char* name, uint32_t inode) {
  struct entry entry = {.inode = inode};
  uint32_t offset, ignored;
  text_copy(entry.name, name, sizeof entry.name);
  look_up(directory, "", &offset, &ignored); /* leaves the end where nothing is free */
  const int written = write_bytes(directory, offset, (const uint8_t*)&entry, sizeof entry);
  return written < 0 ? written : 0;
}

static int create(const char* path, uint16_t type) {
  char name[NAME_LENGTH];
  uint32_t offset, number;
  const int directory = walk(path, name);
  if (directory < 0) return directory;
  if (name[0] == 0 || look_up((uint32_t)directory, name, &offset, &number) == 0) return type == TYPE_FILE ? find(path) : NOT_EMPTY;
  for (number = ROOT_INODE + 1; number < super.inodes; ++number)
    if (read_inode(number).type == TYPE_FREE) break;
  if (number == super.inodes) return DISK_FULL;
  const struct inode fresh = {.type = type, .links = 1};
  write_inode(number, &fresh);
  int error = add_entry((uint32_t)directory, name, number);
  if (error == 0 && type == TYPE_DIRECTORY && ((error = add_entry(number, ".", number)) == 0)) error = add_entry(number, "..", (uint32_t)directory);
  return error != 0 ? error : (int)number;
}

static int is_empty(uint32_t directory) {
  struct entry entry;
  for (uint32_t at = 2 * sizeof entry; read_bytes(directory, at, (uint8_t*)&entry, sizeof entry) == (int)sizeof entry; at += sizeof entry)
    if (entry.inode != 0) return 0;
  return 1;
}

static int remove_entry(const char* path) {
  char name[NAME_LENGTH];
  uint32_t offset, number;
  const int directory = walk(path, name);
  if (directory < 0) return directory;
  if (name[0] == 0 || text_equal(name, ".") || text_equal(name, "..")) return NOT_EMPTY;
  if (look_up((uint32_t)directory, name, &offset, &number) != 0) return NO_SUCH_FILE;
  if (read_inode(number).type == TYPE_DIRECTORY && !is_empty(number)) return NOT_EMPTY;
  if (inode_in_use(number)) return IN_USE;
  const struct entry gone = {0};
  write_bytes((uint32_t)directory, offset, (const uint8_t*)&gone, sizeof gone);
  truncate_inode(number);
  const struct inode free = {0};
  write_inode(number, &free);
  return 0;
}

void fs_start(void) {
  memcpy(&super, block_bytes(0), sizeof super);
  if (super.magic != FS_MAGIC) panic("the disk holds no file system of this kernel's");
}

#define WITH_LOCK(expression) \
  lock();                     \
  const int result = (expression); \
  unlock();                   \
  return result

int fs_find(const char* path) { WITH_LOCK(find(path)); }
int fs_create(const char* path, uint16_t type) { WITH_LOCK(create(path, type)); }
int fs_remove(const char* path) { WITH_LOCK(remove_entry(path)); }
int fs_read(uint32_t inode, uint32_t offset, void* to, uint32_t count) { WITH_LOCK(read_bytes(inode, offset, to, count)); }
int fs_write(uint32_t inode, uint32_t offset, const void* from, uint32_t count) { WITH_LOCK(write_bytes(inode, offset, from, count)); }
int fs_truncate(uint32_t inode) { WITH_LOCK((truncate_inode(inode), 0)); }

static int fill_status(uint32_t number, struct status* status) {
  const struct inode inode = read_inode(number);
  *status = (struct status){inode.type, number, inode.size, inode.links};
  return 0;
}
int fs_status(uint32_t inode, struct status* status) { WITH_LOCK(fill_status(inode, status)); }
