/* Fixed-point filters and a Fourier transform of 64 points, and the same sums in double by libgcc: multiplication, shifts, software floats. */
#include "toy32.h"

static int32_t re[64], im[64], filtered[256], samples[256];
static double weights[16];

static int32_t mul(int32_t a, int32_t b) { return (int32_t)((int64_t)a * b >> 14); }

int main(void) {
  uint32_t sum = 0;
  for (int i = 0; i < 256; ++i) samples[i] = (i * i * 37 & 0x3FFF) - 8192;
  for (int round = 0; round < 10; ++round) {
    for (int i = 8; i < 256; ++i) {
      int32_t v = 0;
      for (int k = 0; k < 8; ++k) v += samples[i - k] * (k * 5 - 11);
      filtered[i] = v >> 4;
    }
    for (int i = 0; i < 64; ++i) re[i] = filtered[i * 4] & 0x3FFF, im[i] = 0;
    for (int half = 1; half < 64; half *= 2) {
      int32_t c = 16384, s = 0;
      const int32_t dc = 16384 - 20000 / half / half, ds = -30000 / half;
      for (int j = 0; j < half; ++j) {
        for (int i = j; i < 64; i += 2 * half) {
          const int32_t tr = mul(re[i + half], c) - mul(im[i + half], s), ti = mul(re[i + half], s) + mul(im[i + half], c);
          re[i + half] = re[i] - tr;
          im[i + half] = im[i] - ti;
          re[i] += tr;
          im[i] += ti;
        }
        const int32_t next = mul(c, dc) - mul(s, ds);
        s = mul(s, dc) + mul(c, ds);
        c = next;
      }
    }
    for (int i = 0; i < 16; ++i) weights[i] = weights[i] * 0.75 + (double)re[i] / (i + 1);
    for (int i = 0; i < 64; ++i) sum = sum * 17 + (uint32_t)(re[i] ^ im[i]);
  }
  for (int i = 0; i < 16; ++i) sum ^= (uint32_t)(int32_t)(weights[i] * 3.5);
  put_hex(sum);
  return 0;
}
