/* Counts lines, words and bytes of its input, or of a file. */
#include "user.h"

int main(int count, char** arguments) {
  static char part[1024];
  uint32_t lines = 0, words = 0, bytes = 0;
  int in_word = 0;
  const int file = count > 1 ? open(arguments[1], OPEN_READ) : 0;
  if (file < 0) {
    print(2, "wc: %s: %s\n", arguments[1], error_text(file));
    return 1;
  }
  for (int n; (n = read(file, part, sizeof part)) > 0; bytes += (uint32_t)n)
    for (int i = 0; i < n; ++i) {
      const int space = part[i] == ' ' || part[i] == '\n' || part[i] == '\t';
      lines += part[i] == '\n';
      words += !space && !in_word;
      in_word = !space;
    }
  print(1, "%u %u %u\n", lines, words, bytes);
  return 0;
}
