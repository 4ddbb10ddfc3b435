/* What business programs do: structures copied and changed through pointers, strings copied and compared, small procedures. */
#include "toy32.h"

enum Kind { ORDER, RETURN, TRANSFER };

struct Record {
  struct Record* next;
  enum Kind kind;
  int32_t amount, balance;
  char name[32];
};

static struct Record book[16];
static const char* const names[4] = {"delivery, Monday's round", "delivery, Monday's rounds", "storage on the first floor", "storage on the third floor"};

__attribute__((noinline)) static int same(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

__attribute__((noinline)) static void copy_text(char* to, const char* from) {
  while ((*to++ = *from++) != 0) {
  }
}

__attribute__((noinline)) static void apply(struct Record* r, int32_t step) {
  switch (r->kind) {
    case ORDER: r->balance += r->amount * step; break;
    case RETURN: r->balance -= r->amount / (step + 1); break;
    case TRANSFER:
      r->balance ^= step;
      r->next->balance += step;
      break;
  }
  r->kind = (enum Kind)((r->kind + 1) % 3);
}

int main(void) {
  for (int i = 0; i < 16; ++i) {
    book[i].next = &book[(i + 5) % 16];
    book[i].kind = (enum Kind)(i % 3);
    book[i].amount = i * 17 + 3;
    copy_text(book[i].name, names[i % 4]);
  }
  uint32_t matches = 0;
  struct Record spare;
  for (int round = 0; round < SCALE; ++round) {
    struct Record* r = &book[round % 16];
    for (int step = 0; step < 16; ++step, r = r->next) {
      apply(r, step + (round & 63));
      if (same(r->name, names[step % 4])) ++matches;
    }
    spare = *r;
    copy_text(spare.name, names[(uint32_t)spare.balance % 4]);
    spare.amount += 1;
    *r = spare;
  }
  uint32_t sum = matches;
  for (int i = 0; i < 16; ++i) sum = sum * 31 + (uint32_t)book[i].balance;
  put_string("records ");
  put_hex(sum);
  put_char('\n');
  return 0;
}
