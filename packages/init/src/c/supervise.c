/* The step `supervise`: staying with the container process until it has ended. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "events.h"
#include "io.h"
#include "kernel.h"
#include "relay.h"
#include "report.h"
#include "stages.h"
#include "sync.h"

/* Flags of the EXITED frame. */
#define EXITED_TIMED_OUT 1u
#define EXITED_CALLER_GONE 2u
#define EXITED_NEVER_RAN 4u

struct watch {
  const struct step_supervise *step;
  struct relay relay;
  bool runs; /* the program, after the gate if there is one */
  uint32_t flags;
  uint64_t deadline_ns; /* of the timeout, then of the grace; 0 none */
};

static void program_runs(struct run *run, struct watch *watch) {
  watch->runs = true;
  if (watch->step->timeout_ms > 0) watch->deadline_ns = monotonic_ns() + watch->step->timeout_ms * 1000000ull;
  if (run->sync.at_gate) send_frame(run, TEU_FRAME_STARTED, (uint64_t)run->child, 0, NULL, 0);
}

/* First the stop signal, and when that was not enough the last one. */
static void keep_deadline(struct run *run, struct watch *watch) {
  if (watch->deadline_ns == 0 || ms_until(watch->deadline_ns) > 0) return;
  bool stop = (watch->flags & EXITED_TIMED_OUT) == 0 && watch->step->stop_signal != 0 && watch->step->grace_ms > 0;
  watch->flags |= EXITED_TIMED_OUT;
  watch->deadline_ns = stop ? monotonic_ns() + watch->step->grace_ms * 1000000ull : 0;
  (void)sys_pidfd_send_signal(run->child_pidfd, stop ? (int)watch->step->stop_signal : SIGKILL);
}

static void grant_wishes(struct run *run, struct watch *watch) {
  struct wishes *wishes = &run->wishes;
  if (wishes->caller_gone && run->bound && (watch->flags & EXITED_CALLER_GONE) == 0) {
    watch->flags |= EXITED_CALLER_GONE;
    (void)sys_pidfd_send_signal(run->child_pidfd, SIGKILL);
  }
  if (wishes->sized) relay_set_size(&watch->relay, wishes->rows, wishes->columns);
  if (wishes->resized && watch->step->raw) relay_follow_size(&watch->relay);
  wishes->sized = wishes->resized = false;
}

/* Until the container process has ended. */
static int stay(struct run *run, struct watch *watch) {
  while (!run->ending.known) {
    struct pollfd events[1 + RELAY_EVENTS] = {{.fd = run->child_pidfd, .events = POLLIN}};
    relay_events(&watch->relay, events + 1);
    if (wait_event(run, events, 1 + RELAY_EVENTS, ms_until(watch->deadline_ns)) < 0) return -1;
    if (!watch->runs && program_started(run)) program_runs(run, watch);
    keep_deadline(run, watch);
    grant_wishes(run, watch);
    relay_serve(&watch->relay, events + 1);
    if (events[0].revents != 0 || run->wishes.child_ended) reap(run, false);
    run->wishes.child_ended = false;
  }
  return 0;
}

/* What the container has written reaches the caller, as long as there is one. */
static int drain(struct run *run, struct watch *watch) {
  while (!(run->wishes.caller_gone && run->bound) && relay_drains(&watch->relay)) {
    struct pollfd events[RELAY_EVENTS];
    relay_events(&watch->relay, events);
    if (wait_event(run, events, RELAY_EVENTS, -1) < 0) return -1;
    relay_serve(&watch->relay, events);
  }
  return 0;
}

static void report_exit(struct run *run) {
  struct {
    uint32_t flags;
    uint64_t usage[7];
  } __attribute__((packed)) payload = {.flags = run->ending.flags};
  for (size_t i = 0; i < 7; i++) payload.usage[i] = run->ending.usage[i];
  send_frame_soon(run, TEU_FRAME_EXITED, (uint32_t)run->ending.status, run->ending.time_ns, &payload, sizeof payload);
}

/* From here on only the relay needs descriptors. A pipe that this process held open would never come to its end, and a gate's starter
 * learns from such an end that the program runs. */
static int let_go(struct run *run, const struct step_supervise *step) {
  const uint32_t kept[] = {(uint32_t)step->master, (uint32_t)step->input, (uint32_t)step->output}; /* none is a slot beyond the table */
  const struct step_close_others others = {.keep = {.count = 3, .items = kept}};
  if (op_close_others(run, &others) < 0) return -1;
  if (step->bind_to_caller) return 0;
  /* A monitor that outlives its caller must not hold the caller's streams. */
  int null = (int)RETRY(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null < 0) return fail(run, TEU_SYS_open, errno, "/dev/null");
  int result = 0;
  for (int fd = 0; fd < 3 && result == 0; fd++)
    if (dup2(null, fd) < 0) result = fail(run, TEU_SYS_dup3, errno, NULL);
  (void)close(null);
  return result;
}

int op_supervise(struct run *run, const struct step_supervise *step) {
  struct watch watch = {.step = step};
  /* what the container process leaves behind outside a pid namespace of its own is reaped here */
  if (run->once && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return fail(run, TEU_SYS_prctl, errno, NULL);
  if (let_go(run, step) < 0 || await_program(run) < 0) return -1;
  if (run->netns_fd >= 0) (void)close(run->netns_fd); /* it must not outlive the container because of us */
  run->netns_fd = -1;
  if (!run->sync.at_gate) program_runs(run, &watch);
  trace_send(run);
  int result = relay_open(run, &watch.relay, step);
  deliver_signals(run);
  if (result == 0) result = stay(run, &watch);
  if (result == 0) result = drain(run, &watch);
  relay_close(&watch.relay);
  if (result < 0) return -1;
  if (!watch.runs) watch.flags |= EXITED_NEVER_RAN;
  run->ending.flags = watch.flags;
  report_exit(run);
  return 0;
}
