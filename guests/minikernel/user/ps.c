/* Lists the processes. */
#include "user.h"

int main(void) {
  static struct process_status list[128];
  static const char* const states[] = {"unused", "ready", "asleep", "ended"};
  const int n = processes(list, 128);
  print(1, "pid parent state name\n");
  for (int i = 0; i < n; ++i) print(1, "%d %d %s %s\n", list[i].pid, list[i].parent, states[list[i].state], list[i].name);
  return 0;
}
