/* A state machine over text: sorts words into integers, fractions, names and what is none of them. Branches and a jump table. */
#include "toy32.h"

enum State { START, SIGN, INTEGER, POINT, FRACTION, NAME, BAD, STATES };

static const char text[] =
    "12 -7 x1 3.25 +0.5 alpha 9z 4. .5 -- 1000000 beta2 -3.75 . 7,8 kappa 42 0 -0 1.2.3 omega_9 +17 end 65536 2.718281828 _ a b c 31 "
    "q7 8.0 -9.125 nine 10 +";

static enum State next(enum State s, char c) {
  const int digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || c == '_';
  switch (s) {
    case START: return digit ? INTEGER : letter ? NAME : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : BAD;
    case SIGN: return digit ? INTEGER : c == '.' ? POINT : BAD;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : BAD;
    case POINT: return digit ? FRACTION : BAD;
    case FRACTION: return digit ? FRACTION : BAD;
    case NAME: return digit || letter ? NAME : BAD;
    default: return BAD;
  }
}

int main(void) {
  uint32_t ends[STATES] = {0}, moves[STATES] = {0}, sum = 0;
  for (int round = 0; round < SCALE; ++round) {
    enum State s = START;
    for (uint32_t i = 0; i < sizeof text; ++i) {
      /* Every round reads the text from another place, around its end. */
      uint32_t at = i + (uint32_t)round % sizeof text;
      if (at >= sizeof text) at -= sizeof text;
      const char c = text[at];
      if (c == ' ' || c == 0 || c == ',') {
        ++ends[s];
        s = START;
        continue;
      }
      s = next(s, c);
      ++moves[s];
    }
  }
  for (int i = 0; i < STATES; ++i) sum = (sum * 31 + ends[i]) * 31 + moves[i];
  put_string("states ");
  put_hex(sum);
  put_char('\n');
  return 0;
}
