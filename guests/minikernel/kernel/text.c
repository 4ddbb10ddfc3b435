/* Memory, strings, and messages on the console. */
#include <stdarg.h>

#include "kernel.h"

void* memset(void* to, int byte, size_t count) {
  uint8_t* p = to;
  if (((uint32_t)p | count) % 4 == 0) {
    const uint32_t word = (uint8_t)byte * 0x01010101u;
    for (uint32_t* w = to; count != 0; count -= 4) *w++ = word;
    return to;
  }
  for (; count != 0; --count) *p++ = (uint8_t)byte;
  return to;
}

void* memcpy(void* to, const void* from, size_t count) {
  uint8_t* p = to;
  const uint8_t* q = from;
  if (((uint32_t)p | (uint32_t)q | count) % 4 == 0) {
    uint32_t* w = to;
    for (const uint32_t* v = from; count != 0; count -= 4) *w++ = *v++;
    return to;
  }
  for (; count != 0; --count) *p++ = *q++;
  return to;
}

int text_equal(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

void text_copy(char* to, const char* from, size_t room) {
  for (; room > 1 && *from != 0; --room) *to++ = *from++;
  *to = 0;
}

static void print_number(uint32_t value, uint32_t base) {
  char digits[12];
  uint32_t i = sizeof digits;
  do digits[--i] = "0123456789abcdef"[value % base];
  while ((value /= base) != 0);
  console_put(digits + i, sizeof digits - i);
}

static void print_list(const char* format, va_list list) {
  for (; *format != 0; ++format) {
    if (*format != '%') {
      console_put(format, 1);
      continue;
    }
    switch (*++format) {
      case 'd': {
        const int value = va_arg(list, int);
        if (value < 0) console_put("-", 1);
        print_number(value < 0 ? -(uint32_t)value : (uint32_t)value, 10);
        break;
      }
      case 'u': print_number(va_arg(list, uint32_t), 10); break;
      case 'x': print_number(va_arg(list, uint32_t), 16); break;
      case 'c': {
        const char c = (char)va_arg(list, int);
        console_put(&c, 1);
        break;
      }
      case 's':
        for (const char* s = va_arg(list, const char*); *s != 0; ++s) console_put(s, 1);
        break;
      default: console_put(format, 1);
    }
  }
}

void print(const char* format, ...) {
  va_list list;
  va_start(list, format);
  print_list(format, list);
  va_end(list);
}

void panic(const char* format, ...) {
  va_list list;
  interrupts_off();
  print("\npanic: ");
  va_start(list, format);
  print_list(format, list);
  va_end(list);
  print("\n");
  machine_off(1);
}
