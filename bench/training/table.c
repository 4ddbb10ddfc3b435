/* A hash table of strings with open addressing, insertion sort of its keys, and 64-bit sums: pointers, string comparison, carries. */
#include "toy32.h"

enum { SLOTS = 512 };
static char names[300][12];
static struct {
  const char* key;
  uint32_t count;
} slots[SLOTS];
static const char* sorted[300];

static uint32_t hash(const char* s) {
  uint32_t h = 2166136261u;
  while (*s) h = (h ^ (uint8_t)*s++) * 16777619u;
  return h;
}
static int compare(const char* a, const char* b) {
  while (*a && *a == *b) ++a, ++b;
  return *a - *b;
}
int main(void) {
  uint64_t sum = 0;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < 300; ++i) {
    uint32_t v = i * 2654435761u;
    int n = 0;
    do names[i][n++] = (char)('a' + v % 26), v /= 26;
    while (v != 0);
    names[i][n] = 0;
  }
  for (uint32_t round = 0; round < 6; ++round)
    for (uint32_t i = 0; i < 300; ++i) {
      uint32_t s = hash(names[i]) % SLOTS;
      while (slots[s].key && compare(slots[s].key, names[i]) != 0) s = (s + 1) % SLOTS;
      if (!slots[s].key) slots[s].key = names[i];
      slots[s].count += round ^ i;
      sum = sum * 6364136223846793005u + slots[s].count;
    }
  for (uint32_t i = 0; i < 300; ++i) {
    uint32_t k = kept++;
    for (; k > 0 && compare(sorted[k - 1], names[i]) > 0; --k) sorted[k] = sorted[k - 1];
    sorted[k] = names[i];
  }
  put_hex((uint32_t)(sum >> 32) ^ (uint32_t)sum);
  put_string(sorted[17]);
  return 0;
}
