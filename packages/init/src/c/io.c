#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "steps.gen.h"

/* Waits for a non-blocking descriptor that somebody else has put into that mode. */
static int wait_for(int fd, short events) {
  struct pollfd entry = {.fd = fd, .events = events};
  return RETRY(poll(&entry, 1, -1)) < 0 ? -1 : 0;
}

ssize_t read_full(int fd, void *to, size_t size) {
  size_t have = 0;
  int futile = 0;
  while (have < size) {
    ssize_t n = RETRY(read(fd, (uint8_t *)to + have, size - have));
    if (n == 0) break;
    if (n > 0)
      have += (size_t)n;
    else if (errno != EAGAIN || ++futile > RETRY_LIMIT || wait_for(fd, POLLIN) < 0)
      return -1;
  }
  return (ssize_t)have;
}

int write_full(int fd, const void *from, size_t size) {
  size_t done = 0;
  int futile = 0;
  while (done < size) {
    ssize_t n = RETRY(write(fd, (const uint8_t *)from + done, size - done));
    if (n > 0) {
      done += (size_t)n;
      continue;
    }
    if (n == 0) errno = EIO;
    if (errno != EAGAIN || ++futile > RETRY_LIMIT || wait_for(fd, POLLOUT) < 0) return -1;
  }
  return 0;
}

ssize_t read_file(int dir, const char *path, void *to, size_t size) {
  AUTO_CLOSE int fd = (int)RETRY(openat(dir, path, O_RDONLY | O_CLOEXEC));
  return fd < 0 ? -1 : read_full(fd, to, size);
}

/* `DIR/.NAME` or `DIR/.NAME.PID`; -1 when it gets too long. */
static int temporary_name(const char *path, int hidden, char name[PATH_MAX]) {
  const char *slash = strrchr(path, '/');
  size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
  size_t base = strlen(path) - dir;
  char digits[21];
  const char *pid = decimal((uint64_t)getpid(), digits);
  size_t pid_length = hidden ? 0 : strlen(pid) + 1;
  if (base == 0 || dir + 1 + base + pid_length + 1 > PATH_MAX) {
    errno = base == 0 ? EISDIR : ENAMETOOLONG;
    return -1;
  }
  memcpy(name, path, dir);
  name[dir] = '.';
  memcpy(name + dir + 1, path + dir, base + 1);
  if (!hidden) {
    name[dir + 1 + base] = '.';
    memcpy(name + dir + 2 + base, pid, pid_length);
  }
  return 0;
}

int replace_file(const char *path, const void *data, size_t size, mode_t mode, int hidden, int *syscall) {
  char name[PATH_MAX];
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  *syscall = TEU_SYS_open;
  if (temporary_name(path, hidden, name) < 0) return errno;
  AUTO_CLOSE int fd = (int)RETRY(openat(AT_FDCWD, name, flags, mode));
  if (fd < 0 && errno == EEXIST && unlink(name) == 0) fd = (int)RETRY(openat(AT_FDCWD, name, flags, mode)); /* left over from a crash */
  if (fd < 0) return errno;
  *syscall = TEU_SYS_write;
  int error = write_full(fd, data, size) < 0 ? errno : 0;
  if (error == 0 && fchmod(fd, mode) < 0) { /* the umask is not asked */
    *syscall = TEU_SYS_chmod;
    error = errno;
  }
  if (error == 0 && rename(name, path) < 0) {
    *syscall = TEU_SYS_rename;
    error = errno;
  }
  if (error != 0) (void)unlink(name);
  return error;
}

static mode_t present_umask;

void set_umask(mode_t mask) {
  present_umask = mask;
  (void)umask(mask);
}

mode_t current_umask(void) { return present_umask; }

char *decimal(uint64_t number, char buffer[21]) {
  char *at = buffer + 20;
  *at = '\0';
  do {
    *--at = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return at;
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now = {0};
  (void)clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
uint64_t realtime_ns(void) { return clock_ns(CLOCK_REALTIME); }
