/* Making cgroups and putting the container process into them. */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "io.h"
#include "report.h"
#include "sys.h"

/* Levels below a cgroup that are visited: each holds a descriptor, and a container may nest its own cgroups as it likes. */
#define MAX_LEVELS 400
#define JOIN_RETRIES 5
#define JOIN_PAUSE_US 30000

void pause_us(uint32_t microseconds) {
  struct timespec time = {.tv_sec = microseconds / 1000000, .tv_nsec = (long)(microseconds % 1000000) * 1000};
  while (nanosleep(&time, &time) < 0 && errno == EINTR) continue;
}

int cgroup_open(const char *path) { return openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

/* ENODEV is how the files of a cgroup answer that has been removed while they were open. */
static int gone(int errnum) { return errnum == ENODEV ? ENOENT : errnum; }

int cgroup_write(int cgroup, const char *file, const char *text) {
  AUTO_CLOSE int fd = openat(cgroup, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return gone(errno);
  return RETRY(write(fd, text, strlen(text))) < 0 ? gone(errno) : 0;
}

int cgroup_read(int cgroup, const char *file, char *text, size_t size) {
  ssize_t length = read_file(cgroup, file, text, size - 1);
  text[length < 0 ? 0 : length] = '\0';
  return length < 0 ? gone(errno) : 0;
}

int64_t cgroup_value(const char *text, const char *key) {
  size_t length = strlen(key);
  for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'), line = line == NULL ? NULL : line + 1) {
    if (strncmp(line, key, length) != 0 || line[length] != ' ') continue;
    int64_t number = 0;
    for (const char *digit = line + length + 1; *digit >= '0' && *digit <= '9'; digit++) number = number * 10 + (*digit - '0');
    return number;
  }
  return -1;
}

static int walk(int cgroup, int level, int (*visit)(int cgroup, void *with), void *with) {
  int errnum = visit(cgroup, with);
  if (errnum != 0 || level >= MAX_LEVELS) return errnum;
  int listed = openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = listed < 0 ? NULL : fdopendir(listed);
  if (entries == NULL) {
    errnum = errno;
    close_at_end(&listed);
    return errnum == ENOENT ? 0 : errnum;
  }
  const struct dirent *entry;
  while (errnum == 0 && (entry = readdir(entries)) != NULL) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    AUTO_CLOSE int child = openat(listed, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    errnum = child >= 0 ? walk(child, level + 1, visit, with) : errno == ENOENT ? 0 : errno;
  }
  (void)closedir(entries);
  return errnum;
}

int cgroup_walk(int cgroup, int (*visit)(int cgroup, void *with), void *with) { return walk(cgroup, 0, visit, with); }

static bool has_word(const char *text, const char *word) {
  size_t length = strlen(word);
  for (const char *at = text; (at = strstr(at, word)) != NULL; at += length) {
    bool starts = at == text || at[-1] == ' ';
    if (starts && (at[length] == ' ' || at[length] == '\n' || at[length] == '\0')) return true;
  }
  return false;
}

/* Hands the controllers down to the children of this cgroup. One by one, since one that is not there would spoil the rest; what is
 * refused shows when its limit cannot be written, with a better reason than there is here. */
static void enable(int cgroup, const struct teu_strs *controllers) {
  char present[512];
  if (controllers->count == 0 || cgroup_read(cgroup, "cgroup.subtree_control", present, sizeof present) != 0) return;
  for (uint32_t i = 0; i < controllers->count; i++) {
    char request[64] = "+";
    const char *name = controllers->items[i];
    if (has_word(present, name) || strlen(name) > sizeof request - 2) continue;
    (void)cgroup_write(cgroup, "cgroup.subtree_control", strcat(request, name));
  }
}

/* On v1 a cpuset without processors and memory nodes takes no process; one that has just been `made` starts without. 0 or an errno. */
static int copy_cpuset(int parent, int child, bool made) {
  static const char *const FILES[] = {"cpuset.cpus", "cpuset.mems"};
  for (size_t i = 0; i < 2; i++) {
    char text[4096];
    int errnum = made ? 0 : cgroup_read(child, FILES[i], text, sizeof text);
    if (errnum != 0) return errnum;
    if (!made && text[0] != '\0' && text[0] != '\n') continue;
    errnum = cgroup_read(parent, FILES[i], text, sizeof text);
    if (errnum == 0) errnum = cgroup_write(child, FILES[i], text);
    if (errnum != 0) return errnum;
  }
  return 0;
}

static int has_processes(int cgroup, void *with) {
  char text[32];
  (void)with;
  return cgroup_read(cgroup, "cgroup.procs", text, sizeof text) == 0 && text[0] != '\0' ? EBUSY : 0;
}

/* Why the container cannot live here: NULL when it can. Both would end in a process that never starts, or in killing a stranger. */
static const char *occupied(int cgroup, bool unified, bool made) {
  char text[512];
  bool v2 = unified && cgroup_read(cgroup, "cgroup.events", text, sizeof text) == 0;
  if (v2 && cgroup_value(text, "populated") == 1) return "it holds processes";
  if (v2 && cgroup_value(text, "frozen") == 1) return "it is frozen";
  if (v2 || made) return NULL;
  /* Those of a cgroup below count as well: they would end with the container. */
  if (cgroup_walk(cgroup, has_processes, NULL) == EBUSY) return "it holds processes";
  return cgroup_is_frozen(cgroup, false) ? "it is frozen" : NULL;
}

/* Makes, or enters, one component. The new directory, or -1 after fail(). */
static int make_child(struct run *run, const struct step_make_cgroup *step, int parent, const char *name, size_t prefix, bool last) {
  bool made = mkdirat(parent, name, 0755) == 0;
  if (!made && errno != EEXIST) return fail(run, TEU_SYS_mkdir, errno, step->path);
  if (made && undo_later(run, last ? UNDO_CGROUP : UNDO_RMDIR, step->path, prefix) < 0) return -1;
  AUTO_CLOSE int opened = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int child = opened;
  if (child < 0) return fail(run, TEU_SYS_open, errno, step->path);
  int errnum = step->copy_cpuset ? copy_cpuset(parent, child, made) : 0;
  if (errnum != 0) return fail(run, TEU_SYS_write, errnum, step->path);
  const char *reason = last ? occupied(child, step->unified, made) : NULL;
  if (reason != NULL) {
    set_detail(run, reason, NULL);
    return fail(run, TEU_SYS_mkdir, EBUSY, step->path);
  }
  opened = -1;
  return child;
}

/* A v1 cgroup right below `root` that is not there yet, which is the rule, takes one call: there is nothing to look at in it. */
static bool make_at_once(const struct step_make_cgroup *step, size_t root_length) {
  const char *name = step->path + root_length + 1;
  bool plain = *name != '\0' && *name != '.' && strchr(name, '/') == NULL;
  return plain && !step->unified && !step->copy_cpuset && mkdir(step->path, 0755) == 0;
}

int op_make_cgroup(struct run *run, const struct step_make_cgroup *step) {
  size_t at = strlen(step->root);
  while (at > 0 && step->root[at - 1] == '/') at--;
  if (strncmp(step->path, step->root, at) != 0 || step->path[at] != '/') return fail(run, TEU_SYS_mkdir, EINVAL, step->path);
  if (make_at_once(step, at)) return undo_later(run, UNDO_CGROUP, step->path, 0);
  int parent = cgroup_open(step->root);
  if (parent < 0) return fail(run, TEU_SYS_open, errno, step->root);
  for (;;) {
    char name[NAME_MAX + 1];
    at += strspn(step->path + at, "/");
    size_t length = strcspn(step->path + at, "/");
    if (length == 0) break;
    int child = -1;
    bool dots = step->path[at] == '.' && (length == 1 || (length == 2 && step->path[at + 1] == '.'));
    if (dots || length > NAME_MAX) {
      (void)fail(run, TEU_SYS_mkdir, EINVAL, step->path);
    } else {
      bool last = step->path[at + length + strspn(step->path + at + length, "/")] == '\0';
      memcpy(name, step->path + at, length);
      name[length] = '\0';
      enable(parent, &step->controllers);
      child = make_child(run, step, parent, name, at + length, last);
    }
    (void)close(parent);
    if (child < 0) return -1;
    parent = child;
    at += length;
  }
  (void)close(parent);
  return 0;
}

/* In a threaded v2 cgroup a process is moved thread by thread; a container process that has just begun has one. */
static int write_pid(const char *path, const char *pid) {
  static const char PROCS[] = "/cgroup.procs", THREADS[] = "/cgroup.threads";
  int errnum = cgroup_write(AT_FDCWD, path, pid);
  size_t length = strlen(path), suffix = sizeof PROCS - 1;
  char threads[PATH_MAX];
  if (errnum != EOPNOTSUPP || length < suffix || strcmp(path + length - suffix, PROCS) != 0) return errnum;
  if (length + sizeof THREADS > sizeof threads) return errnum;
  memcpy(threads, path, length - suffix);
  strcpy(threads + length - suffix, THREADS);
  return cgroup_write(AT_FDCWD, threads, pid);
}

int op_write_child_pid(struct run *run, const struct step_write_child_pid *step) {
  char digits[21];
  const char *pid = decimal((uint64_t)run->child, digits);
  int errnum = write_pid(step->path, pid);
  /* A cpuset that is being filled, or a unit that systemd is still making, refuses for a moment. */
  for (int retry = 0; retry < JOIN_RETRIES && (errnum == EINVAL || errnum == EAGAIN); retry++) {
    pause_us(JOIN_PAUSE_US);
    errnum = write_pid(step->path, pid);
  }
  return errnum == 0 ? 0 : fail(run, TEU_SYS_write, errnum, step->path);
}
