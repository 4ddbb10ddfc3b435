/* Prints the lines of its input, or of files, that contain a text. */
#include "user.h"

static int contains(const char* line, const char* text) {
  for (; *line != 0; ++line) {
    uint32_t i = 0;
    while (text[i] != 0 && line[i] == text[i]) ++i;
    if (text[i] == 0) return 1;
  }
  return 0;
}

static int search(int file, const char* text) {
  char line[512];
  int found = 0;
  while (read_line(file, line, sizeof line) >= 0)
    if (contains(line, text)) found = 1, print(1, "%s\n", line);
  return found;
}

int main(int count, char** arguments) {
  if (count < 2) {
    print(2, "usage: grep TEXT [FILE ...]\n");
    return 2;
  }
  int found = count == 2 ? search(0, arguments[1]) : 0;
  for (int i = 2; i < count; ++i) {
    const int file = open(arguments[i], OPEN_READ);
    if (file < 0) print(2, "grep: %s: %s\n", arguments[i], error_text(file));
    else found |= search(file, arguments[1]), close(file);
  }
  return !found;
}
