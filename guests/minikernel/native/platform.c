/* The machine itself: control registers, UART, PLIC, timer, power. */
#include "../kernel/kernel.h"

#define SSTATUS_SIE 2u
#define SIE_TIMER (1u << 5)
#define SIE_DEVICE (1u << 9)

static volatile uint8_t* const uart = (volatile uint8_t*)0x10000000;

#define csr_read(name) ({ uint32_t v_; __asm__ volatile("csrr %0, " #name : "=r"(v_)); v_; })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")

uint32_t* platform_page(void) { return 0; }

void platform_start(void) {
  csr_write(stvec, (uint32_t)trap_entry);
  csr_write(sscratch, 0);
  csr_write(sie, SIE_TIMER | SIE_DEVICE);
  uart[1] = 1; /* an interrupt for every byte received */
  device_interrupt_enable(CONSOLE_SOURCE);
}

int interrupts_off(void) {
  uint32_t before;
  __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(before)::"memory");
  return (before & SSTATUS_SIE) != 0;
}
void interrupts_on(void) { __asm__ volatile("csrsi sstatus, 2" ::: "memory"); }
void interrupts_restore(int were_on) {
  if (were_on) interrupts_on();
}
void wait_for_interrupt(void) { __asm__ volatile("wfi" ::: "memory"); }

static int valid_entry_changed;

void page_table_set(uint32_t* entry, uint32_t value, uint32_t address) {
  (void)address;
  valid_entry_changed |= *entry & PTE_VALID;
  *entry = value;
}
void page_table_commit(void) {
  if (valid_entry_changed) __asm__ volatile("sfence.vma" ::: "memory");
  valid_entry_changed = 0;
}
void use_space(uint32_t* root, uint32_t number) { csr_write(satp, 1u << 31 | number << 22 | (uint32_t)root >> 12); }
void forget_space(uint32_t number) { __asm__ volatile("sfence.vma zero, %0" ::"r"(number) : "memory"); }

void console_put(const char* text, uint32_t count) {
  for (; count != 0; --count) *uart = (uint8_t)*text++;
}
int console_get(void) { return uart[5] & 1 ? *uart : -1; }

void timer_in(uint32_t units) {
  uint32_t high, low;
  do {
    high = csr_read(timeh);
    low = csr_read(time);
  } while (high != csr_read(timeh));
  const uint32_t at = low + units;
  csr_write(stimecmph, ~0u); /* never early half-way */
  csr_write(stimecmp, at);
  csr_write(stimecmph, high + (at < low));
}

struct trap_cause trap_cause(void) { return (struct trap_cause){csr_read(scause), csr_read(stval)}; }

void deal_with_interrupt(uint32_t cause) {
  if (cause == CAUSE_TIMER) timer_interrupt();
  else device_interrupts();
}
