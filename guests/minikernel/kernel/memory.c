/* Pages of physical memory. A page is in use while somebody refers to it; fork shares pages, so references are counted.
   A page that was never used is taken from the end of what is; one that came back goes on a list, so start-up touches nothing. */
#include "kernel.h"

struct free_page {
  struct free_page* next;
};

extern char kernel_end[];
static struct free_page* returned;
static uint32_t never_used, end;
static uint16_t* references; /* by page number from RAM_BASE */

static uint16_t* references_of(const void* page) { return &references[((uint32_t)page - RAM_BASE) / PAGE_SIZE]; }

void memory_start(uint32_t bytes) {
  const uint32_t table = (bytes / PAGE_SIZE * 2 + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
  references = (uint16_t*)kernel_end;
  memset(references, 0, table);
  never_used = (uint32_t)kernel_end + table;
  end = RAM_BASE + bytes;
  if (never_used > end) panic("%u KiB of memory are too little", bytes / 1024);
}

void* page_new(void) {
  const int were_on = interrupts_off();
  void* page = 0;
  if (returned != 0) {
    page = returned;
    returned = returned->next;
  } else if (never_used < end) {
    page = (void*)never_used;
    never_used += PAGE_SIZE;
  }
  if (page != 0) *references_of(page) = 1;
  interrupts_restore(were_on);
  if (page != 0) memset(page, 0, PAGE_SIZE);
  return page;
}

void page_share(void* page) { ++*references_of(page); }
int page_shared(const void* page) { return *references_of(page) > 1; }

void page_drop(void* page) {
  const int were_on = interrupts_off();
  if (--*references_of(page) == 0) {
    struct free_page* free = page;
    free->next = returned;
    returned = free;
  }
  interrupts_restore(were_on);
}
