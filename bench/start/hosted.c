/* A workload as a Linux process, for the host itself or (with CROSS) for qemu's user mode, where there is no C library: what
   guests/start/runtime.c is on toy32. Writes the program's console to standard output and the nanoseconds of CPU time it took to standard error. */
#include "toy32.h"

#undef main
int program_main(void);

#ifdef CROSS
static long call(long number, long a, long b, long c) {
  register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}
static void write_out(int file, const char* text, size_t size) { call(64, file, (long)text, (long)size); }
static void leave(int code) { call(94, code, 0, 0); }
static uint64_t now(void) {
  struct {
    int64_t seconds, nanoseconds;
  } t;
  call(403, 2, (long)&t, 0); /* clock_gettime64, the process's CPU time */
  return (uint64_t)t.seconds * 1000000000u + (uint64_t)t.nanoseconds;
}
void* memset(void* to, int byte, size_t count) {
  for (uint8_t* p = to; count != 0; --count) *p++ = (uint8_t)byte;
  return to;
}
void* memcpy(void* to, const void* from, size_t count) {
  const uint8_t* q = from;
  for (uint8_t* p = to; count != 0; --count) *p++ = *q++;
  return to;
}
#else
#include <time.h>
#include <unistd.h>
static void write_out(int file, const char* text, size_t size) {
  if (write(file, text, size) < 0) _exit(70);
}
static void leave(int code) { _exit(code); }
static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
#endif

static char console[4096];
static size_t used;

void put_char(char c) {
  if (used < sizeof console) console[used++] = c;
}
void put_string(const char* text) {
  while (*text) put_char(*text++);
}
void put_number(uint32_t value) {
  if (value >= 10) put_number(value / 10);
  put_char((char)('0' + value % 10));
}
void put_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) put_char("0123456789abcdef"[value >> shift & 15]);
}

static void finish(int code, uint64_t took) {
  char text[21];
  size_t at = sizeof text;
  for (text[--at] = '\n'; took != 0 && at != 0; took /= 10) text[--at] = (char)('0' + took % 10);
  write_out(1, console, used);
  write_out(2, text + at, sizeof text - at);
  leave(code);
}

static void run(void) {
  const uint64_t start = now();
  const int code = program_main();
  finish(code, now() - start);
}

#ifdef CROSS
void _start(void) { run(); }
#else
int main(void) { run(); }
#endif
