/* A small LZ77 packer and its unpacker over generated text: hash chains, byte copies, comparisons. */
#include "toy32.h"

enum { SIZE = 12000 };
static uint8_t text[SIZE], packed[2 * SIZE], again[SIZE];
static uint16_t heads[1024], before[SIZE];
static const char* const words[] = {"the ", "quick ", "brown ", "machine ", "traps ", "and ", "returns ", "to ", "its ", "kernel.\n"};

static uint32_t hash(const uint8_t* p) { return ((uint32_t)p[0] * 33 ^ (uint32_t)p[1] << 4 ^ (uint32_t)p[2] << 7) & 1023; }

int main(void) {
  uint32_t n = 0, seed = 1, out = 0;
  while (n < SIZE - 16) {
    seed = seed * 1103515245 + 12345;
    for (const char* w = words[(seed >> 16) % 10]; *w; ++w) text[n++] = (uint8_t)*w;
  }
  for (uint32_t i = 0; i < n;) {
    uint32_t best = 0, where = 0;
    if (i + 3 < n) {
      const uint32_t h = hash(text + i);
      int tries = 8;
      for (uint32_t c = heads[h]; c != 0 && tries-- > 0; c = before[c - 1]) {
        uint32_t length = 0;
        while (length < 255 && i + length < n && text[c - 1 + length] == text[i + length]) ++length;
        if (length > best) {
          best = length;
          where = i - (c - 1);
        }
      }
      before[i] = heads[h];
      heads[h] = (uint16_t)(i + 1);
    }
    if (best > 3 && where < 65536) {
      packed[out++] = 255;
      packed[out++] = (uint8_t)best;
      packed[out++] = (uint8_t)where;
      packed[out++] = (uint8_t)(where >> 8);
      i += best;
    } else {
      packed[out++] = text[i++];
    }
  }
  uint32_t to = 0;
  for (uint32_t i = 0; i < out;) {
    if (packed[i] != 255) {
      again[to++] = packed[i++];
      continue;
    }
    const uint32_t length = packed[i + 1], back = packed[i + 2] | (uint32_t)packed[i + 3] << 8;
    for (uint32_t k = 0; k < length; ++k, ++to) again[to] = again[to - back];
    i += 4;
  }
  uint32_t wrong = to != n;
  for (uint32_t i = 0; i < n; ++i) wrong += again[i] != text[i];
  put_number(out);
  return wrong != 0;
}
