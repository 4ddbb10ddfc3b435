/* Does what a program may not: crash [read|write|jump|kernel|instruction|break|code|stack]. */
#include "user.h"

static int deeper(uint32_t n) {
  volatile char room[1024];
  room[0] = (char)n;
  return n == 0 ? 0 : deeper(n - 1) + room[0];
}

int main(int count, char** arguments) {
  const char* what = count > 1 ? arguments[1] : "write";
  volatile uint32_t* const nowhere = (volatile uint32_t*)0x50000000;
  if (text_equal(what, "read")) return (int)*nowhere;
  if (text_equal(what, "jump")) ((void (*)(void))nowhere)();
  if (text_equal(what, "kernel")) *(volatile uint32_t*)0x80200000 = 0;
  if (text_equal(what, "instruction")) __asm__ volatile("csrr a0, sstatus" ::: "a0");
  if (text_equal(what, "break")) __asm__ volatile("ebreak");
  if (text_equal(what, "code")) *(volatile uint32_t*)main = 0;
  if (text_equal(what, "stack")) return deeper(1000000);
  *nowhere = 0;
  return 0;
}
