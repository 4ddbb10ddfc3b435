/* Fibonacci numbers by recursion: calls, returns and the stack. */
#include "toy32.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(void) {
  uint32_t sum = 0;
  for (int round = 0; round < SCALE; ++round) sum = sum * 3 + fib(20 + (uint32_t)round % 3);
  put_string("fib ");
  put_hex(sum);
  put_char('\n');
  return 0;
}
