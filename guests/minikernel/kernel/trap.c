/* Traps: interrupts, system calls, page faults, and programs that do what they may not. */
#include "kernel.h"

#define UNITS_A_TICK (10000000 / TICKS_A_SECOND)
#define STATUS_KERNEL 0x100u /* sstatus.SPP: the trap came from the kernel */

volatile uint32_t ticks;
static volatile int time_is_up; /* the running process has had its tick */

void traps_start(void) { timer_in(UNITS_A_TICK); }

void timer_interrupt(void) {
  ++ticks;
  time_is_up = 1;
  timer_in(UNITS_A_TICK);
  wake_up((const void*)&ticks);
}

void device_interrupts(void) {
  for (uint32_t source; (source = device_interrupt_claim()) != 0; device_interrupt_done(source)) {
    if (source == CONSOLE_SOURCE) console_interrupt();
    if (source == disk_interrupt_source()) disk_interrupt();
  }
}

static const char* name_of(uint32_t cause) {
  switch (cause) {
    case CAUSE_ILLEGAL: return "illegal instruction";
    case CAUSE_BREAKPOINT: return "breakpoint";
    case CAUSE_FETCH_PAGE: return "jump to nowhere";
    case CAUSE_LOAD_PAGE: return "read from nowhere";
    case CAUSE_STORE_PAGE: return "write to nowhere";
    default: return "fault";
  }
}

static void user_trap(struct frame* frame, struct trap_cause why) {
  if (why.cause == CAUSE_SYSTEM_CALL) {
    frame->x[0] += 4;
    interrupts_on();
    system_call(frame);
    interrupts_off();
    return;
  }
  const int is_store = why.cause == CAUSE_STORE_PAGE;
  const int is_page_fault = is_store || why.cause == CAUSE_LOAD_PAGE || why.cause == CAUSE_FETCH_PAGE;
  if (is_page_fault && space_fault(current->space, why.value, is_store, current->break_end) == 0) return;
  print("%s (process %d): %s at %x, address %x\n", current->name, current->pid, name_of(why.cause), frame->x[0], why.value);
  current->killed = 1;
}

void trap(struct frame* frame) {
  const struct trap_cause why = trap_cause();
  const int from_user = (frame->status & STATUS_KERNEL) == 0;
  if (why.cause & CAUSE_INTERRUPT) deal_with_interrupt(why.cause);
  else if (from_user) user_trap(frame, why);
  else panic("trap %x in the kernel at %x, address %x", why.cause, frame->x[0], why.value);
  if (!from_user) return;
  if (time_is_up) {
    time_is_up = 0;
    yield();
  }
  if (current->killed) exit_process(-1);
}
