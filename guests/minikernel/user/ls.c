/* Lists directories: kind, size, name. */
#include "user.h"

static int list(const char* path) {
  struct status s;
  struct entry entry;
  const int directory = open(path, OPEN_READ);
  if (directory < 0 || status(directory, &s) != 0 || s.type != TYPE_DIRECTORY) {
    print(2, "ls: %s: %s\n", path, directory < 0 ? error_text(directory) : "not a directory");
    return 1;
  }
  while (read(directory, &entry, sizeof entry) == (int)sizeof entry) {
    if (entry.inode == 0 || entry.name[0] == '.') continue;
    char full[PATH_LENGTH];
    uint32_t n = length_of(path);
    memcpy(full, path, n);
    full[n++] = '/';
    memcpy(full + n, entry.name, length_of(entry.name) + 1);
    const int file = open(full, OPEN_READ);
    if (file >= 0 && status(file, &s) == 0) print(1, "%c %u %s\n", s.type == TYPE_DIRECTORY ? 'd' : '-', s.size, entry.name);
    if (file >= 0) close(file);
  }
  close(directory);
  return 0;
}

int main(int count, char** arguments) {
  if (count == 1) return list(".");
  int failed = 0;
  for (int i = 1; i < count; ++i) failed |= list(arguments[i]);
  return failed;
}
