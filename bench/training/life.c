/* Conway's game on a torus: two-dimensional indices, neighbours counted, byte loads and stores. */
#include "toy32.h"

enum { W = 64, H = 48 };
static uint8_t now[H][W], then[H][W];

int main(void) {
  uint32_t seed = 7;
  for (int y = 0; y < H; ++y)
    for (int x = 0; x < W; ++x) now[y][x] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 30 == 0);
  for (int round = 0; round < 12; ++round) {
    for (int y = 0; y < H; ++y)
      for (int x = 0; x < W; ++x) {
        int around = 0;
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx)
            if (dy || dx) around += now[(y + dy + H) % H][(x + dx) & (W - 1)];
        then[y][x] = around == 3 || (around == 2 && now[y][x]);
      }
    for (int i = 0; i < W * H; ++i) ((uint8_t*)now)[i] = ((uint8_t*)then)[i];
  }
  uint32_t alive = 0;
  for (int i = 0; i < W * H; ++i) alive += ((uint8_t*)now)[i];
  put_number(alive);
  return 0;
}
