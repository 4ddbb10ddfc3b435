/* CRC-32 (ITU-T V.42), by bits for the table and by bytes over a buffer: shifts, table look-ups. */
#include "toy32.h"

#define SIZE 16384

static uint32_t table[256];
static uint8_t buffer[SIZE];

int main(void) {
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t r = i;
    for (int bit = 0; bit < 8; ++bit) r = r & 1 ? r >> 1 ^ 0xEDB88320u : r >> 1;
    table[i] = r;
  }
  for (uint32_t i = 0; i < SIZE; ++i) buffer[i] = (uint8_t)(i * 31 + (i >> 5));
  uint32_t crc = 0xFFFFFFFFu;
  for (int round = 0; round < SCALE; ++round) {
    for (uint32_t i = 0; i < SIZE; ++i) crc = table[(crc ^ buffer[i]) & 255] ^ crc >> 8;
    buffer[crc % SIZE] ^= (uint8_t)crc;
  }
  put_string("crc32 ");
  put_hex(~crc);
  put_char('\n');
  return 0;
}
