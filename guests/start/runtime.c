/* Console and power-off, and the two functions that a compiler calls by itself. */
#include "toy32.h"

static volatile uint8_t* const uart = (volatile uint8_t*)0x10000000;
static volatile uint32_t* const power = (volatile uint32_t*)0x00100000;

void power_off(int code) {
  *power = code == 0 ? 0x5555 : 0x3333 | (uint32_t)code << 16;
  for (;;) {
  }
}

void put_char(char c) { *uart = (uint8_t)c; }

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

void* memset(void* to, int byte, size_t count) {
  for (uint8_t* p = to; count != 0; --count) *p++ = (uint8_t)byte;
  return to;
}

void* memcpy(void* to, const void* from, size_t count) {
  const uint8_t* q = from;
  for (uint8_t* p = to; count != 0; --count) *p++ = *q++;
  return to;
}
