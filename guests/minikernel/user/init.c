/* The first program: keeps a shell running on the console, and collects the processes that nobody waits for. */
#include "user.h"

int main(void) {
  keyboard(0);
  for (;;) {
    const int shell = fork();
    if (shell == 0) {
      char* arguments[] = {"sh", 0};
      const int error = exec("/sh", arguments);
      print(2, "init: /sh: %s\n", error_text(error));
      shutdown(1);
    }
    int pid, code;
    while ((pid = wait(&code)) != shell)
      if (pid < 0) break;
    print(1, "init: the shell has ended, here is another\n");
  }
}
