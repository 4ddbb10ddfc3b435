/* Sorts pseudo-random words and checks the order. */
#include "toy32.h"

#define COUNT 20000

static uint32_t words[COUNT];

static void sort(uint32_t* low, uint32_t* high) {
  while (low < high) {
    uint32_t pivot = low[(high - low) / 2], *i = low, *j = high;
    while (i <= j) {
      while (*i < pivot) ++i;
      while (*j > pivot) --j;
      if (i <= j) {
        uint32_t t = *i;
        *i++ = *j;
        *j-- = t;
      }
    }
    if (j - low < high - i) {
      sort(low, j);
      low = i;
    } else {
      sort(i, high);
      high = j;
    }
  }
}

int main(void) {
  uint32_t state = 1, sum = 0;
  for (int round = 0; round < SCALE; ++round) {
    for (int i = 0; i < COUNT; ++i) {
      state = state * 1664525 + 1013904223;
      words[i] = state;
    }
    sort(words, words + COUNT - 1);
  }
  for (int i = 0; i < COUNT; ++i) {
    if (i > 0 && words[i - 1] > words[i]) {
      put_string("out of order\n");
      return 1;
    }
    sum = sum * 31 + words[i];
  }
  put_string("sorted 20000 words, median ");
  put_hex(words[COUNT / 2]);
  put_char('\n');
  (void)sum;
  return 0;
}
