/* Products of integer matrices: nested loops, multiplication, regular memory access. */
#include "toy32.h"

#define N 48

static int32_t a[N][N], b[N][N], c[N][N];

int main(void) {
  uint32_t sum = 0;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = i * 7 - j * 3;
      b[i][j] = (i ^ j) + 1;
    }
  for (int round = 0; round < SCALE; ++round) {
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) {
        int32_t total = 0;
        for (int k = 0; k < N; ++k) total += a[i][k] * b[k][j];
        c[i][j] = total;
      }
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) {
        sum = sum * 33 + (uint32_t)c[i][j];
        a[i][j] = (c[i][j] >> 3) % 1000 + round;
      }
  }
  put_string("matrix ");
  put_hex(sum);
  put_char('\n');
  return 0;
}
