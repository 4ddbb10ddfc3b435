/* Primes below a bound by a chain of processes, each of which takes the multiples of one prime out of the numbers that pass through
   (McIlroy's sieve of communicating processes). */
#include "user.h"

static void filter(int input) {
  int prime, n, ends[2];
  if (read(input, &prime, sizeof prime) == 0) exit(0);
  print(1, "%d ", prime);
  if (pipe(ends) != 0) exit(1);
  const int child = fork();
  if (child == 0) {
    close(input), close(ends[1]);
    filter(ends[0]);
  }
  close(ends[0]);
  while (child > 0 && read(input, &n, 4) == 4)
    if (n % prime != 0) write(ends[1], &n, 4);
  close(ends[1]);
  wait(0);
  exit(child < 0);
}

int main(int count, char** arguments) {
  const int bound = count > 1 ? number_of(arguments[1]) : 50;
  int ends[2];
  if (pipe(ends) != 0) return 1;
  if (fork() == 0) {
    close(ends[1]);
    filter(ends[0]);
  }
  close(ends[0]);
  for (int n = 2; n < bound; ++n) write(ends[1], &n, 4);
  close(ends[1]);
  wait(0);
  print(1, "\n");
  return 0;
}
