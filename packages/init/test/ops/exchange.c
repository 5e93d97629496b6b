/* exchange A B: swaps two names again and again until it is killed by SIGTERM; then prints how often. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t ended;

static void end(int number) {
  (void)number;
  ended = 1;
}

int main(int argc, char **argv) {
  unsigned long count = 0;
  if (argc != 3 || signal(SIGTERM, end) == SIG_ERR) return 2;
  puts("ready");
  if (fflush(stdout) != 0) return 3;
  for (; !ended; count++)
    if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0) {
      perror("renameat2");
      return 1;
    }
  printf("%lu\n", count);
  return 0;
}
