/* Expressions in text, parsed by recursive descent into a tree and evaluated: calls, structures, characters. */
#include "toy32.h"

struct Node {
  char what;
  int32_t value;
  struct Node *left, *right;
};
static struct Node nodes[64];
static int used;
static const char* at;

static struct Node* node(char what, int32_t value, struct Node* left, struct Node* right) {
  struct Node* n = &nodes[used++];
  n->what = what;
  n->value = value;
  n->left = left;
  n->right = right;
  return n;
}
static struct Node* sum(void);
static struct Node* atom(void) {
  while (*at == ' ') ++at;
  if (*at == '(') {
    ++at;
    struct Node* n = sum();
    ++at;
    return n;
  }
  int32_t value = 0;
  while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
  return node('n', value, 0, 0);
}
static struct Node* product(void) {
  struct Node* n = atom();
  for (;;) {
    while (*at == ' ') ++at;
    if (*at != '*' && *at != '/') return n;
    const char what = *at++;
    n = node(what, 0, n, atom());
  }
}
static struct Node* sum(void) {
  struct Node* n = product();
  while (*at == '+' || *at == '-') {
    const char what = *at++;
    n = node(what, 0, n, product());
  }
  return n;
}
static int32_t value(const struct Node* n) {
  switch (n->what) {
    case '+': return value(n->left) + value(n->right);
    case '-': return value(n->left) - value(n->right);
    case '*': return value(n->left) * value(n->right);
    case '/': return value(n->left) / (value(n->right) | 1);
    default: return n->value;
  }
}
int main(void) {
  static const char* const lines[] = {"1 + 2 * (30 - 4) * 5 + 6 / 2", "((7)) * (8 + 9) - 10 * 11 + 120 / 7", "4095 * 3 - (2 + (5 - (6 * (7 + 1))))"};
  uint32_t total = 0;
  for (int round = 0; round < 300; ++round) {
    used = 0;
    at = lines[round % 3];
    total = total * 31 + (uint32_t)value(sum());
  }
  put_hex(total);
  return 0;
}
