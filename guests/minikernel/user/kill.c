/* Ends processes by number. */
#include "user.h"

int main(int count, char** arguments) {
  int failed = 0;
  for (int i = 1; i < count; ++i) {
    const int error = kill(number_of(arguments[i]));
    if (error != 0) print(2, "kill: %s: %s\n", arguments[i], error_text(error)), failed = 1;
  }
  return failed;
}
