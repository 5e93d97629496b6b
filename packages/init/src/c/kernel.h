/* System calls around processes and descriptors that the C library may have no function for, defined here so that the program
 * builds without kernel headers; and two habits: EINTR is retried, descriptors close at scope end. */
#ifndef KERNEL_H
#define KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Since Linux 5.1 a new call has the same number on every architecture. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

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
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000u
#endif
#ifndef CLONE_PARENT
#define CLONE_PARENT 0x8000u
#endif
#ifndef CLONE_NEWUSER
#define CLONE_NEWUSER 0x10000000u
#endif
#define CLONE_INTO_CGROUP_FLAG 0x200000000u

/* Repeats a call that a signal interrupted. A filter may answer EINTR, too, and will do so each time. */
#define RETRY_LIMIT 100000
#define RETRY(call)                                                     \
  (__extension__({                                                      \
    long retry_result;                                                  \
    int retry_left = RETRY_LIMIT;                                       \
    do {                                                                \
      retry_result = (long)(call);                                      \
    } while (retry_result < 0 && errno == EINTR && --retry_left > 0);   \
    retry_result;                                                       \
  }))

/* Ends this process also under a filter that refuses even that: _exit(3) would try again and again, an illegal instruction asks nobody. */
static inline _Noreturn void end_process(int status) {
  (void)syscall(SYS_exit_group, status);
  __builtin_trap();
}

static inline void close_at_end(const int *fd) {
  if (*fd >= 0) {
    int saved = errno;
    (void)close(*fd);
    errno = saved;
  }
}
/* `AUTO_CLOSE int fd = …;` closes fd when the scope ends; set it to -1 to hand it on. */
#define AUTO_CLOSE __attribute__((cleanup(close_at_end)))

struct sys_open_how {
  uint64_t flags, mode, resolve;
};
static inline int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct sys_open_how how = {flags, mode, resolve};
  return (int)RETRY(syscall(SYS_openat2, dir, path, &how, sizeof how));
}

struct sys_clone_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
static inline pid_t sys_clone3(struct sys_clone_args *args) { return (pid_t)syscall(SYS_clone3, args, sizeof *args); }

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
