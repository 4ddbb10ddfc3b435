/* A stack machine that runs Euclid's algorithm over many pairs. */
#include "toy32.h"

enum { PUSH, DUP, SWAP, OVER, REM, JZ, JMP, DROP, HALT };

/* (a b -- gcd) */
static const uint8_t gcd[] = {DUP, JZ, 9, SWAP, OVER, REM, JMP, 0, HALT, DROP, HALT};

static uint32_t run(const uint8_t* code, uint32_t a, uint32_t b) {
  uint32_t stack[16] = {a, b}, *sp = stack + 1, t;
  for (const uint8_t* pc = code;;) {
    switch (*pc++) {
      case PUSH: *++sp = *pc++; break;
      case DUP: t = *sp; *++sp = t; break;
      case SWAP: t = sp[0]; sp[0] = sp[-1]; sp[-1] = t; break;
      case OVER: t = sp[-1]; *++sp = t; break;
      case REM: t = *sp--; *sp = *sp % t; break; /* a % b, b on top */
      case JZ: t = *sp--; pc = t == 0 ? code + *pc : pc + 1; break;
      case JMP: pc = code + *pc; break;
      case DROP: --sp; break;
      case HALT: return *sp;
    }
  }
}

int main(void) {
  uint32_t sum = 0;
  for (int round = 0; round < SCALE; ++round) {
    sum = 0;
    for (uint32_t a = 1; a <= 120; ++a)
      for (uint32_t b = 1; b <= 120; ++b) sum += run(gcd, a, b);
  }
  put_string("sum of gcds to 120: ");
  put_number(sum);
  put_char('\n');
  return 0;
}
