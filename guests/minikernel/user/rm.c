/* Removes files and empty directories. */
#include "user.h"

int main(int count, char** arguments) {
  int failed = 0;
  for (int i = 1; i < count; ++i) {
    const int error = unlink(arguments[i]);
    if (error != 0) print(2, "rm: %s: %s\n", arguments[i], error_text(error)), failed = 1;
  }
  return failed;
}
