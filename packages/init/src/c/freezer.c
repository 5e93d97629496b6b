/* Freezing and thawing a cgroup, and knowing when it has happened. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "cgroup.h"
#include "io.h"
#include "sys.h"

/* How long a v1 freeze is tried when no limit is given: nothing announces its end, and some never come. */
#define V1_PATIENCE_MS 10000
#define NS_PER_MS UINT64_C(1000000)

static int remaining_ms(uint64_t deadline) {
  uint64_t now = monotonic_ns();
  if (deadline == UINT64_MAX) return -1;
  return now >= deadline ? 0 : (int)((deadline - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* Waits until `frozen` in cgroup.events has this value. 0 or an errno. */
static int await_v2(int cgroup, bool frozen, uint32_t timeout_ms) {
  AUTO_CLOSE int events = openat(cgroup, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (events < 0) return errno;
  uint64_t deadline = timeout_ms == 0 ? UINT64_MAX : monotonic_ns() + timeout_ms * NS_PER_MS;
  for (;;) {
    char text[256];
    ssize_t size = RETRY(pread(events, text, sizeof text - 1, 0));
    if (size < 0) return errno == ENODEV ? ENOENT : errno;
    text[size] = '\0';
    if (cgroup_value(text, "frozen") == frozen) return 0;
    struct pollfd change = {.fd = events, .events = POLLPRI};
    int ready = (int)RETRY(poll(&change, 1, remaining_ms(deadline)));
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
  }
}

static int freeze_v2(int cgroup, uint32_t timeout_ms) {
  int errnum = cgroup_write(cgroup, "cgroup.freeze", "1");
  if (errnum != 0) return errnum;
  errnum = await_v2(cgroup, true, timeout_ms);
  /* Left as it is, it would freeze later, when nobody expects it any more. */
  if (errnum != 0) (void)cgroup_write(cgroup, "cgroup.freeze", "0");
  return errnum;
}

/* A task that resists, or one that has just joined, leaves it at FREEZING: then it is told again, and from time to time everything
 * runs for a moment, so that what resists can get to where it can be frozen. */
static int freeze_v1(int cgroup, uint32_t timeout_ms) {
  uint64_t deadline = monotonic_ns() + (timeout_ms == 0 ? V1_PATIENCE_MS : timeout_ms) * NS_PER_MS;
  int errnum = 0;
  for (unsigned attempt = 1; errnum == 0; attempt++) {
    char state[32];
    if (attempt % 50 == 0) {
      (void)cgroup_write(cgroup, "freezer.state", "THAWED");
      pause_us(10000);
    }
    errnum = cgroup_write(cgroup, "freezer.state", "FROZEN");
    if (attempt % 25 == 0) pause_us(10);
    if (errnum == 0) errnum = cgroup_read(cgroup, "freezer.state", state, sizeof state);
    if (errnum == 0 && strncmp(state, "FROZEN", 6) == 0) return 0;
    if (errnum == 0 && monotonic_ns() >= deadline) errnum = ETIMEDOUT;
  }
  (void)cgroup_write(cgroup, "freezer.state", "THAWED");
  return errnum;
}

int cgroup_freeze(int cgroup, bool v2, uint32_t timeout_ms) {
  return v2 ? freeze_v2(cgroup, timeout_ms) : freeze_v1(cgroup, timeout_ms);
}

bool cgroup_is_frozen(int cgroup, bool v2) {
  char text[32];
  if (v2) return cgroup_read(cgroup, "cgroup.freeze", text, sizeof text) == 0 && text[0] == '1';
  /* FROZEN because of an ancestor is not this cgroup's doing. */
  return cgroup_read(cgroup, "freezer.self_freezing", text, sizeof text) == 0 && text[0] == '1';
}

/* A cgroup that somebody froze inside the container keeps its processes even from dying. One that vanishes meanwhile is thawed too,
 * and where there is no freezer there is nothing frozen. */
static int thaw_one(int cgroup, void *v2) {
  int errnum = 0;
  if (*(bool *)v2) {
    if (cgroup_is_frozen(cgroup, true)) errnum = cgroup_write(cgroup, "cgroup.freeze", "0");
  } else {
    errnum = cgroup_write(cgroup, "freezer.state", "THAWED");
  }
  return errnum == ENOENT ? 0 : errnum;
}

int cgroup_thaw(int cgroup, bool v2, uint32_t timeout_ms) {
  int errnum = cgroup_walk(cgroup, thaw_one, &v2);
  if (errnum != 0 || !v2) return errnum; /* v1 thaws before write(2) returns */
  errnum = await_v2(cgroup, false, timeout_ms);
  return errnum == ENOENT ? 0 : errnum;
}

int op_freeze(struct run *run, const struct step_freeze *step) {
  AUTO_CLOSE int cgroup = cgroup_open(step->path);
  if (cgroup < 0) return fail(run, TEU_SYS_open, errno, step->path);
  int errnum = step->frozen ? cgroup_freeze(cgroup, step->v2, step->timeout_ms) : cgroup_thaw(cgroup, step->v2, step->timeout_ms);
  if (errnum == 0) return 0;
  return fail(run, errnum == ETIMEDOUT ? TEU_SYS_timeout : TEU_SYS_write, errnum, step->path);
}
