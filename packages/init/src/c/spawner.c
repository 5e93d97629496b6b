#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "decode.h"
#include "events.h"
#include "io.h"
#include "kernel.h"
#include "report.h"
#include "spare.h"
#include "stages.h"

/* What is kept for a tag: pipes before its plan comes, then the control channel of the process that runs the plan. */
struct entry {
  uint32_t tag;
  int control; /* -1: no plan yet */
  uint8_t *mark; /* shared with the process of the plan: what has become of it (report.h); NULL: not known */
  unsigned pipe_count;
  struct kept_pipe pipes[MAX_PIPES];
};

/* So many plans at once have a mark; a plan beyond has none. */
#define MAX_MARKS 4096

struct spawner {
  int channel;
  uint8_t *marks; /* a shared mapping; MARK_FREE, or the mark of an entry or of the spare */
  struct entry *entries;
  struct pollfd *events; /* FIRST_ENTRY more than entries */
  size_t count, capacity;
  struct spare spare;
  uint8_t *spare_mark;
  struct run reporter; /* for frames of the spawner itself */
};

/* Places in `events`. */
enum { CHANNEL, SPARE, FIRST_ENTRY };

static uint8_t *take_mark(struct spawner *spawner) {
  uint8_t *mark = spawner->marks == NULL ? NULL : memchr(spawner->marks, MARK_FREE, MAX_MARKS);
  if (mark != NULL) *mark = MARK_TAKEN;
  return mark;
}

static void free_mark(uint8_t *mark) {
  if (mark != NULL) *mark = MARK_FREE;
}

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
    struct pollfd *events = realloc(spawner->events, (FIRST_ENTRY + capacity) * sizeof *events);
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
  free_mark(entry->mark);
  *entry = spawner->entries[--spawner->count];
}

static void refuse(struct spawner *spawner, uint32_t tag, enum teu_syscall syscall, int errnum, const char *path) {
  spawner->reporter.tag = tag;
  report_without_step(&spawner->reporter, syscall, errnum, path);
}

/* Says of a plan whose process was killed what that can say no more: its caller must not wait for ever. */
static void report_killed(struct spawner *spawner, const struct entry *entry) {
  if (entry->mark == NULL || __atomic_load_n(entry->mark, __ATOMIC_ACQUIRE) != MARK_TAKEN) return;
  refuse(spawner, entry->tag, TEU_SYS_NONE, ESRCH, NULL);
  report_done(&spawner->reporter, 0);
}

/* Fills the slots that pipes were made for. The container's end goes one way only, so that the end of the data can be seen. */
static int adopt_pipes(struct run *run, const struct kept_pipe *pipes, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    const struct kept_pipe *kept = &pipes[i];
    char path[40], digits[21];
    (void)stpcpy(stpcpy(path, "/proc/self/fd/"), decimal((uint64_t)kept->fd, digits));
    int fd = (int)RETRY(open(path, ((kept->flags & PIPE_READS) != 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
    (void)close(kept->fd);
    if (fd < 0) return fail(run, TEU_SYS_open, errno, NULL);
    if (slot_put(run, (int32_t)kept->slot, fd) < 0) return -1;
  }
  return 0;
}

/* What belongs to other plans is closed: an end of file must reach them when the spawner ends. */
static void become_stage(struct spawner *spawner, const struct entry *own) {
  (void)signal(SIGCHLD, SIG_DFL);
  for (size_t i = 0; i < spawner->count; i++) {
    struct entry *other = &spawner->entries[i];
    if (other == own) continue;
    if (other->control >= 0) (void)close(other->control);
    close_pipes(other);
  }
}

/* The rest of a process that runs one plan. */
static _Noreturn void run_assigned(struct run *run, const struct request *request, const struct kept_pipe *pipes, unsigned count) {
  run->tag = request->header.tag;
  if (adopt_pipes(run, pipes, count) == 0) _exit(run_request(run, request));
  report_failure(run);
  report_done(run, 0);
  _exit(1);
}

/* The process of one plan. */
static _Noreturn void run_child(struct spawner *spawner, const struct entry *entry, const struct request *request, int control) {
  struct run run;
  become_stage(spawner, entry);
  spare_drop(&spawner->spare);
  init_run(&run, spawner->channel);
  run.control_fd = control;
  run.proc_fd = spawner->reporter.proc_fd;
  run.done_mark = entry->mark;
  run_assigned(&run, request, entry->pipes, entry->pipe_count);
}

/* The process of a plan that is still to come. */
static _Noreturn void run_spare(struct spawner *spawner, int line, uint8_t *mark) {
  struct run run;
  struct assignment assignment;
  become_stage(spawner, NULL);
  init_run(&run, spawner->channel);
  run.control_fd = line;
  run.proc_fd = spawner->reporter.proc_fd;
  run.done_mark = mark;
  if (spare_wait(&run, line, &assignment, &run.network_fd) == 0)
    run_assigned(&run, &assignment.request, assignment.pipes, assignment.pipe_count);
  run.tag = assignment.request.header.tag;
  report_failure(&run);
  report_done(&run, 0);
  _exit(1);
}

static void drop_spare(struct spawner *spawner) {
  spare_drop(&spawner->spare);
  free_mark(spawner->spare_mark);
  spawner->spare_mark = NULL;
}

/* Gives the plan of an entry to the spare; false when it has to go elsewhere. */
static bool assign_to_spare(struct spawner *spawner, struct entry *entry, const struct request *request) {
  if ((request->header.flags & REQUEST_SPARE) == 0 || spawner->spare.pid == 0) return false;
  entry->control = spare_assign(&spawner->spare, request, entry->pipes, entry->pipe_count);
  if (entry->control < 0) {
    drop_spare(spawner);
    return false;
  }
  entry->mark = spawner->spare_mark;
  spawner->spare_mark = NULL;
  close_pipes(entry);
  return true;
}

/* Keeps one ready, and for how long; 0: none. */
static void keep_spare(struct spawner *spawner, const struct request *request) {
  uint32_t keep_ms;
  int line;
  if (request->size != sizeof keep_ms) {
    refuse(spawner, request->header.tag, TEU_SYS_decode, EPROTO, NULL);
    return;
  }
  memcpy(&keep_ms, request->body, sizeof keep_ms);
  if (keep_ms == 0) {
    drop_spare(spawner);
    return;
  }
  if (spawner->spare.pid == 0) {
    uint8_t *mark = take_mark(spawner);
    if (spare_fork(&spawner->spare, &line)) run_spare(spawner, line, mark);
    spawner->spare_mark = mark;
    if (spawner->spare.pid == 0) drop_spare(spawner);
  }
  if (spawner->spare.pid != 0) spawner->spare.deadline_ns = monotonic_ns() + keep_ms * 1000000ull;
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
  if (entry != NULL && assign_to_spare(spawner, entry, request)) return;
  enum teu_syscall failed = TEU_SYS_pipe;
  /* non-blocking: a plan that does not listen must not hold up the others */
  if (entry != NULL && pipe2(control, O_CLOEXEC | O_NONBLOCK) == 0) {
    struct sys_clone_args args = {.exit_signal = SIGCHLD};
    entry->mark = take_mark(spawner);
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
  } else if (request.header.kind == TEU_REQUEST_SPARE) {
    keep_spare(spawner, &request);
  } else {
    pass_control(spawner, &request);
  }
  free_request(&request);
  return true;
}

/* A control channel without a reader: the process of that plan is gone. */
static void drop_ended(struct spawner *spawner) {
  for (size_t i = spawner->count; i > 0; i--) {
    struct entry *entry = &spawner->entries[i - 1];
    if (spawner->events[FIRST_ENTRY + i - 1].revents == 0) continue;
    report_killed(spawner, entry);
    drop_entry(spawner, entry);
  }
}

/* A spare that has died, or that nobody had a plan for. */
static void drop_unused_spare(struct spawner *spawner) {
  if (spawner->spare.pid == 0) return;
  if (spawner->events[SPARE].revents != 0 || ms_until(spawner->spare.deadline_ns) == 0) drop_spare(spawner);
}

int serve_requests(int channel) {
  struct spawner spawner = {.channel = channel, .spare = {.line = -1}};
  (void)prctl(PR_SET_NAME, "teu:spawner", 0, 0, 0);
  (void)signal(SIGCHLD, SIG_IGN); /* the kernel reaps; that a child has ended shows at its control channel */
  /* So are container processes whose parent stage was killed: an init that is slow to reap them would keep their cgroups from being removed. */
  (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  init_run(&spawner.reporter, channel);
  if (signals_open(&spawner.reporter) < 0) return 1;
  (void)host_proc(&spawner.reporter); /* once for all plans; when it fails each of them says so */
  send_frame(&spawner.reporter, TEU_FRAME_HELLO, STEPS_SCHEMA, (uint64_t)getpid(), NULL, 0);
  void *marks = mmap(NULL, MAX_MARKS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (marks != MAP_FAILED) spawner.marks = marks;
  spawner.events = malloc(FIRST_ENTRY * sizeof *spawner.events);
  if (spawner.events == NULL) return 1;
  for (;;) {
    spawner.events[CHANNEL] = (struct pollfd){.fd = channel, .events = POLLIN};
    spawner.events[SPARE] = (struct pollfd){.fd = spawner.spare.line};
    for (size_t i = 0; i < spawner.count; i++) spawner.events[FIRST_ENTRY + i] = (struct pollfd){.fd = spawner.entries[i].control};
    if (RETRY(poll(spawner.events, FIRST_ENTRY + spawner.count, ms_until(spawner.spare.deadline_ns))) < 0) return 1;
    bool requested = spawner.events[CHANNEL].revents != 0;
    drop_ended(&spawner);
    drop_unused_spare(&spawner);
    if (requested && !serve_one(&spawner)) break;
  }
  spare_reap(&spawner.spare);
  return 0;
}
