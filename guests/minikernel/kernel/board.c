/* The two devices that are the same on every platform: the interrupt controller, and the power switch. */
#include "kernel.h"

static volatile uint32_t* const plic_priority = (volatile uint32_t*)0x0C000000;
static volatile uint32_t* const plic_enable = (volatile uint32_t*)0x0C002080;
static volatile uint32_t* const plic_claim = (volatile uint32_t*)0x0C201004;
static volatile uint32_t* const power = (volatile uint32_t*)0x00100000;

uint32_t device_interrupt_claim(void) { return *plic_claim; }
void device_interrupt_done(uint32_t source) { *plic_claim = source; }
void device_interrupt_enable(uint32_t source) {
  plic_priority[source] = 1;
  *plic_enable |= 1u << source;
}

void machine_off(int code) {
  *power = code == 0 ? 0x5555 : 0x3333 | (uint32_t)code << 16;
  for (;;) wait_for_interrupt();
}
