/* Copies what a directory of the root holds into a fresh mount that is going to cover it. The source is hostile and may change
 * meanwhile: each entry is opened without following links or leaving its directory, and judged by that descriptor. Directories,
 * regular files (holes stay holes) and links are copied with owner, mode, times and extended attributes; a file with several names
 * becomes several files; devices, sockets and FIFOs are left out, and so is what is mounted below. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "report.h"
#include "rootfs.h"
#include "sys.h"
#include "teu.h"

#define MAX_ENTRIES 100000u
/* Levels of directories; each holds two descriptors. */
#define MAX_DEPTH 128
#define CONFINED (SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_SYMLINKS | SYS_RESOLVE_NO_MAGICLINKS | SYS_RESOLVE_NO_XDEV)
#define XATTR_NAMES 4096
#define XATTR_VALUE 65536

struct copy {
  struct run *run;
  const char *path; /* of the step, for reports */
  uint64_t bytes_left;
  uint32_t entries_left;
};

static int stop(struct copy *copy, enum teu_syscall syscall, int errnum, const char *name) {
  if (copy->run->detail[0] == '\0') set_detail(copy->run, "at ", name, NULL);
  return fail(copy->run, syscall, errnum, copy->path);
}

static int limit(struct copy *copy, int errnum, const char *what) {
  set_detail(copy->run, "more than the allowed ", what, " to copy", NULL);
  return fail(copy->run, TEU_SYS_copy, errnum, copy->path);
}

/* A file system that cannot keep an attribute, or a user who may not set it, is no failure. */
static bool tolerable(int errnum) { return errnum == EOPNOTSUPP || errnum == EPERM || errnum == ENODATA || errnum == ERANGE; }

static int copy_xattrs(struct copy *copy, int from, int to, const char *entry) {
  char names[XATTR_NAMES];
  ssize_t size = flistxattr(from, names, sizeof names);
  if (size < 0) return tolerable(errno) ? 0 : stop(copy, TEU_SYS_getxattr, errno, entry);
  if (size == 0) return 0;
  void *value = malloc(XATTR_VALUE);
  if (value == NULL) return stop(copy, TEU_SYS_mmap, ENOMEM, entry);
  int errnum = 0;
  for (const char *name = names; name < names + size && errnum == 0; name += strlen(name) + 1) {
    ssize_t length = fgetxattr(from, name, value, XATTR_VALUE);
    if ((length < 0 || fsetxattr(to, name, value, (size_t)length, 0) < 0) && !tolerable(errno)) errnum = errno;
  }
  free(value);
  return errnum == 0 ? 0 : stop(copy, TEU_SYS_getxattr, errnum, entry);
}

/* Owner before mode, since a change of owner takes set-user-id bits away; capabilities after the owner for the same reason. */
static int copy_attributes(struct copy *copy, int from, int to, const struct stat *facts, const char *name) {
  struct timespec times[2] = {facts->st_atim, facts->st_mtim};
  if (fchown(to, facts->st_uid, facts->st_gid) < 0) return stop(copy, TEU_SYS_chown, errno, name);
  if (fchmod(to, facts->st_mode & 07777) < 0) return stop(copy, TEU_SYS_chmod, errno, name);
  if (copy_xattrs(copy, from, to, name) < 0) return -1;
  return futimens(to, times) < 0 ? stop(copy, TEU_SYS_copy, errno, name) : 0;
}

/* Copies the bytes from `at` to `end`, which hold data. */
static int copy_range(struct copy *copy, int from, int to, off_t at, off_t end, const char *name) {
  static char buffer[65536];
  while (at < end) {
    size_t want = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
    ssize_t size = RETRY(pread(from, buffer, want, at));
    if (size < 0) return stop(copy, TEU_SYS_read, errno, name);
    if (size == 0) break; /* it has become shorter */
    if ((uint64_t)size > copy->bytes_left) return limit(copy, EFBIG, "bytes");
    copy->bytes_left -= (uint64_t)size;
    for (ssize_t done = 0; done < size;) {
      ssize_t written = RETRY(pwrite(to, buffer + done, (size_t)(size - done), at + done));
      if (written < 0) return stop(copy, TEU_SYS_write, errno, name);
      done += written;
    }
    at += size;
  }
  return 0;
}

static int copy_content(struct copy *copy, int from, int to, off_t size, const char *name) {
  if (ftruncate(to, size) < 0) return stop(copy, TEU_SYS_copy, errno, name);
  for (off_t at = 0; at < size;) {
    off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break; /* a hole up to the end */
    off_t hole = data < 0 ? size : lseek(from, data, SEEK_HOLE);
    if (data < 0) data = at; /* a file system without SEEK_DATA */
    if (hole < 0 || hole > size) hole = size;
    if (copy_range(copy, from, to, data, hole, name) < 0) return -1;
    at = hole;
  }
  return 0;
}

static int copy_file(struct copy *copy, int from_dir, int to_dir, const char *name) {
  /* Not blocking and not a controlling terminal, should it have become a FIFO or a terminal since it was looked at. */
  AUTO_CLOSE int from = sys_openat2(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0, CONFINED);
  struct stat facts;
  if (from < 0) return errno == ENOENT || errno == ELOOP || errno == EXDEV ? 0 : stop(copy, TEU_SYS_openat2, errno, name);
  if (fstat(from, &facts) < 0) return stop(copy, TEU_SYS_stat, errno, name);
  if (!S_ISREG(facts.st_mode)) return 0;
  AUTO_CLOSE int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (to < 0) return stop(copy, TEU_SYS_open, errno, name);
  if (copy_content(copy, from, to, facts.st_size, name) < 0) return -1;
  return copy_attributes(copy, from, to, &facts, name);
}

static int copy_link(struct copy *copy, int from_dir, int to_dir, const char *name) {
  char target[PATH_MAX];
  struct stat facts;
  AUTO_CLOSE int from = openat(from_dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (from < 0) return errno == ENOENT ? 0 : stop(copy, TEU_SYS_open, errno, name);
  if (fstat(from, &facts) < 0) return stop(copy, TEU_SYS_stat, errno, name);
  ssize_t length = S_ISLNK(facts.st_mode) ? readlinkat(from, "", target, sizeof target - 1) : 0;
  if (length < 0) return stop(copy, TEU_SYS_readlink, errno, name);
  if (length == 0) return 0; /* no longer a link */
  target[length] = '\0';
  struct timespec times[2] = {facts.st_atim, facts.st_mtim};
  if (symlinkat(target, to_dir, name) < 0) return stop(copy, TEU_SYS_symlink, errno, name);
  if (fchownat(to_dir, name, facts.st_uid, facts.st_gid, AT_SYMLINK_NOFOLLOW) < 0) return stop(copy, TEU_SYS_chown, errno, name);
  return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? stop(copy, TEU_SYS_copy, errno, name) : 0;
}

static int copy_entries(struct copy *copy, int from, int to, int depth);

static int copy_directory(struct copy *copy, int from_dir, int to_dir, const char *name, int depth) {
  AUTO_CLOSE int from = sys_openat2(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, CONFINED);
  struct stat facts;
  if (from < 0) return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV ? 0 : stop(copy, TEU_SYS_openat2, errno, name);
  if (depth > MAX_DEPTH) return limit(copy, ENAMETOOLONG, "levels of directories");
  if (fstat(from, &facts) < 0) return stop(copy, TEU_SYS_stat, errno, name);
  if (mkdirat(to_dir, name, 0700) < 0) return stop(copy, TEU_SYS_mkdir, errno, name);
  AUTO_CLOSE int to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (to < 0) return stop(copy, TEU_SYS_open, errno, name);
  if (copy_entries(copy, from, to, depth) < 0) return -1;
  return copy_attributes(copy, from, to, &facts, name);
}

static int copy_entry(struct copy *copy, int from, int to, const char *name, int depth) {
  struct stat facts;
  if (copy->entries_left == 0) return limit(copy, E2BIG, "100000 entries");
  copy->entries_left--;
  if (fstatat(from, name, &facts, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
    return errno == ENOENT ? 0 : stop(copy, TEU_SYS_stat, errno, name);
  }
  /* This only chooses the way; each way checks again on what it has opened. */
  if (S_ISDIR(facts.st_mode)) return copy_directory(copy, from, to, name, depth + 1);
  if (S_ISLNK(facts.st_mode)) return copy_link(copy, from, to, name);
  return S_ISREG(facts.st_mode) ? copy_file(copy, from, to, name) : 0;
}

static int copy_entries(struct copy *copy, int from, int to, int depth) {
  int listed = fcntl(from, F_DUPFD_CLOEXEC, 3); /* closedir(3) closes it */
  DIR *entries = listed < 0 ? NULL : fdopendir(listed);
  if (entries == NULL) {
    int saved = errno;
    close_at_end(&listed);
    return stop(copy, TEU_SYS_getdents, saved, ".");
  }
  int done = 0;
  while (done == 0) {
    errno = 0;
    const struct dirent *entry = readdir(entries);
    if (entry == NULL) {
      if (errno != 0) done = stop(copy, TEU_SYS_getdents, errno, ".");
      break;
    }
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) done = copy_entry(copy, from, to, entry->d_name, depth);
  }
  (void)closedir(entries);
  return done;
}

int op_copy_up(struct run *run, const struct step_copy_up *step) {
  int mount = slot_get(run, step->mount);
  int root = mount < 0 ? -1 : slot_get(run, step->root);
  if (root < 0) return -1;
  AUTO_CLOSE int from = root_find(root, step->path, O_RDONLY | O_DIRECTORY, 0);
  if (from < 0) return errno == ENOENT ? 0 : fail(run, TEU_SYS_openat2, errno, step->path);
  struct copy copy = {.run = run, .path = step->path, .bytes_left = step->max_bytes, .entries_left = MAX_ENTRIES};
  run->detail[0] = '\0';
  return copy_entries(&copy, from, mount, 0);
}
