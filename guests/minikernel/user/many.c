/* Starts a number of processes at once; each computes a little and ends with a code of its own; counts that all came back right. */
#include "user.h"

int main(int count, char** arguments) {
  const int wanted = count > 1 ? number_of(arguments[1]) : 100;
  static int pids[128];
  int started = 0, right = 0, code;
  for (; started < wanted && started < 128; ++started) {
    pids[started] = fork();
    if (pids[started] < 0) break;
    if (pids[started] == 0) {
      uint32_t sum = 0;
      for (uint32_t i = 0; i < 1000u * (uint32_t)(started % 7 + 1); ++i) sum = sum * 31 + i;
      sleep(sum % 3);
      exit(started % 100);
    }
  }
  for (int pid; (pid = wait(&code)) > 0;)
    for (int i = 0; i < started; ++i)
      if (pids[i] == pid) right += code == i % 100;
  print(1, "many: %d started, %d ended as they should\n", started, right);
  return started != wanted || right != started;
}
