#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "io.h"
#include "kernel.h"
#include "report.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* Non-blocking mode belongs to the open file, which the caller's descriptors share with others (a shell and its terminal). So a terminal
 * or FIFO is opened anew, unless it belongs to another user by now. A socket cannot be, and a file must not: it would be another position. */
static int open_own(int fd, int mode) {
  char path[40], digits[21];
  struct stat kind;
  int own = -1;
  if (fstat(fd, &kind) == 0 && (S_ISCHR(kind.st_mode) || S_ISFIFO(kind.st_mode))) {
    (void)stpcpy(stpcpy(path, "/proc/self/fd/"), decimal((uint64_t)fd, digits));
    own = (int)RETRY(open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
  return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* The other side of the terminal in `relay->input`: bytes as they are, no signals from keys. */
static int make_raw(struct run *run, struct relay *relay) {
  struct termios raw;
  if (tcgetattr(relay->input, &relay->former) < 0) return fail(run, TEU_SYS_ioctl, errno, NULL);
  raw = relay->former;
  cfmakeraw(&raw);
  if (tcsetattr(relay->input, TCSANOW, &raw) < 0) return fail(run, TEU_SYS_ioctl, errno, NULL);
  relay->raw = true;
  return 0;
}

static void copy_size(int from, int to) {
  struct winsize size;
  if (ioctl(from, TIOCGWINSZ, &size) == 0) (void)ioctl(to, TIOCSWINSZ, &size);
}

void relay_size_ahead(struct run *run, int32_t slot) {
  for (uint32_t i = 0; i < run->plan->count; i++) {
    const struct step_supervise *step = &run->plan->steps[i].u.supervise;
    if (run->plan->steps[i].op != TEU_OP_SUPERVISE || step->master != slot || !step->raw || step->input == TEU_NO_SLOT) continue;
    int input = slot_get(run, step->input), master = slot_get(run, slot);
    if (input >= 0 && master >= 0) copy_size(input, master);
  }
}

int relay_open(struct run *run, struct relay *relay, const struct step_supervise *step) {
  int input = -1, output = -1;
  *relay = (struct relay){.master = -1, .peer = -1, .input = -1, .output = -1};
  if (step->master == TEU_NO_SLOT) return 0;
  if ((relay->master = slot_get(run, step->master)) < 0) return -1;
  if (step->input != TEU_NO_SLOT && (input = slot_get(run, step->input)) < 0) return -1;
  if (step->output != TEU_NO_SLOT && (output = slot_get(run, step->output)) < 0) return -1;
  if (fcntl(relay->master, F_SETFL, O_RDWR | O_NONBLOCK) < 0) return fail(run, TEU_SYS_fcntl, errno, NULL);
  if (input >= 0 && (relay->input = open_own(input, O_RDONLY)) < 0) return fail(run, TEU_SYS_open, errno, NULL);
  if (output >= 0 && (relay->output = open_own(output, O_WRONLY)) < 0) return fail(run, TEU_SYS_open, errno, NULL);
  relay->peer = ioctl(relay->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  relay->open = true;
  relay->in.from = relay->input;
  relay->in.to = relay->out.from = relay->master;
  relay->out.to = relay->output;
  if (!step->raw || relay->input < 0) return 0;
  relay_follow_size(relay);
  return make_raw(run, relay);
}

void relay_close(struct relay *relay) {
  if (relay->raw) (void)tcsetattr(relay->input, TCSANOW, &relay->former);
  const int own[] = {relay->peer, relay->input, relay->output};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (own[i] >= 0) (void)close(own[i]);
  relay->open = relay->raw = false;
  relay->peer = relay->input = relay->output = -1;
}

static bool wants_read(const struct lane *lane) { return lane->size == 0 && lane->from >= 0; }
static bool wants_write(const struct lane *lane) { return lane->size > 0 && lane->to >= 0; }

void relay_events(const struct relay *relay, struct pollfd events[RELAY_EVENTS]) {
  for (int i = 0; i < RELAY_EVENTS; i++) events[i] = (struct pollfd){.fd = -1};
  if (!relay->open) return;
  short master = (short)((wants_read(&relay->out) ? POLLIN : 0) | (wants_write(&relay->in) ? POLLOUT : 0));
  /* a hung up pty is always ready: it is only looked at when there is something to do with it */
  if (master != 0) events[0] = (struct pollfd){.fd = relay->master, .events = master};
  if (wants_read(&relay->in)) events[1] = (struct pollfd){.fd = relay->in.from, .events = POLLIN};
  if (wants_write(&relay->out)) events[2] = (struct pollfd){.fd = relay->out.to, .events = POLLOUT};
}

static void lane_read(struct lane *lane) {
  ssize_t size = RETRY(read(lane->from, lane->bytes, sizeof lane->bytes));
  if (size > 0) {
    lane->start = 0;
    lane->size = (size_t)size;
  } else if (size == 0 || errno != EAGAIN) {
    lane->from = -1; /* the end of input; a pty says EIO when nobody has its other side open */
  }
}

/* When nobody reads any more, what comes is thrown away: the container must not stop because of that. */
static void lane_write(struct lane *lane) {
  ssize_t size = RETRY(write(lane->to, lane->bytes + lane->start, lane->size));
  if (size < 0 && errno == EAGAIN) return;
  if (size < 0) {
    lane->to = -1;
    lane->size = 0;
    return;
  }
  lane->start += (size_t)size;
  lane->size -= (size_t)size;
}

static void lane_serve(struct lane *lane, bool readable, bool writable) {
  if (wants_read(lane) && readable) {
    lane_read(lane);
    writable = true; /* most often so, and write(2) says if not */
  }
  if (lane->size > 0 && lane->to < 0) lane->size = 0;
  if (wants_write(lane) && writable) lane_write(lane);
}

void relay_serve(struct relay *relay, const struct pollfd events[RELAY_EVENTS]) {
  const short readable = POLLIN | POLLHUP | POLLERR, writable = POLLOUT | POLLHUP | POLLERR;
  if (!relay->open) return;
  lane_serve(&relay->in, (events[1].revents & readable) != 0, (events[0].revents & writable) != 0);
  lane_serve(&relay->out, (events[0].revents & readable) != 0, (events[2].revents & writable) != 0);
}

bool relay_drains(struct relay *relay) {
  if (!relay->open) return false;
  relay->in.from = -1;
  relay->in.size = 0;
  struct lane *out = &relay->out;
  if (wants_read(out)) lane_read(out); /* EAGAIN: what the container has written is all here */
  return wants_write(out);
}

void relay_follow_size(const struct relay *relay) {
  if (relay->open && relay->input >= 0) copy_size(relay->input, relay->master);
}

void relay_set_size(const struct relay *relay, uint16_t rows, uint16_t columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  if (relay->open) (void)ioctl(relay->master, TIOCSWINSZ, &size);
}
