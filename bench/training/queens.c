/* Eight queens by recursion, with bit masks and with arrays: calls, saved registers, branches. */
#include "toy32.h"

static int place(uint32_t columns, uint32_t left, uint32_t right, int row) {
  if (row == 8) return 1;
  int found = 0;
  for (uint32_t free = 255u & ~(columns | left | right); free != 0; free &= free - 1) {
    const uint32_t bit = free & -free;
    found += place(columns | bit, (left | bit) << 1, (right | bit) >> 1, row + 1);
  }
  return found;
}
static int at[8];
static int fits(int row, int column) {
  for (int i = 0; i < row; ++i) {
    const int d = at[i] - column;
    if (d == 0 || d == row - i || d == i - row) return 0;
  }
  return 1;
}
static int search(int row) {
  if (row == 8) return 1;
  int found = 0;
  for (int c = 0; c < 8; ++c)
    if (fits(row, c)) {
      at[row] = c;
      found += search(row + 1);
    }
  return found;
}
int main(void) {
  put_number((uint32_t)(place(0, 0, 0, 0) + search(0)));
  return 0;
}
