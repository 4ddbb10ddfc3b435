/* The control domain: calls on the other machines of the same host, where the host lets this one make them (docs/control.md). What is
   below reads and writes physical memory, so names and lists go through a page of the kernel's. */
#include "kernel.h"

#define CONTROL 0x0900766Du /* the extension; its functions are MACHINES_LIST and so on */

static int error_of(int error) {
  switch (error) {
    case -1: return NO_MEMORY;
    case -3: return NO_MACHINE;
    default: return NOT_ALLOWED; /* the call is not there, or not for this machine */
  }
}

/* Gives the call's value, or an error. */
static int call(uint32_t function, uint32_t first, uint32_t second, uint32_t third) {
  register uint32_t a0 __asm__("a0") = first;
  register uint32_t a1 __asm__("a1") = second;
  register uint32_t a2 __asm__("a2") = third;
  register uint32_t a6 __asm__("a6") = function;
  register uint32_t a7 __asm__("a7") = CONTROL;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
  return a0 == 0 ? (int)a1 : error_of((int)a0);
}

static int with_page(uint32_t what, uint32_t number, uint32_t address, char* page) {
  int result = BAD_CALL;
  switch (what) {
    case MACHINES_LIST:
      result = call(what, (uint32_t)page, MACHINES_AT_ONCE, number);
      if (result > 0 && copy_out(address, page, (uint32_t)result * sizeof(struct machine)) != 0) result = BAD_ADDRESS;
      break;
    case MACHINES_TEMPLATE:
      result = call(what, number, (uint32_t)page, 0);
      if (result == 0 && copy_out(address, page, MACHINE_NAME) != 0) result = BAD_ADDRESS;
      break;
    case MACHINES_CREATE:
      result = copy_in_text(page, address, MACHINE_NAME);
      if (result == 0) result = call(what, number, (uint32_t)page, 0);
      break;
    case MACHINES_PAUSE:
    case MACHINES_RESUME:
    case MACHINES_DESTROY: result = call(what, number, 0, 0); break;
    default: break;
  }
  return result;
}

int control_machines(uint32_t what, uint32_t number, uint32_t address) {
  char* page = page_new();
  if (page == 0) return NO_MEMORY;
  const int result = with_page(what, number, address, page);
  page_drop(page);
  return result;
}
