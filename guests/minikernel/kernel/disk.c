/* The disk: a virtio block device behind virtio-mmio in the modern layout (virtio 1.1, sections 2.6, 4.2 and 5.2). One request at a time:
   header, data, status. The process that asked sleeps until the device interrupts. */
#include "kernel.h"

#define SLOTS 8u
#define SECTORS_A_BLOCK (BLOCK_SIZE / 512)

enum { MAGIC = 0, VERSION = 1, DEVICE = 2, DRIVER_FEATURES = 8, DRIVER_FEATURES_SELECT = 9, QUEUE_SELECT = 12, QUEUE_SIZE = 14, QUEUE_READY = 17,
       QUEUE_NOTIFY = 20, INTERRUPT_STATUS = 24, INTERRUPT_ACKNOWLEDGE = 25, STATUS = 28, QUEUE_DESCRIPTORS = 32, QUEUE_AVAILABLE = 36, QUEUE_USED = 40 };
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { NEXT = 1, DEVICE_WRITES = 2 };
enum { READ = 0, WRITE = 1 };
#define QUEUE_ENTRIES 4u

struct descriptor {
  uint32_t address, address_high, length;
  uint16_t flags, next;
};
static struct {
  struct descriptor descriptors[QUEUE_ENTRIES];
  struct {
    uint16_t flags, index, ring[QUEUE_ENTRIES];
  } available;
  struct {
    uint16_t flags, index;
    struct {
      uint32_t id, length;
    } ring[QUEUE_ENTRIES];
  } used __attribute__((aligned(4)));
} queue __attribute__((aligned(16)));

static volatile uint32_t* device;
static uint32_t source;
static struct {
  uint32_t type, reserved, sector, sector_high;
} header;
static volatile uint8_t status;
static volatile int busy, done;

void disk_start(void) {
  for (uint32_t slot = 0; slot < SLOTS; ++slot) {
    volatile uint32_t* at = (volatile uint32_t*)(0x10001000 + slot * 0x1000);
    if (at[MAGIC] != 0x74726976 || at[DEVICE] != 2) continue;
    device = at;
    source = slot + 1;
    break;
  }
  if (device == 0) panic("no disk; give the machine one with --disk");
  if (device[VERSION] != 2) panic("the disk has the legacy layout; this kernel drives the modern one");
  device[STATUS] = 0;
  device[STATUS] = ACKNOWLEDGE | DRIVER;
  device[DRIVER_FEATURES_SELECT] = 1;
  device[DRIVER_FEATURES] = 1; /* VIRTIO_F_VERSION_1 */
  device[DRIVER_FEATURES_SELECT] = 0;
  device[DRIVER_FEATURES] = 0;
  device[STATUS] = ACKNOWLEDGE | DRIVER | FEATURES_OK;
  device[QUEUE_SELECT] = 0;
  device[QUEUE_SIZE] = QUEUE_ENTRIES;
  device[QUEUE_DESCRIPTORS] = (uint32_t)queue.descriptors;
  device[QUEUE_AVAILABLE] = (uint32_t)&queue.available;
  device[QUEUE_USED] = (uint32_t)&queue.used;
  device[QUEUE_READY] = 1;
  device[STATUS] = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;
  device_interrupt_enable(source);
}

uint32_t disk_interrupt_source(void) { return source; }

void disk_interrupt(void) {
  device[INTERRUPT_ACKNOWLEDGE] = device[INTERRUPT_STATUS];
  done = queue.used.index == queue.available.index;
  wake_up(&queue);
}

void disk_transfer(uint32_t block, void* page, int is_write) {
  interrupts_off();
  while (busy) sleep_on(&queue);
  busy = 1;
  done = 0;
  header.type = is_write ? WRITE : READ;
  header.sector = block * SECTORS_A_BLOCK;
  queue.descriptors[0] = (struct descriptor){(uint32_t)&header, 0, sizeof header, NEXT, 1};
  queue.descriptors[1] = (struct descriptor){(uint32_t)page, 0, BLOCK_SIZE, (uint16_t)(NEXT | (is_write ? 0 : DEVICE_WRITES)), 2};
  queue.descriptors[2] = (struct descriptor){(uint32_t)&status, 0, 1, DEVICE_WRITES, 0};
  queue.available.ring[queue.available.index % QUEUE_ENTRIES] = 0;
  __asm__ volatile("fence" ::: "memory");
  ++queue.available.index;
  __asm__ volatile("fence" ::: "memory");
  device[QUEUE_NOTIFY] = 0;
  while (!done) sleep_on(&queue);
  if (status != 0) panic("the disk cannot %s block %u", is_write ? "write" : "read", block);
  busy = 0;
  wake_up(&queue);
  interrupts_on();
}
