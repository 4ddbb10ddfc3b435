/* A monitor, or a firmware that answers its calls. Interrupts stay off in hardware while the kernel runs; whether it may be interrupted stands in a
   shared page, and what has happened stands there too, so masking, asking for the time and printing are plain stores and loads. */
#include "../kernel/kernel.h"
#include "calls.h"

static uint8_t page[PAGE_SIZE] __attribute__((aligned(4096)));

static volatile uint32_t* word(int from_end) { return (volatile uint32_t*)(page + PAGE_SIZE + from_end); }

/* Gives a0; a1 goes to *value. */
static uint32_t call(uint32_t function, uint32_t first, uint32_t second, uint32_t* value) {
  register uint32_t a0 __asm__("a0") = first;
  register uint32_t a1 __asm__("a1") = second;
  register uint32_t a6 __asm__("a6") = function;
  register uint32_t a7 __asm__("a7") = PARAVIRT;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
  if (value != 0) *value = a1;
  return a0;
}

uint32_t* platform_page(void) { return (uint32_t*)page; }

void platform_start(void) {
  if (call(CALL_SHARE, (uint32_t)page, 0, 0) != 0) {
    /* Nobody answers: say so on the one console that is always there, and go. */
    for (const char* c = "minikernel: built for a paravirtual machine; run it with --technique paravirt, or --paravirt\n"; *c != 0; ++c) {
      register uint32_t a0 __asm__("a0") = (uint8_t)*c;
      register uint32_t a7 __asm__("a7") = 1;
      __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    }
    machine_off(1);
  }
  __asm__ volatile("csrw stvec, %0" ::"r"((uint32_t)trap_entry) : "memory");
  __asm__ volatile("csrw sie, %0" ::"r"(1u << 9) : "memory"); /* events come on the external line */
}

int interrupts_off(void) {
  const int were_on = (int)*word(PAGE_ENABLED);
  *word(PAGE_ENABLED) = 0;
  return were_on;
}
/* Deals with what has happened, with interrupts off. */
void platform_events(void) {
  while (*word(PAGE_PENDING) != 0) {
    uint32_t events;
    call(CALL_ACKNOWLEDGE, *word(PAGE_PENDING), 0, &events);
    if (events & EVENT_TIMER) timer_interrupt();
    if (events & EVENT_CONSOLE) console_interrupt();
    if (events & EVENT_DEVICE) device_interrupts();
  }
}
void interrupts_on(void) {
  for (;;) {
    platform_events();
    *word(PAGE_ENABLED) = 1;
    if (*word(PAGE_PENDING) == 0) return;
    *word(PAGE_ENABLED) = 0;
  }
}
void interrupts_restore(int were_on) {
  if (were_on) interrupts_on();
}
void wait_for_interrupt(void) {
  *word(PAGE_ENABLED) = 1; /* or nothing would end the wait */
  if (*word(PAGE_PENDING) == 0) __asm__ volatile("wfi" ::: "memory");
  *word(PAGE_ENABLED) = 0;
}

struct change {
  uint32_t entry, value, address;
};
#define BATCH 256
static struct change batch[BATCH];
static uint32_t batched;

void page_table_set(uint32_t* entry, uint32_t value, uint32_t address) {
  if (batched == BATCH) page_table_commit();
  batch[batched++] = (struct change){(uint32_t)entry, value, address};
}
void page_table_commit(void) {
  if (batched != 0) call(CALL_PAGE_TABLES, (uint32_t)batch, batched, 0);
  batched = 0;
}
void use_space(uint32_t* root, uint32_t number) { __asm__ volatile("csrw satp, %0" ::"r"(1u << 31 | number << 22 | (uint32_t)root >> 12) : "memory"); }
void forget_space(uint32_t number) { __asm__ volatile("sfence.vma zero, %0" ::"r"(number) : "memory"); }

void console_put(const char* text, uint32_t count) {
  for (; count != 0; --count) {
    const uint32_t at = *word(PAGE_OUTPUT_WRITTEN);
    if (at - *word(PAGE_OUTPUT_TAKEN) == OUTPUT_ROOM) call(CALL_ACKNOWLEDGE, 0, 0, 0); /* any call makes room */
    page[OUTPUT_RING + at % OUTPUT_ROOM] = (uint8_t)*text++;
    *word(PAGE_OUTPUT_WRITTEN) = at + 1;
  }
}
int console_get(void) {
  const uint32_t at = *word(PAGE_INPUT_TAKEN);
  if (at == *word(PAGE_INPUT_WRITTEN)) return -1;
  const int byte = page[INPUT_RING + at % INPUT_ROOM];
  *word(PAGE_INPUT_TAKEN) = at + 1;
  return byte;
}

void timer_in(uint32_t units) {
  const uint32_t low = *word(PAGE_TIME_LOW), at = low + units;
  call(CALL_SET_TIMER, at, *word(PAGE_TIME_HIGH) + (at < low), 0);
}

struct trap_cause trap_cause(void) {
  const uint32_t cause = *word(PAGE_CAUSE);
  return (struct trap_cause){cause, *word(PAGE_VALUE)};
}
void deal_with_interrupt(uint32_t cause) {
  (void)cause; /* the page says what it was */
  platform_events();
}
