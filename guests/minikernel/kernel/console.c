/* Typed input, gathered into lines: echo, backspace, ^C kills the programs that do not ignore it, ^D ends a file. */
#include "kernel.h"

#define ROOM 256u

static char ring[ROOM];
static volatile uint32_t typed, complete, taken; /* bytes: received, in finished lines, given to readers */

static void echo(const char* text, uint32_t count) { console_put(text, count); }

static void arrive(char c) {
  switch (c) {
    case 0x03:
      echo("^C\n", 3);
      typed = complete;
      kill_from_keyboard();
      return;
    case 0x08:
    case 0x7F:
      if (typed == complete) return;
      --typed;
      echo("\b \b", 3);
      return;
    case '\r': c = '\n'; break;
    default: break;
  }
  if (typed - taken == ROOM) return;
  ring[typed++ % ROOM] = c;
  if (c != 0x04) echo(&c, 1);
  if (c == '\n' || c == 0x04 || typed - taken == ROOM) {
    complete = typed;
    wake_up(ring);
  }
}

void console_start(void) {
  while (console_get() >= 0) continue;
}

void console_interrupt(void) {
  for (int c; (c = console_get()) >= 0;) arrive((char)c);
}

int console_read(uint32_t to, uint32_t count) {
  interrupts_off();
  while (taken == complete && !current->killed) sleep_on(ring);
  uint32_t done = 0;
  int result = taken == complete ? INTERRUPTED : 0;
  while (result == 0 && done < count && taken != complete) {
    const char c = ring[taken++ % ROOM];
    if (c == 0x04) break;
    if (copy_out(to + done, &c, 1) != 0) result = BAD_ADDRESS;
    else ++done;
    if (c == '\n') break;
  }
  interrupts_on();
  return result < 0 ? result : (int)done;
}
