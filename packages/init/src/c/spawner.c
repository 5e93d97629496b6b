#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "decode.h"
#include "events.h"
#include "io.h"
#include "kernel.h"
#include "report.h"
#include "stages.h"

#define MAX_PIPES 8

struct kept_pipe {
  uint32_t slot, flags;
  int fd; /* both ends in one, so that neither side's open waits for the other */
};

/* What is kept for a tag: pipes before its plan comes, then the control channel of the process that runs the plan. */
struct entry {
  uint32_t tag;
  int control; /* -1: no plan yet */
  unsigned pipe_count;
  struct kept_pipe pipes[MAX_PIPES];
};

struct spawner {
  int channel;
  struct entry *entries;
  struct pollfd *events; /* one more than entries; the first is the channel */
  size_t count, capacity;
  struct run reporter; /* for frames of the spawner itself */
};

int run_request(struct run *run, const struct request *request) {
  struct teu_plan plan;
  struct teu_step refused = {0};
  int error = !is_understood(&request->header) || request->header.kind != TEU_REQUEST_PLAN
                  ? EPROTO
                  : decode_plan(request->body, request->size, &plan, &refused.index);
  run->trace = (request->header.flags & REQUEST_TRACE) != 0;
  if (error == 0) {
    run->plan = &plan;
    return run_plan(run);
  }
  run->step = refused.index == 0 && error == EPROTO ? NULL : &refused;
  (void)fail(run, TEU_SYS_decode, error, NULL);
  report_failure(run);
  report_done(run, 0);
  return 1;
}

static struct entry *find_entry(struct spawner *spawner, uint32_t tag) {
  for (size_t i = 0; i < spawner->count; i++)
    if (spawner->entries[i].tag == tag) return &spawner->entries[i];
  return NULL;
}

static struct entry *add_entry(struct spawner *spawner, uint32_t tag) {
  if (spawner->count == spawner->capacity) {
    size_t capacity = spawner->capacity == 0 ? 16 : 2 * spawner->capacity;
    struct entry *entries = realloc(spawner->entries, capacity * sizeof *entries);
    if (entries != NULL) spawner->entries = entries;
    struct pollfd *events = realloc(spawner->events, (capacity + 1) * sizeof *events);
    if (events != NULL) spawner->events = events;
    if (entries == NULL || events == NULL) return NULL;
    spawner->capacity = capacity;
  }
  struct entry *entry = &spawner->entries[spawner->count++];
  *entry = (struct entry){.tag = tag, .control = -1};
  return entry;
}

static void close_pipes(struct entry *entry) {
  for (unsigned i = 0; i < entry->pipe_count; i++) (void)close(entry->pipes[i].fd);
  entry->pipe_count = 0;
}

static void drop_entry(struct spawner *spawner, struct entry *entry) {
  close_pipes(entry);
  if (entry->control >= 0) (void)close(entry->control);
  *entry = spawner->entries[--spawner->count];
}

static void refuse(struct spawner *spawner, uint32_t tag, enum teu_syscall syscall, int errnum, const char *path) {
  spawner->reporter.tag = tag;
  report_without_step(&spawner->reporter, syscall, errnum, path);
}

/* Fills the slots that pipes were made for. The container's end goes one way only, so that the end of the data can be seen. */
static int adopt_pipes(struct run *run, const struct entry *entry) {
  for (unsigned i = 0; i < entry->pipe_count; i++) {
    const struct kept_pipe *kept = &entry->pipes[i];
    char path[40], digits[21];
    (void)stpcpy(stpcpy(path, "/proc/self/fd/"), decimal((uint64_t)kept->fd, digits));
    int fd = (int)RETRY(open(path, ((kept->flags & PIPE_READS) != 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
    (void)close(kept->fd);
    if (fd < 0) return fail(run, TEU_SYS_open, errno, NULL);
    if (slot_put(run, (int32_t)kept->slot, fd) < 0) return -1;
  }
  return 0;
}

/* The process of one plan. What belongs to other plans is closed: an end of file must reach them when the spawner ends. */
static _Noreturn void run_child(struct spawner *spawner, const struct entry *entry, const struct request *request, int control) {
  struct run run;
  (void)signal(SIGCHLD, SIG_DFL);
  for (size_t i = 0; i < spawner->count; i++) {
    struct entry *other = &spawner->entries[i];
    if (other == entry) continue;
    if (other->control >= 0) (void)close(other->control);
    close_pipes(other);
  }
  init_run(&run, spawner->channel);
  run.tag = request->header.tag;
  run.control_fd = control;
  run.proc_fd = spawner->reporter.proc_fd;
  if (adopt_pipes(&run, entry) == 0) _exit(run_request(&run, request));
  report_failure(&run);
  report_done(&run, 0);
  _exit(1);
}

static void start_plan(struct spawner *spawner, const struct request *request) {
  uint32_t tag = request->header.tag;
  int control[2];
  struct entry *entry = find_entry(spawner, tag);
  if (entry != NULL && entry->control >= 0) {
    refuse(spawner, tag, TEU_SYS_decode, EBUSY, NULL);
    return;
  }
  if (entry == NULL) entry = add_entry(spawner, tag);
  enum teu_syscall failed = TEU_SYS_pipe;
  /* non-blocking: a plan that does not listen must not hold up the others */
  if (entry != NULL && pipe2(control, O_CLOEXEC | O_NONBLOCK) == 0) {
    struct sys_clone_args args = {.exit_signal = SIGCHLD};
    pid_t pid = sys_clone3(&args);
    if (pid == 0) {
      (void)close(control[1]);
      run_child(spawner, entry, request, control[0]);
    }
    int error = errno;
    (void)close(control[0]);
    if (pid > 0) {
      entry->control = control[1];
      close_pipes(entry);
      return;
    }
    (void)close(control[1]);
    failed = TEU_SYS_fork;
    errno = error;
  }
  refuse(spawner, tag, failed, errno, NULL);
  report_done(&spawner->reporter, 0);
  if (entry != NULL) drop_entry(spawner, entry);
}

/* Makes the FIFO and opens it. Returns the descriptor, or -1 with errno. */
static int open_fifo(const char *path) {
  struct stat made;
  if (mkfifo(path, 0600) < 0) return -1;
  int fd = (int)RETRY(open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (fd >= 0 && fstat(fd, &made) == 0 && S_ISFIFO(made.st_mode)) return fd;
  int error = fd < 0 ? errno : EINVAL;
  if (fd >= 0) (void)close(fd);
  errno = error;
  return -1;
}

static void make_pipe(struct spawner *spawner, const struct request *request) {
  struct pipe_request pipe;
  uint32_t tag = request->header.tag;
  if (!decode_pipe(request, &pipe)) {
    refuse(spawner, tag, TEU_SYS_decode, EPROTO, NULL);
    return;
  }
  struct entry *entry = find_entry(spawner, tag);
  if (entry == NULL) entry = add_entry(spawner, tag);
  if (entry == NULL || entry->control >= 0 || entry->pipe_count == MAX_PIPES) {
    refuse(spawner, tag, TEU_SYS_mkfifo, entry == NULL ? ENOMEM : EBUSY, pipe.path);
    return;
  }
  int fd = open_fifo(pipe.path);
  if (fd < 0) {
    refuse(spawner, tag, TEU_SYS_mkfifo, errno, pipe.path);
    return;
  }
  entry->pipes[entry->pipe_count++] = (struct kept_pipe){pipe.slot, pipe.flags, fd};
  spawner->reporter.tag = tag;
  spawner->reporter.step = NULL;
  send_frame(&spawner->reporter, TEU_FRAME_PIPE_READY, pipe.slot, 0, NULL, 0);
}

/* Control requests go to the process of the plan as they are. A tag that is unknown has ended: nothing to control any more. */
static void pass_control(struct spawner *spawner, const struct request *request) {
  struct control_request control;
  struct entry *entry = find_entry(spawner, request->header.tag);
  if (entry == NULL || request->size != sizeof control - sizeof control.header) return;
  memcpy(&control.header, &request->header, sizeof control.header);
  memcpy(&control.what, request->body, request->size);
  if (entry->control >= 0)
    (void)!write(entry->control, &control, sizeof control);
  else if (control.what == TEU_CONTROL_RELEASE)
    drop_entry(spawner, entry);
}

/* Takes one request; false when there are no more. */
static bool serve_one(struct spawner *spawner) {
  struct request request;
  int error = read_request(spawner->channel, &request);
  if (error == ENODATA) return false;
  if (error != 0) { /* where the next request would begin is not known */
    refuse(spawner, request.header.tag, TEU_SYS_decode, error, NULL);
    return false;
  }
  if (!is_understood(&request.header)) {
    refuse(spawner, request.header.tag, TEU_SYS_decode, EPROTO, NULL);
    report_done(&spawner->reporter, 0);
  } else if (request.header.kind == TEU_REQUEST_PLAN) {
    start_plan(spawner, &request);
  } else if (request.header.kind == TEU_REQUEST_PIPE) {
    make_pipe(spawner, &request);
  } else {
    pass_control(spawner, &request);
  }
  free_request(&request);
  return true;
}

/* A control channel without a reader: the process of that plan is gone. */
static void drop_ended(struct spawner *spawner) {
  for (size_t i = spawner->count; i > 0; i--)
    if (spawner->events[i].revents != 0) drop_entry(spawner, &spawner->entries[i - 1]);
}

int serve_requests(int channel) {
  struct spawner spawner = {.channel = channel};
  (void)prctl(PR_SET_NAME, "teu:spawner", 0, 0, 0);
  (void)signal(SIGCHLD, SIG_IGN); /* the kernel reaps; that a child has ended shows at its control channel */
  init_run(&spawner.reporter, channel);
  if (signals_open(&spawner.reporter) < 0) return 1;
  (void)host_proc(&spawner.reporter); /* once for all plans; when it fails each of them says so */
  send_frame(&spawner.reporter, TEU_FRAME_HELLO, STEPS_SCHEMA, (uint64_t)getpid(), NULL, 0);
  spawner.events = malloc(sizeof *spawner.events);
  if (spawner.events == NULL) return 1;
  for (;;) {
    spawner.events[0] = (struct pollfd){.fd = channel, .events = POLLIN};
    for (size_t i = 0; i < spawner.count; i++) spawner.events[i + 1] = (struct pollfd){.fd = spawner.entries[i].control};
    if (RETRY(poll(spawner.events, spawner.count + 1, -1)) < 0) return 1;
    bool requested = spawner.events[0].revents != 0;
    drop_ended(&spawner);
    if (requested && !serve_one(&spawner)) return 0;
  }
}
