/* The little library of every program. */
#include <stdarg.h>

#include "user.h"

void* memset(void* to, int byte, uint32_t count) {
  uint8_t* p = to;
  for (; count != 0; --count) *p++ = (uint8_t)byte;
  return to;
}
void* memcpy(void* to, const void* from, uint32_t count) {
  uint8_t* p = to;
  const uint8_t* q = from;
  for (; count != 0; --count) *p++ = *q++;
  return to;
}

uint32_t length_of(const char* text) {
  uint32_t n = 0;
  while (text[n] != 0) ++n;
  return n;
}

int text_equal(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

int number_of(const char* text) {
  int n = 0;
  for (; *text >= '0' && *text <= '9'; ++text) n = n * 10 + (*text - '0');
  return n;
}

/* One write for a whole message, so that the lines of two programs do not mix. */
struct line {
  char text[256];
  uint32_t used;
  int file;
};
static void put(struct line* line, char c) {
  if (line->used == sizeof line->text) {
    write(line->file, line->text, line->used);
    line->used = 0;
  }
  line->text[line->used++] = c;
}
static void put_number(struct line* line, uint32_t value, uint32_t base) {
  char digits[12];
  int n = 0;
  do digits[n++] = "0123456789abcdef"[value % base];
  while ((value /= base) != 0);
  while (n != 0) put(line, digits[--n]);
}

void print(int file, const char* format, ...) {
  struct line line = {.file = file};
  va_list list;
  va_start(list, format);
  for (; *format != 0; ++format) {
    if (*format != '%') {
      put(&line, *format);
      continue;
    }
    switch (*++format) {
      case 'd': {
        const int value = va_arg(list, int);
        if (value < 0) put(&line, '-');
        put_number(&line, value < 0 ? -(uint32_t)value : (uint32_t)value, 10);
        break;
      }
      case 'u': put_number(&line, va_arg(list, uint32_t), 10); break;
      case 'x': put_number(&line, va_arg(list, uint32_t), 16); break;
      case 'c': put(&line, (char)va_arg(list, int)); break;
      case 's':
        for (const char* s = va_arg(list, const char*); *s != 0; ++s) put(&line, *s);
        break;
      default: put(&line, *format);
    }
  }
  va_end(list);
  if (line.used != 0) write(file, line.text, line.used);
}

const char* error_text(int error) {
  static const char* const texts[] = {"fine",           "no such call",    "no such file",  "no memory left",   "bad address",
                                      "no such process", "not a file that can do that", "not a directory", "is a directory", "the disk is full",
                                      "not empty",      "not a program",   "too many, or too long", "nobody reads the pipe", "interrupted", "in use",
                                      "this machine may not", "no such machine or template, or the name is not free"};
  return error <= 0 && error > -(int)(sizeof texts / sizeof *texts) ? texts[-error] : "unknown error";
}

int read_line(int file, char* to, uint32_t room) {
  uint32_t n = 0;
  char c;
  int got;
  while ((got = read(file, &c, 1)) == 1 && c != '\n')
    if (n < room - 1) to[n++] = c;
  to[n] = 0;
  return got == 1 || n != 0 ? (int)n : -1;
}

void copy_file(int from, int to) {
  static char part[4096];
  for (int n; (n = read(from, part, sizeof part)) > 0;)
    if (write(to, part, (uint32_t)n) != n) exit(1);
}
