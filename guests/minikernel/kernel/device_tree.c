/* How much memory there is: the one thing the kernel asks of the flattened device tree (devicetree specification 0.4, chapter 5). */
#include "kernel.h"

static uint32_t big_endian(const uint8_t* p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

enum { MAGIC = 0xD00DFEED, BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };

static int starts_with(const char* text, const char* start) {
  while (*start != 0)
    if (*text++ != *start++) return 0;
  return 1;
}

uint32_t memory_bytes(const void* device_tree) {
  const uint8_t* tree = device_tree;
  if (tree == 0 || big_endian(tree) != MAGIC) panic("no device tree");
  const uint8_t* p = tree + big_endian(tree + 8);
  const char* names = (const char*)tree + big_endian(tree + 12);
  int in_memory = 0;
  for (;;) {
    const uint32_t token = big_endian(p);
    p += 4;
    if (token == BEGIN_NODE) {
      in_memory = starts_with((const char*)p, "memory@");
      while (*p != 0) ++p;
      p += 4 - (uint32_t)(p - tree) % 4;
    } else if (token == PROPERTY) {
      const uint32_t length = big_endian(p);
      const char* name = names + big_endian(p + 4);
      if (in_memory && text_equal(name, "reg") && length == 8) return big_endian(p + 12); /* one cell of address, one of size */
      p += 8 + (length + 3) / 4 * 4;
    } else if (token != END_NODE && token != NOP) {
      panic("the device tree names no memory");
    }
  }
}
