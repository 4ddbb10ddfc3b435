/* Counts the primes below a limit. */
#include "toy32.h"

#define LIMIT 200000

static uint8_t composite[LIMIT];

int main(void) {
  uint32_t count = 0;
  for (int round = 0; round < SCALE; ++round) {
    count = 0;
    for (uint32_t i = 0; i < LIMIT; ++i) composite[i] = 0;
    for (uint32_t i = 2; i < LIMIT; ++i) {
      if (composite[i]) continue;
      ++count;
      for (uint32_t j = 2 * i; j < LIMIT; j += i) composite[j] = 1;
    }
  }
  put_string("primes below 200000: ");
  put_number(count);
  put_char('\n');
  return 0;
}
