/* The seam between the kernel and what it runs on: everything that touches a control register, a page-table entry that the hardware
   may be using, the console or the clock. ../native/ speaks to the machine, ../paravirt/ to a monitor or a firmware that answers its calls. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdint.h>

void platform_start(void);
uint32_t* platform_page(void); /* a page to be mapped for the kernel alone at the top of every address space; or null */

/* The interrupt flag. interrupts_off returns whether they were on, for interrupts_restore. */
int interrupts_off(void);
void interrupts_on(void);
void interrupts_restore(int were_on);
void wait_for_interrupt(void); /* with interrupts off: returns when one is pending */

/* Changes to page tables are gathered and take effect together, at page_table_commit at the latest. */
void page_table_set(uint32_t* entry, uint32_t value, uint32_t address); /* address: the first one it maps */
void page_table_commit(void);
/* The address space from now on. `number` (0 to 511) stands for it in the hardware's memory of translations, until forget_space. */
void use_space(uint32_t* root, uint32_t number);
void forget_space(uint32_t number);

void console_put(const char* text, uint32_t count);
int console_get(void); /* a typed byte, or -1 */

void timer_in(uint32_t units); /* of 100 ns */

/* Why a trap was taken. */
struct trap_cause {
  uint32_t cause, value;
};
struct trap_cause trap_cause(void);
void deal_with_interrupt(uint32_t cause); /* calls timer_interrupt and its like, for all that has happened */

#define CONSOLE_SOURCE 10u
/* Interrupts from devices: the next one that waits, 0 for none; and that it is dealt with. */
uint32_t device_interrupt_claim(void);
void device_interrupt_done(uint32_t source);
void device_interrupt_enable(uint32_t source);

void machine_off(int code) __attribute__((noreturn));

enum { /* page-table entries */
  PTE_VALID = 1, PTE_READ = 2, PTE_WRITE = 4, PTE_EXECUTE = 8, PTE_USER = 16, PTE_GLOBAL = 32, PTE_ACCESSED = 64, PTE_DIRTY = 128,
  PTE_COPY = 256, /* the kernel's own bit: copy this page before it is written to */
};
enum { /* causes */
  CAUSE_INTERRUPT = 1u << 31, CAUSE_TIMER = CAUSE_INTERRUPT | 5, CAUSE_DEVICE = CAUSE_INTERRUPT | 9,
  CAUSE_ILLEGAL = 2, CAUSE_BREAKPOINT = 3, CAUSE_LOAD_MISALIGNED = 4, CAUSE_LOAD_ACCESS = 5, CAUSE_STORE_MISALIGNED = 6,
  CAUSE_STORE_ACCESS = 7, CAUSE_SYSTEM_CALL = 8, CAUSE_FETCH_PAGE = 12, CAUSE_LOAD_PAGE = 13, CAUSE_STORE_PAGE = 15,
};

#endif
