#include "rootfs.h"

#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "io.h"

/* openat2 answers EAGAIN when something was renamed or mounted anywhere while it went through a `..`: only then is a second look
 * worth anything, and whoever renames without pause must not keep us here for ever. */
#define ATTEMPTS 256
/* As many links as the kernel itself follows (path_resolution(7)). */
#define MAX_LINKS 40
/* provide_once(): `pending` was rewritten, or the tree changed; look again. */
#define AGAIN (-2)

int root_find(int root, const char *path, uint64_t flags, uint64_t resolve) {
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    int fd = sys_openat2(root, *path == '\0' ? "/" : path, flags | O_CLOEXEC, 0,
                         SYS_RESOLVE_IN_ROOT | SYS_RESOLVE_NO_MAGICLINKS | resolve);
    if (fd >= 0 || errno != EAGAIN) return fd;
    (void)sched_yield();
  }
  return -1;
}

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

/* Makes `name`, which has no slash, in the directory `parent` and opens it. */
static int make_entry(int parent, const char *name, enum root_kind kind, mode_t mode) {
  if (is_dots(name)) {
    errno = ENOENT;
    return -1;
  }
  bool cut = (mode & current_umask()) != 0;
  if (cut) (void)umask(0);
  int fd;
  if (kind == ROOT_FILE) {
    fd = openat(parent, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
  } else {
    fd = mkdirat(parent, name, mode);
    if (fd == 0) fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }
  int saved = errno;
  if (cut) (void)umask(current_umask());
  errno = saved;
  return fd;
}

/* `name` exists in `parent` and yet its lookup ended with ENOENT: it is a link to nowhere (1, its text goes to `target`), or it has
 * only just appeared, or gone (0). */
static int dangling_target(int parent, const char *name, char target[PATH_MAX]) {
  AUTO_CLOSE int entry = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat facts;
  if (entry < 0) return errno == ENOENT ? 0 : -1;
  if (fstat(entry, &facts) < 0) return -1;
  if (!S_ISLNK(facts.st_mode)) return 0;
  ssize_t length = readlinkat(entry, "", target, PATH_MAX - 1);
  if (length < 0) return -1;
  target[length] = '\0';
  return 1;
}

/* Puts `target` into `pending` in place of the component at `start`; `rest` is what follows that component. */
static int put_target(char pending[PATH_MAX], size_t start, const char *target, const char *rest) {
  char joined[PATH_MAX];
  size_t before = *target == '/' ? 0 : start, length = strlen(target), after = strlen(rest) + 1;
  if (before + length + 1 + after > sizeof joined) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(joined, pending, before);
  memcpy(joined + before, target, length);
  joined[before + length] = '/';
  memcpy(joined + before + length + 1, rest, after);
  strcpy(pending, joined);
  return AGAIN;
}

/* Goes through `pending` component by component, each prefix looked up from the root again, and makes what is missing. `absent`: the
 * whole of it has just been looked up and was not there. */
static int provide_once(int root, char pending[PATH_MAX], enum root_kind kind, mode_t mode, uint64_t resolve, bool absent, bool *made) {
  AUTO_CLOSE int opened = -1; /* `parent`, when it is not the root itself */
  int parent = root;
  char *start = pending;
  for (;;) {
    start += strspn(start, "/");
    if (*start == '\0') return root_find(root, "/", O_PATH | O_DIRECTORY, 0);
    char *end = start + strcspn(start, "/");
    char *rest = end + strspn(end, "/");
    bool last = *rest == '\0';
    char separator = *end;
    *end = '\0';
    bool known = last && absent && !*made; /* to be absent */
    int next = -1;
    errno = ENOENT;
    if (!known) next = root_find(root, pending, last ? O_PATH : O_PATH | O_DIRECTORY, resolve);
    if (next < 0 && errno == ENOENT) {
      next = make_entry(parent, start, last ? kind : ROOT_DIRECTORY, last ? mode : 0755);
      *made = *made || next >= 0;
    } else if (last) {
      *made = false; /* its parents may be ours, but not this */
    }
    if (next < 0 && errno == EEXIST && known) {
      /* It is there by now. What it is, a proper lookup has to say: a link that must not be followed would be taken for a dangling one. */
      *end = separator;
      return AGAIN;
    }
    if (next < 0 && errno == EEXIST) {
      char target[PATH_MAX];
      int link = dangling_target(parent, start, target);
      *end = separator;
      if (link <= 0) return link == 0 ? AGAIN : -1;
      if ((resolve & SYS_RESOLVE_NO_SYMLINKS) != 0) {
        errno = ELOOP;
        return -1;
      }
      return put_target(pending, (size_t)(start - pending), target, rest);
    }
    if (next < 0 || last) return next;
    close_at_end(&opened);
    *end = separator;
    start = rest;
    parent = opened = next;
  }
}

int root_provide(int root, const char *path, enum root_kind kind, mode_t mode, uint64_t resolve, bool *made) {
  bool unasked;
  if (made == NULL) made = &unasked;
  *made = false;
  int fd = root_find(root, path, O_PATH, resolve);
  if (fd >= 0 || errno != ENOENT) return fd;
  char pending[PATH_MAX];
  if (strlen(path) >= sizeof pending) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(pending, path);
  for (int links = 0; links <= MAX_LINKS; links++) {
    fd = provide_once(root, pending, kind, mode, resolve, links == 0, made);
    if (fd != AGAIN) return fd;
  }
  errno = ELOOP;
  return -1;
}

int root_parent(int root, const char *path, char name[NAME_MAX + 1]) {
  char copy[PATH_MAX];
  size_t length = strlen(path);
  while (length > 0 && path[length - 1] == '/') length--;
  if (length >= sizeof copy) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(copy, path, length);
  copy[length] = '\0';
  char *slash = strrchr(copy, '/');
  const char *base = slash == NULL ? copy : slash + 1;
  if (*base == '\0' || is_dots(base)) {
    errno = EINVAL;
    return -1;
  }
  if (strlen(base) > NAME_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(name, base);
  if (slash == NULL) return root_find(root, "/", O_PATH | O_DIRECTORY, 0);
  *slash = '\0';
  int fd = root_provide(root, copy, ROOT_DIRECTORY, 0755, 0, NULL);
  struct stat facts;
  if (fd >= 0 && (fstat(fd, &facts) < 0 || !S_ISDIR(facts.st_mode))) {
    (void)close(fd);
    errno = ENOTDIR;
    return -1;
  }
  return fd;
}
