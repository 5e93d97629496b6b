/* Steps on descriptors and host files. Host paths come from the caller or from teu, never from a container. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "io.h"
#include "kernel.h"
#include "report.h"
#include "sys.h"

#define MAX_COLLECTED 3072
#define MAX_KEPT 65536

int op_open(struct run *run, const struct step_open *step) {
  int fd = (int)RETRY(openat(AT_FDCWD, step->path, (int)(step->flags | O_CLOEXEC), (mode_t)step->mode));
  return fd < 0 ? fail(run, TEU_SYS_open, errno, step->path) : slot_put(run, step->slot, fd);
}

int op_close(struct run *run, const struct step_close *step) {
  slot_close(run, step->slot);
  return 0;
}

/* By insertion: they are few, and most often in order. */
static void sort_numbers(int *numbers, size_t count) {
  for (size_t i = 1; i < count; i++) {
    int number = numbers[i];
    size_t at = i;
    for (; at > 0 && numbers[at - 1] > number; at--) numbers[at] = numbers[at - 1];
    numbers[at] = number;
  }
}

/* Closes the numbers above 2 that are not in `kept`, which is sorted. */
static int close_gaps(struct run *run, const int *kept, size_t count) {
  unsigned first = 3;
  for (size_t i = 0; i < count; i++) {
    if (kept[i] < 3) continue;
    unsigned fd = (unsigned)kept[i];
    if (fd > first && sys_close_range(first, fd - 1, 0) < 0) return fail(run, TEU_SYS_close_range, errno, NULL);
    first = fd + 1;
  }
  return sys_close_range(first, UINT_MAX, 0) < 0 ? fail(run, TEU_SYS_close_range, errno, NULL) : 0;
}

static bool is_kept(const struct teu_u32s *keep, uint32_t slot) {
  for (uint32_t i = 0; i < keep->count; i++)
    if (keep->items[i] == slot) return true;
  return false;
}

int op_close_others(struct run *run, const struct step_close_others *step) {
  const int ours[] = {run->status_fd, run->sync_fd, run->control_fd, run->signal_fd, run->proc_fd, run->netns_fd, run->child_pidfd};
  const size_t ours_count = sizeof ours / sizeof ours[0];
  int few[64], *kept = few;
  if (ours_count + step->keep.count > sizeof few / sizeof few[0]) kept = malloc((ours_count + step->keep.count) * sizeof *kept);
  if (kept == NULL) return fail(run, TEU_SYS_NONE, ENOMEM, NULL);
  memcpy(kept, ours, sizeof ours);
  size_t count = ours_count;
  for (uint32_t slot = 0; slot < TEU_SLOT_COUNT; slot++) {
    if (run->slots[slot] < 0) continue;
    if (is_kept(&step->keep, slot))
      kept[count++] = run->slots[slot];
    else
      run->slots[slot] = -1; /* closed below */
  }
  sort_numbers(kept, count);
  int result = close_gaps(run, kept, count);
  if (kept != few) free(kept);
  return result;
}

int op_adopt(struct run *run, const struct step_adopt *step) {
  char digits[21];
  const int ours[] = {run->status_fd, run->sync_fd, run->control_fd, run->signal_fd, run->proc_fd, run->child_pidfd};
  bool taken = step->fd > INT_MAX || fcntl((int)step->fd, F_GETFD) < 0;
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) taken = taken || (int)step->fd == ours[i];
  if (taken) {
    set_detail(run, "descriptor ", decimal(step->fd, digits), " is not open", NULL);
    return fail(run, TEU_SYS_fcntl, EBADF, NULL);
  }
  if (step->fd > 2) return slot_set(run, step->slot, (int)step->fd);
  int copy = fcntl((int)step->fd, F_DUPFD_CLOEXEC, 3); /* 0-2 stay what they are: numbers that are free would be used by the next open */
  return copy < 0 ? fail(run, TEU_SYS_fcntl, errno, NULL) : slot_put(run, step->slot, copy);
}

/* Whether the next step writes to this host file too, as device rules are, line by line. */
static bool is_written_again(const struct run *run, const struct step_write_file *step) {
  const struct teu_step *next = following_step(run);
  return step->dir == TEU_NO_SLOT && next != NULL && next->op == TEU_OP_WRITE_FILE && next->u.write_file.dir == TEU_NO_SLOT &&
         strcmp(next->u.write_file.path, step->path) == 0;
}

int op_write_file(struct run *run, const struct step_write_file *step) {
  int dir = AT_FDCWD;
  uint64_t resolve = 0;
  if (step->dir != TEU_NO_SLOT) {
    if ((dir = slot_get(run, step->dir)) < 0) return -1;
    resolve = SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_SYMLINKS | SYS_RESOLVE_NO_MAGICLINKS | SYS_RESOLVE_NO_XDEV;
  }
  AUTO_CLOSE int fd = take_shared_fd(run);
  if (fd < 0) fd = sys_openat2(dir, step->path, O_WRONLY | O_CLOEXEC, 0, resolve);
  if (fd < 0) return fail(run, resolve == 0 ? TEU_SYS_open : TEU_SYS_openat2, errno, step->path);
  ssize_t size = RETRY(write(fd, step->data.data, step->data.size));
  if (size != (ssize_t)step->data.size) return fail(run, TEU_SYS_write, size < 0 ? errno : EIO, step->path);
  if (is_written_again(run, step)) share_fd(run, &fd);
  return 0;
}

/* Makes the directory that is the first `length` bytes of `path`, its parents first. */
static int make_directory(struct run *run, const char *path, size_t length, mode_t mode) {
  char name[PATH_MAX];
  if (length >= sizeof name) return fail(run, TEU_SYS_mkdir, ENAMETOOLONG, path);
  memcpy(name, path, length);
  name[length] = '\0';
  int made = mkdir(name, mode);
  if (made < 0 && errno == ENOENT) {
    size_t parent = length;
    while (parent > 0 && name[parent - 1] != '/') parent--;
    while (parent > 0 && name[parent - 1] == '/') parent--;
    if (parent == 0) return fail(run, TEU_SYS_mkdir, ENOENT, path);
    if (make_directory(run, path, parent, mode) < 0) return -1;
    made = mkdir(name, mode);
  }
  if (made < 0) {
    int error = errno;
    struct stat existing;
    if (error != EEXIST || stat(name, &existing) < 0) return fail(run, TEU_SYS_mkdir, error, path);
    return S_ISDIR(existing.st_mode) ? 0 : fail(run, TEU_SYS_mkdir, ENOTDIR, path);
  }
  if (undo_later(run, UNDO_RMDIR, path, length) < 0) return -1;
  /* bits that the umask took */
  return (mode & 022) != 0 && chmod(name, mode) < 0 ? fail(run, TEU_SYS_chmod, errno, path) : 0;
}

int op_mkdir_all(struct run *run, const struct step_mkdir_all *step) {
  size_t length = strlen(step->path);
  while (length > 1 && step->path[length - 1] == '/') length--;
  return make_directory(run, step->path, length, (mode_t)step->mode);
}

int op_mkfifo(struct run *run, const struct step_mkfifo *step) {
  if (mkfifo(step->path, (mode_t)step->mode) < 0) return fail(run, TEU_SYS_mkfifo, errno, step->path);
  if (undo_later(run, UNDO_UNLINK, step->path, 0) < 0) return -1;
  /* through a descriptor: what has its mode and owner changed is the FIFO, whatever the name says by now */
  AUTO_CLOSE int fd = (int)RETRY(openat(AT_FDCWD, step->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  struct stat made;
  if (fd < 0 || fstat(fd, &made) < 0) return fail(run, TEU_SYS_open, errno, step->path);
  if (!S_ISFIFO(made.st_mode)) return fail(run, TEU_SYS_open, EINVAL, step->path);
  if (fchmod(fd, (mode_t)step->mode) < 0) return fail(run, TEU_SYS_chmod, errno, step->path);
  return fchown(fd, step->uid, step->gid) < 0 ? fail(run, TEU_SYS_chown, errno, step->path) : 0;
}

int op_unlink(struct run *run, const struct step_unlink *step) {
  return unlink(step->path) < 0 && errno != ENOENT ? fail(run, TEU_SYS_unlink, errno, step->path) : 0;
}

int op_rmdir(struct run *run, const struct step_rmdir *step) {
  return rmdir(step->path) < 0 && errno != ENOENT ? fail(run, TEU_SYS_rmdir, errno, step->path) : 0;
}

int op_verify_device(struct run *run, const struct step_verify_device *step) {
  struct stat node;
  int fd = slot_get(run, step->slot);
  if (fd < 0) return -1;
  if (fstat(fd, &node) < 0) return fail(run, TEU_SYS_stat, errno, NULL);
  bool kind = step->kind == 'c' ? S_ISCHR(node.st_mode) : step->kind == 'b' && S_ISBLK(node.st_mode);
  bool same = kind && major(node.st_rdev) == step->major && minor(node.st_rdev) == step->minor;
  return same ? 0 : fail(run, TEU_SYS_stat, EINVAL, NULL);
}

/* A file that is not there, or whose cgroup has gone while it was open. */
static bool is_absent(int errnum) { return errnum == ENOENT || errnum == ENODEV; }

int op_collect(struct run *run, const struct step_collect *step) {
  uint8_t payload[256 + MAX_COLLECTED];
  size_t name = strlen(step->name);
  if (name >= 256) return fail(run, TEU_SYS_NONE, ENAMETOOLONG, step->name);
  memcpy(payload, step->name, name + 1);
  ssize_t size = read_file(AT_FDCWD, step->path, payload + name + 1, MAX_COLLECTED);
  if (size < 0) return is_absent(errno) ? 0 : fail(run, TEU_SYS_read, errno, step->path);
  send_frame_soon(run, TEU_FRAME_COLLECTED, 0, 0, payload, name + 1 + (size_t)size);
  return 0;
}

int op_record_exit(struct run *run, const struct step_record_exit *step) {
  char line[80], digits[21];
  int syscall;
  if (!run->ending.known) return fail(run, TEU_SYS_waitid, ECHILD, step->path);
  uint64_t nanoseconds = run->ending.time_ns % 1000000000u;
  char *end = stpcpy(stpcpy(line, decimal((uint32_t)run->ending.status, digits)), " ");
  end = stpcpy(stpcpy(end, decimal(run->ending.time_ns / 1000000000u, digits)), ".");
  end = stpcpy(stpcpy(end, decimal(1000000000u + nanoseconds, digits) + 1), " "); /* nine digits */
  end = stpcpy(end, decimal(run->ending.flags, digits));
  *end++ = '\n';
  int error = replace_file(step->path, line, (size_t)(end - line), 0600, 0, &syscall);
  return error == 0 ? 0 : fail(run, (enum teu_syscall)syscall, error, step->path);
}

int op_keep_file(struct run *run, const struct step_keep_file *step) {
  int syscall;
  char *content = malloc(MAX_KEPT);
  if (content == NULL) return fail(run, TEU_SYS_NONE, ENOMEM, NULL);
  ssize_t size = read_file(AT_FDCWD, step->from, content, MAX_KEPT);
  int result = 0;
  if (size < 0) {
    if (!is_absent(errno)) result = fail(run, TEU_SYS_read, errno, step->from);
  } else {
    int error = replace_file(step->to, content, (size_t)size, 0600, 0, &syscall);
    if (error != 0) result = fail(run, (enum teu_syscall)syscall, error, step->to);
  }
  free(content);
  return result;
}
