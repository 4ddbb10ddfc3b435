/* Copies files, or its input, to its output. */
#include "user.h"

int main(int count, char** arguments) {
  if (count == 1) copy_file(0, 1);
  for (int i = 1; i < count; ++i) {
    const int file = open(arguments[i], OPEN_READ);
    if (file < 0) {
      print(2, "cat: %s: %s\n", arguments[i], error_text(file));
      return 1;
    }
    copy_file(file, 1);
    close(file);
  }
  return 0;
}
