/* Computes for ever: something to preempt and to kill. */
#include "user.h"

int main(void) {
  for (volatile uint32_t n = 0;; ++n) continue;
}
