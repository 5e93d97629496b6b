#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "io.h"
#include "kernel.h"
#include "report.h"
#include "sys.h"

int host_proc(struct run *run) {
  if (run->proc_fd >= 0) return run->proc_fd;
  AUTO_CLOSE int fd = (int)RETRY(openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct statfs fs;
  struct stat root;
  if (fd < 0) return fail(run, TEU_SYS_open, errno, "/proc");
  if (fstatfs(fd, &fs) < 0 || fstat(fd, &root) < 0) return fail(run, TEU_SYS_fstatfs, errno, "/proc");
  if (fs.f_type != SYS_PROC_SUPER_MAGIC || root.st_ino != 1) return fail(run, TEU_SYS_fstatfs, ENODEV, "/proc");
  run->proc_fd = fd;
  fd = -1;
  return run->proc_fd;
}

bool process_path(pid_t pid, const char *file, char path[64]) {
  char digits[21];
  if (strlen(file) > 40 || strstr(file, "..") != NULL) return false; /* another process's directory is one step up */
  (void)stpcpy(stpcpy(stpcpy(path, decimal((uint64_t)pid, digits)), "/"), file);
  return true;
}

/* The second field is the command in parentheses, and may itself hold spaces, newlines and parentheses: the last one counts. */
static bool parse_stat(const char *text, size_t size, struct process_stat *stat) {
  const char *end = text + size;
  const char *at = memrchr(text, ')', size);
  if (at == NULL || end - at < 4) return false;
  stat->state = at[2];
  for (int field = 2; field < 22; field++) {
    at = memchr(at, ' ', (size_t)(end - at));
    if (at == NULL) return false;
    at++;
  }
  uint64_t number = 0;
  const char *start = at;
  for (; at < end && *at >= '0' && *at <= '9'; at++) number = number * 10 + (uint64_t)(*at - '0');
  stat->start_time = number;
  return at > start;
}

int read_process_stat(struct run *run, pid_t pid, struct process_stat *stat) {
  char path[64], text[1024];
  int proc = host_proc(run);
  if (proc < 0) return -1;
  (void)process_path(pid, "stat", path);
  AUTO_CLOSE int fd = (int)RETRY(openat(proc, path, O_RDONLY | O_CLOEXEC));
  ssize_t size = fd < 0 ? -1 : RETRY(read(fd, text, sizeof text)); /* procfs gives it whole */
  if (size < 0) return fail(run, TEU_SYS_open, errno == ENOENT ? ESRCH : errno, "/proc/PID/stat");
  return parse_stat(text, (size_t)size, stat) ? 0 : fail(run, TEU_SYS_read, EPROTO, "/proc/PID/stat");
}

int open_process(struct run *run, pid_t pid, uint64_t start_time) {
  struct process_stat stat;
  if (pid <= 0) return fail(run, TEU_SYS_pidfd_open, ESRCH, NULL);
  AUTO_CLOSE int fd = sys_pidfd_open(pid);
  if (fd < 0) return fail(run, TEU_SYS_pidfd_open, errno == EINVAL ? ESRCH : errno, NULL);
  if (read_process_stat(run, pid, &stat) < 0) return -1;
  /* what the pidfd refers to had the pid when it was opened; if the start time, read later, fits, it was that process then too */
  if (stat.start_time != start_time || stat.state == 'Z' || stat.state == 'X') return fail(run, TEU_SYS_pidfd_open, ESRCH, NULL);
  int result = fd;
  fd = -1;
  return result;
}

int op_open_pidfd(struct run *run, const struct step_open_pidfd *step) {
  int fd = open_process(run, (pid_t)step->pid, step->start_time);
  return fd < 0 ? -1 : slot_put(run, step->slot, fd);
}
