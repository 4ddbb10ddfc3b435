/* Makes directories. */
#include "user.h"

int main(int count, char** arguments) {
  int failed = 0;
  for (int i = 1; i < count; ++i) {
    const int error = mkdir(arguments[i]);
    if (error != 0) print(2, "mkdir: %s: %s\n", arguments[i], error_text(error)), failed = 1;
  }
  return failed;
}
