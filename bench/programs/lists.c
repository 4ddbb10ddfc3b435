/* Linked lists: built, reversed, searched and merge-sorted. Pointer chasing with branches that depend on data. */
#include "toy32.h"

#define COUNT 1000

struct Node {
  struct Node* next;
  uint32_t key;
};

static struct Node nodes[COUNT];

static struct Node* reverse(struct Node* list) {
  struct Node* done = 0;
  while (list) {
    struct Node* next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

static struct Node* merge(struct Node* a, struct Node* b) {
  struct Node *first = 0, **end = &first;
  while (a && b) {
    struct Node** least = a->key <= b->key ? &a : &b;
    *end = *least;
    end = &(*least)->next;
    *least = (*least)->next;
  }
  *end = a ? a : b;
  return first;
}

static struct Node* sort(struct Node* list) {
  if (!list || !list->next) return list;
  struct Node *slow = list, *fast = list->next;
  while (fast && fast->next) {
    slow = slow->next;
    fast = fast->next->next;
  }
  struct Node* half = slow->next;
  slow->next = 0;
  return merge(sort(list), sort(half));
}

static uint32_t find(const struct Node* list, uint32_t key) {
  uint32_t place = 0;
  while (list && list->key != key) {
    list = list->next;
    ++place;
  }
  return place;
}

int main(void) {
  uint32_t state = 7, sum = 0;
  for (int round = 0; round < SCALE; ++round) {
    struct Node* list = 0;
    for (int i = 0; i < COUNT; ++i) {
      state = state * 1103515245u + 12345u;
      nodes[i].key = state >> 12 & 0x3FFF;
      nodes[i].next = list;
      list = &nodes[i];
    }
    sum += find(list, nodes[COUNT / 3].key);
    list = reverse(sort(reverse(list)));
    for (int i = 0; i < 8; ++i) sum = sum * 5 + find(list, nodes[i * 100].key);
    for (const struct Node* n = list; n->next; n = n->next)
      if (n->key < n->next->key) return 1;
  }
  put_string("lists ");
  put_hex(sum);
  put_char('\n');
  return 0;
}
