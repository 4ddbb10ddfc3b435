/* Prints its arguments. */
#include "user.h"

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) print(1, i + 1 < count ? "%s " : "%s", arguments[i]);
  print(1, "\n");
  return 0;
}
