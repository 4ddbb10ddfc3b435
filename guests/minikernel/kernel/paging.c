/* Address spaces: Sv32 page tables. Each has the kernel's part, the same everywhere, made of 4 MiB pages that users cannot reach;
   users' pages lie between USER_BASE and USER_TOP. fork shares pages read-only and copies one when it is written to. */
#include "kernel.h"

#define ENTRIES 1024u
#define SUPERPAGE (4u << 20)
#define ALWAYS (PTE_VALID | PTE_ACCESSED | PTE_DIRTY) /* this machine never sets A and D itself */

static pte_t* kernel_space;

static void* page_of(pte_t entry) { return (void*)(entry >> 10 << 12); }
static pte_t entry_for(const void* page, uint32_t bits) { return (uint32_t)page >> 12 << 10 | bits; }

static void map_kernel(uint32_t from, uint32_t bytes, uint32_t permissions) {
  for (uint32_t at = from / SUPERPAGE; at <= (from + bytes - 1) / SUPERPAGE; ++at)
    kernel_space[at] = entry_for((void*)(at * SUPERPAGE), permissions | PTE_GLOBAL | ALWAYS);
}

void paging_start(void) {
  kernel_space = page_new();
  map_kernel(RAM_BASE, 0x40000000, PTE_READ | PTE_WRITE | PTE_EXECUTE);
  map_kernel(0x00100000, PAGE_SIZE, PTE_READ | PTE_WRITE);  /* power */
  map_kernel(0x0C000000, SUPERPAGE, PTE_READ | PTE_WRITE);  /* PLIC */
  map_kernel(0x10000000, SUPERPAGE, PTE_READ | PTE_WRITE);  /* UART, virtio */
  if (platform_page() != 0) {
    pte_t* table = page_new();
    kernel_space[ENTRIES - 1] = entry_for(table, PTE_VALID);
    table[ENTRIES - 1] = entry_for(platform_page(), PTE_READ | PTE_WRITE | PTE_GLOBAL | ALWAYS);
  }
  use_space(kernel_space, 0);
}

pte_t* space_new(void) {
  pte_t* space = page_new();
  if (space != 0) memcpy(space, kernel_space, PAGE_SIZE);
  return space;
}

static int is_user_address(uint32_t address) { return address >= USER_BASE && address < USER_TOP; }

/* The entry for a user's page; with `make`, its table is made where there is none. Null where there is none then. */
static pte_t* entry_of(pte_t* space, uint32_t address, int make) {
  pte_t* upper = &space[address / SUPERPAGE];
  if (*upper == 0) {
    void* table = make ? page_new() : 0;
    if (table == 0) return 0;
    page_table_set(upper, entry_for(table, PTE_VALID), address);
    page_table_commit();
  }
  return (pte_t*)page_of(*upper) + address / PAGE_SIZE % ENTRIES;
}

int space_map(pte_t* space, uint32_t address, void* page, uint32_t permissions) {
  pte_t* entry = entry_of(space, address, 1);
  if (entry == 0) return NO_MEMORY;
  page_table_set(entry, entry_for(page, permissions | PTE_USER | ALWAYS), address);
  page_table_commit();
  return 0;
}

/* Calls visit for every user page table of a space, with the address that its first entry maps. */
static void each_table(pte_t* space, int (*visit)(void* context, pte_t* table, uint32_t address), void* context) {
  for (uint32_t i = USER_BASE / SUPERPAGE; i < USER_TOP / SUPERPAGE; ++i)
    if (space[i] != 0 && visit(context, page_of(space[i]), i * SUPERPAGE) != 0) return;
}

static int copy_table(void* context, pte_t* table, uint32_t address) {
  pte_t** copy = context;
  for (uint32_t i = 0; i < ENTRIES; ++i) {
    if (table[i] == 0) continue;
    pte_t* to = entry_of(*copy, address + i * PAGE_SIZE, 1);
    if (to == 0) {
      space_free(*copy);
      *copy = 0;
      return 1;
    }
    pte_t shared = table[i];
    if (shared & (PTE_WRITE | PTE_COPY)) {
      shared = (shared & ~(pte_t)PTE_WRITE) | PTE_COPY;
      page_table_set(&table[i], shared, address + i * PAGE_SIZE);
    }
    page_share(page_of(shared));
    page_table_set(to, shared, address + i * PAGE_SIZE);
  }
  return 0;
}

pte_t* space_copy(pte_t* space) {
  pte_t* copy = space_new();
  if (copy != 0) each_table(space, copy_table, &copy);
  page_table_commit();
  return copy;
}

static int free_table(void* context, pte_t* table, uint32_t address) {
  (void)context, (void)address;
  for (uint32_t i = 0; i < ENTRIES; ++i)
    if (table[i] != 0) page_drop(page_of(table[i]));
  page_drop(table);
  return 0;
}

void space_free(pte_t* space) {
  page_table_commit(); /* nothing may still be on its way into these tables */
  each_table(space, free_table, 0);
  page_drop(space);
}

int space_fault(pte_t* space, uint32_t address, int is_store, uint32_t break_end) {
  if (!is_user_address(address)) return BAD_ADDRESS;
  pte_t* entry = entry_of(space, address, 0);
  if (entry == 0 || *entry == 0) { /* data and stack are made when they are first used */
    const int is_data = address < break_end, is_stack = address >= USER_TOP - USER_STACK_LIMIT;
    if (!is_data && !is_stack) return BAD_ADDRESS;
    void* page = page_new();
    if (page == 0) return NO_MEMORY;
    const int error = space_map(space, address, page, PTE_READ | PTE_WRITE);
    if (error != 0) page_drop(page);
    return error;
  }
  if (!is_store || (*entry & PTE_COPY) == 0) return BAD_ADDRESS;
  void* shared = page_of(*entry);
  void* own = shared;
  if (page_shared(shared)) {
    own = page_new();
    if (own == 0) return NO_MEMORY;
    memcpy(own, shared, PAGE_SIZE);
    page_drop(shared);
  }
  page_table_set(entry, entry_for(own, PTE_READ | PTE_WRITE | PTE_USER | ALWAYS | (*entry & PTE_EXECUTE)), address);
  page_table_commit();
  return 0;
}

void* user_byte(uint32_t address, int to_write) {
  for (int tries = 0; tries < 2; ++tries) {
    if (!is_user_address(address)) return 0;
    const pte_t* entry = entry_of(current->space, address, 0);
    if (entry != 0 && *entry & (to_write ? PTE_WRITE : PTE_READ)) return (uint8_t*)page_of(*entry) + address % PAGE_SIZE;
    if (space_fault(current->space, address, to_write, current->break_end) != 0) return 0;
  }
  return 0;
}

/* Moves bytes page by page; `out` says which way. */
static int copy_user(uint32_t user, uint8_t* kernel, size_t count, int out) {
  while (count != 0) {
    size_t part = PAGE_SIZE - user % PAGE_SIZE;
    if (part > count) part = count;
    void* at = user_byte(user, out);
    if (at == 0) return BAD_ADDRESS;
    if (out) memcpy(at, kernel, part);
    else memcpy(kernel, at, part);
    user += part, kernel += part, count -= part;
  }
  return 0;
}

int copy_in(void* to, uint32_t from, size_t count) { return copy_user(from, to, count, 0); }
int copy_out(uint32_t to, const void* from, size_t count) { return copy_user(to, (void*)from, count, 1); }

int copy_in_text(char* to, uint32_t from, size_t room) {
  for (; room != 0; --room) {
    const char* c = user_byte(from++, 0);
    if (c == 0) return BAD_ADDRESS;
    if ((*to++ = *c) == 0) return 0;
  }
  return TOO_MANY;
}
