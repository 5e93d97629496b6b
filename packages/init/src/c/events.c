#include "events.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "io.h"
#include "kernel.h"
#include "protocol.h"
#include "report.h"
#include "sync.h"

/* Blocked are all but those that report a defect of teu-init, and SIGPIPE, which has a handler that does nothing. */
int signals_open(struct run *run) {
  static const int left_alone[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPIPE};
  sigset_t set;
  (void)sigfillset(&set);
  for (size_t i = 0; i < sizeof left_alone / sizeof left_alone[0]; i++) (void)sigdelset(&set, left_alone[i]);
  if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) return fail(run, TEU_SYS_NONE, errno, NULL);
  if (!run->once) return 0; /* the caller of a spawner uses the control channel; a signal to the process group is not for us */
  run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return run->signal_fd < 0 ? fail(run, TEU_SYS_NONE, errno, NULL) : 0;
}

/* A signal for the container process: at once, or when it is ready for it. During set-up SIGKILL ends everything. */
static void pass_on(struct run *run, uint32_t number) {
  if (number == 0 || number > 64) return;
  if (run->live)
    (void)sys_pidfd_send_signal(run->child_pidfd, (int)number);
  else if (number == SIGKILL)
    run->wishes.cancelled = true;
  else
    run->wishes.signals |= 1ull << (number - 1);
}

/* Whether the signal came too late to prevent the program. That it runs may not have been noticed yet. */
static bool has_begun(struct run *run) {
  while (!run->live && sync_receive(run, false)) continue;
  return run->live || program_started(run);
}

static void take_signal(struct run *run) {
  struct signalfd_siginfo info;
  while (read(run->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    switch (info.ssi_signo) {
    case SIGCHLD:
      run->wishes.child_ended = true;
      break;
    case SIGURG:
      break;
    case SIGWINCH:
      run->wishes.resized = true;
      break;
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGTERM:
      if (!has_begun(run)) run->wishes.cancelled = true;
      __attribute__((fallthrough));
    default:
      if (run->forwards) pass_on(run, info.ssi_signo);
    }
  }
}

static void obey(struct run *run, const struct control_request *request) {
  switch (request->what) {
  case TEU_CONTROL_SIGNAL:
    pass_on(run, request->a);
    break;
  case TEU_CONTROL_RESIZE:
    if (request->a > UINT16_MAX || request->b > UINT16_MAX) break;
    run->wishes.sized = true;
    run->wishes.rows = (uint16_t)request->a;
    run->wishes.columns = (uint16_t)request->b;
    break;
  case TEU_CONTROL_RELEASE:
    run->wishes.released = true;
    break;
  }
}

/* The control channel's end, and anything on it that is no control request, means that there is no caller. */
static void lose_caller(struct run *run) {
  (void)close(run->control_fd);
  run->control_fd = -1;
  run->wishes.caller_gone = true;
  if (run->bound && !run->live) run->wishes.cancelled = true;
}

static void take_control(struct run *run) {
  struct wishes *wishes = &run->wishes;
  _Static_assert(sizeof wishes->partial == sizeof(struct control_request), "a control request has 32 bytes");
  ssize_t size = RETRY(read(run->control_fd, wishes->partial + wishes->partial_size, sizeof wishes->partial - wishes->partial_size));
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) {
    lose_caller(run);
    return;
  }
  wishes->partial_size += (size_t)size;
  if (wishes->partial_size < sizeof wishes->partial) return;
  wishes->partial_size = 0;
  struct control_request request;
  memcpy(&request, wishes->partial, sizeof request);
  if (is_control(&request))
    obey(run, &request);
  else
    lose_caller(run);
}

/* Frames that can wait are sent when nothing else happens for so long. */
#define UNSENT_DELAY_MS 5

static int poll_all(struct run *run, struct pollfd *all, unsigned count, int timeout_ms) {
  if (run->unsent_size > 0) {
    bool soon = timeout_ms >= 0 && timeout_ms <= UNSENT_DELAY_MS;
    int ready = (int)RETRY(poll(all, count, soon ? timeout_ms : UNSENT_DELAY_MS));
    if (ready != 0 || soon) return ready;
    send_unsent(run);
    if (timeout_ms > 0) timeout_ms -= UNSENT_DELAY_MS;
  }
  return (int)RETRY(poll(all, count, timeout_ms));
}

int wait_event(struct run *run, struct pollfd *extra, unsigned count, int timeout_ms) {
  struct pollfd all[3 + MAX_EXTRA_EVENTS] = {
      {.fd = run->sync.ended ? -1 : run->sync_fd, .events = POLLIN},
      {.fd = run->control_fd, .events = POLLIN},
      {.fd = run->signal_fd, .events = POLLIN},
  };
  if (count > 0) memcpy(all + 3, extra, count * sizeof *extra);
  int ready = poll_all(run, all, 3 + count, timeout_ms);
  if (ready < 0) return fail(run, TEU_SYS_poll, errno, NULL);
  if (all[0].revents != 0) {
    (void)sync_receive(run, false);
    sync_help(run);
    ready--;
  }
  if (all[1].revents != 0) {
    take_control(run);
    ready--;
  }
  if (all[2].revents != 0) {
    take_signal(run);
    ready--;
  }
  if (count > 0) memcpy(extra, all + 3, count * sizeof *extra);
  return ready;
}

int check_cancelled(struct run *run) {
  bool setting_up = run->stage == TEU_STAGE_PARENT && !run->live;
  return run->wishes.cancelled && setting_up ? fail(run, TEU_SYS_sync, ECANCELED, NULL) : 0;
}

int await_child(struct run *run) {
  if (check_cancelled(run) < 0) return -1;
  if (run->sync.failed || run->sync.ended) return fail(run, TEU_SYS_exit, 0, NULL);
  return wait_event(run, NULL, 0, -1) < 0 ? -1 : 0;
}

void deliver_signals(struct run *run) {
  for (uint32_t number = 1; run->wishes.signals != 0; number++) {
    uint64_t bit = 1ull << (number - 1);
    if ((run->wishes.signals & bit) != 0) pass_on(run, number);
    run->wishes.signals &= ~bit;
  }
}

int ms_until(uint64_t deadline_ns) {
  if (deadline_ns == 0) return -1;
  uint64_t now = monotonic_ns();
  if (now >= deadline_ns) return 0;
  uint64_t ms = (deadline_ns - now + 999999) / 1000000;
  return ms > INT_MAX ? INT_MAX : (int)ms;
}
