/* Signals to everything in a cgroup, and removing it. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "cgroup.h"
#include "io.h"
#include "sys.h"

/* How long the killed are given to be gone: a process in the middle of device I/O dies when that is over. */
#define KILL_PATIENCE_MS 10000
#define FREEZE_PATIENCE_MS 2000
#define NS_PER_MS UINT64_C(1000000)
/* 1 + 2 + 4 + … ms, a second in all: a process that has ended belongs to its cgroup until it is reaped. */
#define REMOVE_ATTEMPTS 11

struct round {
  int signal;
  unsigned seen;
};

/* Sends the signal to one pid. Those that have gone meanwhile do not count. */
static int signal_one(pid_t pid, struct round *round) {
  if (pid <= 0 || pid == getpid()) return 0; /* 0 stands for a process of another pid namespace, and would mean ourselves */
  if (kill(pid, round->signal) == 0) round->seen++;
  else if (errno != ESRCH) return errno;
  return 0;
}

static int signal_members(int cgroup, void *with) {
  AUTO_CLOSE int members = openat(cgroup, "cgroup.procs", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (members < 0) return errno == ENOENT || errno == ENODEV ? 0 : errno;
  char text[4096];
  pid_t pid = 0;
  for (;;) {
    ssize_t size = RETRY(read(members, text, sizeof text));
    /* A threaded cgroup lists no processes; they are members of the one above it. */
    if (size <= 0) return size == 0 || errno == ENODEV || errno == EOPNOTSUPP ? 0 : errno;
    for (ssize_t i = 0; i < size; i++) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (text[i] - '0');
        continue;
      }
      int errnum = signal_one(pid, with);
      pid = 0;
      if (errnum != 0) return errnum;
    }
  }
}

/* Waits until a v2 cgroup and all below it are empty. 0 or an errno. */
static int await_empty(int cgroup) {
  AUTO_CLOSE int events = openat(cgroup, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (events < 0) return errno == ENODEV ? ENOENT : errno;
  uint64_t deadline = monotonic_ns() + KILL_PATIENCE_MS * NS_PER_MS;
  for (;;) {
    char text[256];
    ssize_t size = RETRY(pread(events, text, sizeof text - 1, 0));
    if (size < 0) return errno == ENODEV ? ENOENT : errno;
    text[size] = '\0';
    if (cgroup_value(text, "populated") == 0) return 0;
    uint64_t now = monotonic_ns();
    struct pollfd change = {.fd = events, .events = POLLPRI};
    if (now >= deadline || RETRY(poll(&change, 1, (int)((deadline - now) / NS_PER_MS) + 1)) == 0) return ETIMEDOUT;
  }
}

/* Kills again and again until a round finds nobody: what is killed may have forked just before. */
static int kill_rounds(int cgroup, int freezer) {
  uint32_t pause = 500;
  uint64_t deadline = monotonic_ns() + KILL_PATIENCE_MS * NS_PER_MS;
  for (;;) {
    struct round round = {.signal = SIGKILL};
    int errnum = cgroup_walk(cgroup, signal_members, &round);
    if (errnum != 0 || round.seen == 0) return errnum == ENOENT ? 0 : errnum;
    if (monotonic_ns() >= deadline) return ETIMEDOUT;
    (void)cgroup_thaw(freezer < 0 ? cgroup : freezer, false, 0); /* on v1 the frozen do not die */
    pause_us(pause);
    if (pause < 50000) pause *= 2;
  }
}

int op_kill_cgroup(struct run *run, const struct step_kill_cgroup *step) {
  AUTO_CLOSE int cgroup = cgroup_open(step->path);
  if (cgroup < 0) return errno == ENOENT ? 0 : fail(run, TEU_SYS_open, errno, step->path);
  char events[256];
  /* The usual case after a container has ended by itself. */
  if (cgroup_read(cgroup, "cgroup.events", events, sizeof events) == 0 && cgroup_value(events, "populated") == 0) return 0;
  int errnum = cgroup_write(cgroup, "cgroup.kill", "1");
  errnum = errnum == 0 ? await_empty(cgroup) : errnum == ENOENT ? kill_rounds(cgroup, -1) : errnum;
  if (errnum == 0 || errnum == ENOENT) return 0;
  return fail(run, errnum == ETIMEDOUT ? TEU_SYS_timeout : TEU_SYS_write, errnum, step->path);
}

/* Freezing keeps new processes from slipping through between two looks at the list. It is not essential: what cannot be frozen gets
 * its signal all the same. */
static int signal_frozen(int cgroup, int freezer, bool v2, int number) {
  struct round round = {.signal = number};
  bool before = freezer >= 0 && cgroup_is_frozen(freezer, v2);
  bool frozen = freezer >= 0 && !before && cgroup_freeze(freezer, v2, FREEZE_PATIENCE_MS) == 0;
  int errnum = cgroup_walk(cgroup, signal_members, &round);
  /* In a paused container other signals wait until it goes on; SIGKILL must take effect now. */
  if (frozen || (before && number == SIGKILL)) {
    int thawed = cgroup_thaw(freezer, v2, FREEZE_PATIENCE_MS);
    if (errnum == 0 && thawed != ETIMEDOUT) errnum = thawed;
  }
  return errnum;
}

int op_signal_cgroup(struct run *run, const struct step_signal_cgroup *step) {
  int number = (int)step->signal;
  AUTO_CLOSE int cgroup = cgroup_open(step->path);
  if (cgroup < 0) return errno == ENOENT ? 0 : fail(run, TEU_SYS_open, errno, step->path);
  if (number == SIGKILL && cgroup_write(cgroup, "cgroup.kill", "1") == 0) return 0;
  char text[8];
  bool v2 = *step->freezer == '\0';
  AUTO_CLOSE int freezer = v2 ? cgroup_read(cgroup, "cgroup.freeze", text, sizeof text) == 0 ? cgroup_open(step->path) : -1
                              : cgroup_open(step->freezer);
  int errnum = signal_frozen(cgroup, freezer, v2, number);
  if (errnum == 0 && number == SIGKILL) errnum = kill_rounds(cgroup, freezer);
  if (errnum == 0 || errnum == ENOENT) return 0;
  return fail(run, errnum == ETIMEDOUT ? TEU_SYS_timeout : TEU_SYS_pidfd_send_signal, errnum, step->path);
}

/* The name of some child; 0 when there is none, -1 with errno. */
static int some_child(int cgroup, char name[NAME_MAX + 1]) {
  int listed = openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = listed < 0 ? NULL : fdopendir(listed);
  if (entries == NULL) {
    close_at_end(&listed);
    return -1;
  }
  int found = 0;
  const struct dirent *entry;
  while (found == 0 && (entry = readdir(entries)) != NULL) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    strcpy(name, entry->d_name);
    found = 1;
  }
  (void)closedir(entries);
  return found;
}

/* Removes everything below the cgroup, leaf first, however deep a container has nested it: down by name, up by `..` (a cgroup never
 * moves), two descriptors at a time. 0 or an errno. */
static int remove_children(int top) {
  int at = fcntl(top, F_DUPFD_CLOEXEC, 3);
  unsigned depth = 0;
  bool risen = false;
  int errnum = at < 0 ? errno : 0;
  while (errnum == 0) {
    char name[NAME_MAX + 1];
    int found = some_child(at, name);
    if (found < 0) {
      errnum = errno;
    } else if (found == 0 && depth == 0) {
      break;
    } else if (found > 0 && (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)) {
      risen = false;
    } else if (found > 0 && (errno != EBUSY || risen)) {
      errnum = errno; /* risen: it has no children any more, so there are processes in it */
    } else {
      int next = openat(at, found > 0 ? name : "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (next < 0) errnum = errno;
      depth += found > 0 ? 1u : -1u;
      risen = found == 0;
      (void)close(at);
      at = next;
    }
  }
  close_at_end(&at);
  return errnum;
}

static int remove_once(const char *path) {
  if (rmdir(path) == 0 || errno == ENOENT) return 0;
  if (errno != EBUSY && errno != ENOTEMPTY) return errno;
  AUTO_CLOSE int cgroup = cgroup_open(path);
  if (cgroup < 0) return errno == ENOENT ? 0 : errno;
  int errnum = remove_children(cgroup);
  if (errnum != 0 && errnum != ENOENT) return errnum;
  return rmdir(path) == 0 || errno == ENOENT ? 0 : errno;
}

int op_remove_cgroup(struct run *run, const struct step_remove_cgroup *step) {
  int errnum = remove_once(step->path);
  uint32_t pause = 1000;
  for (int attempt = 1; attempt < REMOVE_ATTEMPTS && (errnum == EBUSY || errnum == ENOTEMPTY); attempt++) {
    pause_us(pause);
    pause *= 2;
    errnum = remove_once(step->path);
  }
  return errnum == 0 ? 0 : fail(run, TEU_SYS_rmdir, errnum, step->path);
}
