/* System calls and numbers that the C library may not have, and two habits: EINTR is retried, descriptors close at scope end. */
#ifndef KERNEL_H
#define KERNEL_H

#include <errno.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4u
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Repeats a call that a signal interrupted. */
#define RETRY(call)                             \
  (__extension__({                              \
    long retry_result;                          \
    do {                                        \
      retry_result = (long)(call);              \
    } while (retry_result < 0 && errno == EINTR); \
    retry_result;                               \
  }))

static inline void close_at_end(const int *fd) {
  if (*fd >= 0) {
    int saved = errno;
    (void)close(*fd);
    errno = saved;
  }
}
/* `AUTO_CLOSE int fd = …;` closes fd when the scope ends; set it to -1 to hand it on. */
#define AUTO_CLOSE __attribute__((cleanup(close_at_end)))

static inline int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)RETRY(syscall(SYS_openat2, dir, path, &how, sizeof how));
}
static inline pid_t sys_clone3(struct clone_args *args) { return (pid_t)syscall(SYS_clone3, args, sizeof *args); }
static inline int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int sys_pidfd_send_signal(int pidfd, int number) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}
static inline int sys_close_range(unsigned first, unsigned last, unsigned flags) {
  return (int)syscall(SYS_close_range, first, last, flags);
}
static inline int sys_execveat(int dir, const char *path, char *const args[], char *const env[], int flags) {
  return (int)syscall(SYS_execveat, dir, path, args, env, flags);
}

#endif
