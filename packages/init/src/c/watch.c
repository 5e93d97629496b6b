/* Single acts on a container that exists: signals to its process, waiting for its end, memory events. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/eventfd.h>

#include "events.h"
#include "identity.h"
#include "io.h"
#include "kernel.h"

int op_kill_process(struct run *run, const struct step_kill_process *step) {
  AUTO_CLOSE int pidfd = open_process(run, (pid_t)step->pid, step->start_time);
  if (pidfd < 0) return -1;
  return sys_pidfd_send_signal(pidfd, (int)step->signal) < 0 ? fail(run, TEU_SYS_pidfd_send_signal, errno, NULL) : 0;
}

/* The caller wants no more: by a release, by going away, or by a signal to teu-init. */
static bool is_over(const struct run *run) {
  return run->wishes.released || run->wishes.caller_gone || run->wishes.cancelled;
}

int op_wait_process(struct run *run, const struct step_wait_process *step) {
  AUTO_CLOSE int pidfd = open_process(run, (pid_t)step->pid, step->start_time);
  if (pidfd < 0) return run->failed_errno == ESRCH ? 0 : -1;
  uint64_t deadline = step->timeout_ms == 0 ? 0 : monotonic_ns() + step->timeout_ms * 1000000ull;
  for (;;) {
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    if (wait_event(run, &end, 1, ms_until(deadline)) < 0) return -1;
    if (end.revents != 0) return 0;
    if (is_over(run)) return fail(run, TEU_SYS_poll, ECANCELED, NULL);
    if (deadline != 0 && ms_until(deadline) == 0) return fail(run, TEU_SYS_timeout, ETIMEDOUT, NULL);
  }
}

/* Opens a file of the cgroup. */
static int open_in(struct run *run, const char *directory, const char *file, int flags) {
  AUTO_CLOSE int dir = (int)RETRY(open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (dir < 0) return fail(run, TEU_SYS_open, errno, directory);
  int fd = (int)RETRY(openat(dir, file, flags | O_CLOEXEC | O_NOFOLLOW));
  return fd < 0 ? fail(run, TEU_SYS_open, errno, file) : fd;
}

/* Reads the number after `key ` at the start of a line; false when the file is gone or has none. */
static bool read_counter(int fd, const char *key, uint64_t *value) {
  char text[4096];
  ssize_t size = RETRY(pread(fd, text, sizeof text - 1, 0));
  if (size < 0) return false;
  text[size] = '\0';
  size_t length = strlen(key);
  for (const char *line = text; line != NULL && *line != '\0';) {
    if (strncmp(line, key, length) == 0 && line[length] == ' ') {
      uint64_t number = 0;
      for (const char *at = line + length + 1; *at >= '0' && *at <= '9'; at++) number = number * 10 + (uint64_t)(*at - '0');
      *value = number;
      return true;
    }
    line = strchr(line, '\n');
    if (line != NULL) line++;
  }
  return false;
}

/* A v2 cgroup that nothing lives in any more. */
static bool is_empty(int events) {
  uint64_t populated;
  return !read_counter(events, "populated", &populated) || populated == 0;
}

static int watch_oom_v2(struct run *run, const char *path) {
  AUTO_CLOSE int memory = open_in(run, path, "memory.events", O_RDONLY);
  if (memory < 0) return -1;
  AUTO_CLOSE int cgroup = open_in(run, path, "cgroup.events", O_RDONLY);
  if (cgroup < 0) return -1;
  uint64_t before = 0, kills;
  for (bool first = true;; first = false) {
    /* emptiness is read before the counter, so that a kill that was the end is still seen */
    bool last = is_empty(cgroup);
    if (!read_counter(memory, "oom_kill", &kills)) return 0;
    if (first || kills > before) (void)send_event(run, kills);
    before = kills;
    struct pollfd changes[] = {{.fd = memory, .events = POLLPRI}, {.fd = cgroup, .events = POLLPRI}};
    if (last || is_over(run)) return 0;
    if (wait_event(run, changes, 2, -1) < 0) return -1;
  }
}

/* Asks a v1 cgroup to signal an eventfd: `<eventfd> <descriptor of the file> <argument>` to cgroup.event_control. */
static int subscribe(struct run *run, const char *path, int target, const char *argument) {
  char line[256], number[21];
  AUTO_CLOSE int control = open_in(run, path, "cgroup.event_control", O_WRONLY);
  if (control < 0) return -1;
  AUTO_CLOSE int events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (events < 0) return fail(run, TEU_SYS_eventfd, errno, NULL);
  if (strlen(argument) > 128) return fail(run, TEU_SYS_write, ENAMETOOLONG, "cgroup.event_control");
  char *end = stpcpy(stpcpy(line, decimal((uint64_t)events, number)), " ");
  end = stpcpy(stpcpy(stpcpy(end, decimal((uint64_t)target, number)), " "), argument);
  if (RETRY(write(control, line, (size_t)(end - line))) < 0) return fail(run, TEU_SYS_write, errno, "cgroup.event_control");
  int result = events;
  events = -1;
  return result;
}

/* Waits for one notification. Returns 1, 0 when it was the cgroup's removal (which notifies too) or the caller's wish, -1. */
static int next_notification(struct run *run, const char *path, int events) {
  uint64_t count;
  for (;;) {
    struct pollfd ready = {.fd = events, .events = POLLIN};
    if (wait_event(run, &ready, 1, -1) < 0) return -1;
    if (is_over(run)) return 0;
    if (ready.revents == 0 || RETRY(read(events, &count, sizeof count)) < 0) continue;
    AUTO_CLOSE int still_there = (int)RETRY(openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (still_there < 0) return 0;
    return faccessat(still_there, "cgroup.event_control", F_OK, 0) == 0 ? 1 : 0;
  }
}

/* The notification of v1 comes when memory has run out, the kill it leads to is counted a moment later. */
#define KILL_DELAY_MS 1000
#define KILL_LOOK_MS 5

static int await_kill(struct run *run, int control, uint64_t before, uint64_t *kills) {
  uint64_t deadline = monotonic_ns() + KILL_DELAY_MS * 1000000ull;
  while (read_counter(control, "oom_kill", kills) && *kills <= before && ms_until(deadline) > 0 && !is_over(run))
    if (wait_event(run, NULL, 0, KILL_LOOK_MS) < 0) return -1;
  return 0;
}

static int watch_oom_v1(struct run *run, const char *path) {
  AUTO_CLOSE int control = open_in(run, path, "memory.oom_control", O_RDONLY);
  if (control < 0) return -1;
  AUTO_CLOSE int events = subscribe(run, path, control, "");
  if (events < 0) return -1;
  uint64_t before = 0;
  (void)read_counter(control, "oom_kill", &before); /* absent before Linux 4.13 */
  (void)send_event(run, before);
  for (;;) {
    uint64_t kills = before;
    int next = next_notification(run, path, events);
    if (next <= 0) return next;
    if (await_kill(run, control, before, &kills) < 0) return -1;
    if (kills > before) (void)send_event(run, kills);
    before = kills;
  }
}

int op_watch_oom(struct run *run, const struct step_watch_oom *step) {
  return step->v2 ? watch_oom_v2(run, step->path) : watch_oom_v1(run, step->path);
}

static int watch_pressure_v2(struct run *run, const char *path, const char *trigger) {
  AUTO_CLOSE int pressure = open_in(run, path, "memory.pressure", O_RDWR | O_NONBLOCK);
  if (pressure < 0) return -1;
  AUTO_CLOSE int cgroup = open_in(run, path, "cgroup.events", O_RDONLY);
  if (cgroup < 0) return -1;
  if (RETRY(write(pressure, trigger, strlen(trigger) + 1)) < 0) return fail(run, TEU_SYS_write, errno, "memory.pressure");
  while (!is_over(run) && !is_empty(cgroup)) {
    struct pollfd changes[] = {{.fd = pressure, .events = POLLPRI}, {.fd = cgroup, .events = POLLPRI}};
    if (wait_event(run, changes, 2, -1) < 0) return -1;
    if ((changes[0].revents & POLLERR) != 0) return 0; /* the cgroup is gone */
    if ((changes[0].revents & POLLPRI) != 0) (void)send_event(run, 1);
  }
  return 0;
}

static int watch_pressure_v1(struct run *run, const char *path, const char *level) {
  AUTO_CLOSE int pressure = open_in(run, path, "memory.pressure_level", O_RDONLY);
  if (pressure < 0) return -1;
  AUTO_CLOSE int events = subscribe(run, path, pressure, level);
  if (events < 0) return -1;
  for (;;) {
    int next = next_notification(run, path, events);
    if (next <= 0) return next;
    (void)send_event(run, 1);
  }
}

int op_watch_pressure(struct run *run, const struct step_watch_pressure *step) {
  return step->v2 ? watch_pressure_v2(run, step->path, step->trigger) : watch_pressure_v1(run, step->path, step->trigger);
}
