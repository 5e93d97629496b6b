/* Shows what the kernel does with system calls under a compiled filter.
 *
 *   seccomp-probe PROGRAM FLAGS calls          reads lines "ABI NUMBER ARG0 … ARG5" (ABI: 64, or 32 for int $0x80) and prints for each
 *                                              "ret VALUE" (as the kernel returned it), "trap ERRNO" (SIGSYS caught) or "signal N"
 *   seccomp-probe PROGRAM FLAGS exec ARGV…     runs a program under the filter
 *
 * PROGRAM is an array of struct sock_filter. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter program[8192];
static struct sock_fprog filter = {.filter = program};

/* Shared with the parent: after the filter is in place the child may not be allowed any system call at all. */
static volatile struct { int state; long value; } *result;
enum { NOTHING, RETURNED, TRAPPED };

static void die(const char *what) {
  perror(what);
  exit(125);
}

static void load(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : read(fd, program, sizeof program);
  if (size <= 0 || size % 8 != 0) die(path);
  filter.len = (unsigned short)(size / 8);
  close(fd);
}

static void install(unsigned flags) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("no_new_privs");
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) != 0) die("seccomp");
}

static long raw_call(int abi, long number, const unsigned long long *args) {
#if defined(__x86_64__)
  long value;
  if (abi == 32) {
    /* int $0x80 takes no sixth argument here: it is in rbp, which the compiler keeps. */
    __asm__ volatile("int $0x80" : "=a"(value) : "a"(number), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]), "D"(args[4])
                     : "memory", "r8", "r9", "r10", "r11");
    return (int)value;
  }
  register unsigned long long r10 __asm__("r10") = args[3];
  register unsigned long long r8 __asm__("r8") = args[4];
  register unsigned long long r9 __asm__("r9") = args[5];
  __asm__ volatile("syscall" : "=a"(value) : "a"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "memory", "rcx", "r11");
  return value;
#else
  (void)abi;
  long value = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
  return value < 0 ? -errno : value;
#endif
}

static void trapped(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  result->value = info->si_errno;
  result->state = TRAPPED;
  __builtin_trap();
}

static void child(unsigned flags, int abi, long number, const unsigned long long *args) {
  struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &action, NULL);
  install(flags);
  long value = raw_call(abi, number, args);
  result->value = value;
  result->state = RETURNED;
  __builtin_trap(); /* ends the process without a system call */
}

static void report(unsigned flags, int abi, long number, const unsigned long long *args) {
  result->state = NOTHING;
  fflush(stdout);
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) child(flags, abi, number, args);
  int status;
  if (waitpid(pid, &status, 0) != pid) die("waitpid");
  if (result->state == RETURNED) printf("ret %ld\n", result->value);
  else if (result->state == TRAPPED) printf("trap %ld\n", result->value);
  else if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
  else printf("exit %d\n", WEXITSTATUS(status));
}

int main(int argc, char **argv) {
  if (argc < 4) return 125;
  load(argv[1]);
  unsigned flags = (unsigned)strtoul(argv[2], NULL, 0);
  if (strcmp(argv[3], "exec") == 0) {
    install(flags);
    execvp(argv[4], argv + 4);
    die(argv[4]);
  }
  result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (result == MAP_FAILED) die("mmap");
  int abi;
  long number;
  unsigned long long args[6];
  while (scanf("%d %ld %llu %llu %llu %llu %llu %llu", &abi, &number, &args[0], &args[1], &args[2], &args[3], &args[4], &args[5]) == 8) {
    report(flags, abi, number, args);
  }
  return 0;
}
