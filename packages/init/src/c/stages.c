/* Running the steps of a plan, and what happens when one fails. */
#include "stages.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "events.h"
#include "identity.h"
#include "io.h"
#include "kernel.h"
#include "report.h"
#include "sync.h"
#include "undo.h"

bool has_stage(const struct run *run, enum teu_stage stage) {
  for (uint32_t i = 0; i < run->plan->count; i++)
    if (run->plan->steps[i].stage == stage) return true;
  return false;
}

const struct teu_step *following_step(const struct run *run) {
  if (run->step == NULL) return NULL;
  const struct teu_step *next = run->step + 1;
  return next < run->plan->steps + run->plan->count && next->stage == run->stage ? next : NULL;
}

void share_fd(struct run *run, int *fd) {
  run->shared_fd = *fd;
  *fd = -1;
}

int take_shared_fd(struct run *run) {
  int fd = run->shared_fd;
  run->shared_fd = -1;
  return fd;
}

static int run_timed(struct run *run, const struct teu_step *step) {
  run->step = step;
  if (run->trace_log == NULL) return run_step(run, step);
  uint64_t start = monotonic_ns();
  int result = run_step(run, step);
  trace_add(run, start, monotonic_ns());
  return result;
}

/* What the core has to do after some container steps. */
static int after_container_step(struct run *run, const struct teu_step *step) {
  switch (step->op) {
  case TEU_OP_USER: /* a change of credentials takes the death signal away, until it is set again, and obeys fs.suid_dumpable */
    if (!run->outlives && parent_is_gone(run)) end_process(1);
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? fail(run, TEU_SYS_prctl, errno, NULL) : 0;
  case TEU_OP_OUTLIVE_PARENT:
    run->outlives = true;
    return 0;
  default:
    return 0;
  }
}

int run_stage(struct run *run, enum teu_stage stage) {
  run->stage = stage;
  for (uint32_t i = 0; i < run->plan->count; i++) {
    const struct teu_step *step = &run->plan->steps[i];
    if (step->stage != stage) continue;
    if (stage == TEU_STAGE_PARENT) {
      run->step = step;
      if (check_cancelled(run) < 0) return -1;
    } else if (run->progress != NULL) {
      __atomic_store_n(&run->progress->step, step->index, __ATOMIC_RELEASE);
    }
    if (run_timed(run, step) < 0) return -1;
    if (stage == TEU_STAGE_CONTAINER && after_container_step(run, step) < 0) return -1;
  }
  return 0;
}

static void copy_text(char *to, size_t size, const char *from) {
  size_t length = from == NULL ? 0 : strnlen(from, size - 1);
  if (length > 0) memcpy(to, from, length);
  to[length] = '\0';
}

/* For the parent, should the words not get through. */
static void note_failure(struct run *run) {
  struct progress *progress = run->progress;
  progress->syscall = (uint32_t)run->failed_syscall;
  progress->errnum = run->failed_errno;
  progress->value = run->failed_value;
  copy_text(progress->path, sizeof progress->path, run->failed_path);
  copy_text(progress->detail, sizeof progress->detail, run->detail);
  __atomic_store_n(&progress->noted, 1, __ATOMIC_RELEASE);
}

_Noreturn void end_failed_stage(struct run *run) {
  note_failure(run);
  report_failure(run);
  if (run->status_fd >= 0) __atomic_store_n(&run->progress->told, 1, __ATOMIC_RELEASE);
  (void)sync_send(run, SYNC_FAILED, 0, -1);
  end_process(1);
}

_Noreturn void become_container(struct run *run) {
  run->stage = TEU_STAGE_CONTAINER;
  if (prepare_exec(run) == 0) (void)run_stage(run, TEU_STAGE_CONTAINER); /* exec is its last step, and does not return when it works */
  end_failed_stage(run);
}

int know_child(struct run *run, pid_t pid, int pidfd) {
  struct process_stat stat;
  run->child = pid;
  run->child_pidfd = pidfd;
  if (read_process_stat(run, pid, &stat) < 0) return -1;
  run->child_start = stat.start_time;
  return 0;
}

static void note_ending(struct run *run, int status, const struct rusage *usage) {
  run->ending = (struct ending){
      .known = true,
      .status = status,
      .time_ns = realtime_ns(),
      .usage =
          {
              (uint64_t)usage->ru_utime.tv_sec * 1000000u + (uint64_t)usage->ru_utime.tv_usec,
              (uint64_t)usage->ru_stime.tv_sec * 1000000u + (uint64_t)usage->ru_stime.tv_usec,
              (uint64_t)usage->ru_maxrss,
              (uint64_t)usage->ru_minflt,
              (uint64_t)usage->ru_majflt,
              (uint64_t)usage->ru_inblock,
              (uint64_t)usage->ru_oublock,
          },
  };
}

void reap(struct run *run, bool wait) {
  struct rusage usage;
  int status;
  pid_t pid;
  if (wait && run->child > 0 && !run->ending.known && RETRY(wait4(run->child, &status, 0, &usage)) == run->child)
    note_ending(run, status, &usage);
  while ((pid = (pid_t)RETRY(wait4(-1, &status, WNOHANG, &usage))) > 0)
    if (pid == run->child) note_ending(run, status, &usage);
}

int await_program(struct run *run) {
  while (!run->sync.at_gate && !program_started(run))
    if (await_child(run) < 0) return -1;
  /* What was asked for in the same moment in which the program began must not be forgotten. */
  if (check_cancelled(run) < 0) return -1;
  run->live = true;
  send_frame_soon(run, run->sync.at_gate ? TEU_FRAME_CREATED : TEU_FRAME_STARTED, (uint64_t)run->child, 0, NULL, 0);
  if (run->sync.at_gate || !run->quiet_start) send_unsent(run);
  return 0;
}

int op_detach(struct run *run, const struct step_detach *step) {
  (void)step;
  return await_program(run);
}

/* A process that ended without a word: what it noted, or else its wait status and the step that it was at, is all there is. */
static void report_silent_end(struct run *run) {
  struct progress *progress = run->progress;
  uint32_t index = __atomic_load_n(&progress->step, __ATOMIC_ACQUIRE);
  run->step = index < run->plan->count ? &run->plan->steps[index] : NULL;
  run->stage = run->step != NULL ? run->step->stage : TEU_STAGE_CONTAINER;
  run->detail[0] = '\0';
  if (__atomic_load_n(&progress->noted, __ATOMIC_ACQUIRE) == 1) {
    (void)fail(run, (enum teu_syscall)progress->syscall, progress->errnum, progress->path);
    run->failed_value = progress->value;
    copy_text(run->detail, sizeof progress->detail, progress->detail);
  } else {
    bool oom = WIFSIGNALED(run->ending.status) && WTERMSIG(run->ending.status) == SIGKILL && undo_has_oom_kill(run);
    (void)fail(run, TEU_SYS_exit, oom ? ENOMEM : 0, NULL);
    run->failed_value = (uint32_t)run->ending.status;
  }
  report_failure(run);
}

/* Whether the container process was gone before the parent's step failed. When both fail, its reason is the reason. */
static bool child_ended_first(struct run *run) {
  while (sync_receive(run, false)) continue;
  if (run->progress != NULL && __atomic_load_n(&run->progress->told, __ATOMIC_ACQUIRE) == 1) run->sync.failed = true;
  return run->sync.ended && !program_started(run) && !run->wishes.cancelled;
}

/* One reason is reported; then nothing may remain. */
static unsigned give_up(struct run *run) {
  bool silent = child_ended_first(run) && !run->sync.failed;
  if (!silent && !run->sync.failed) report_failure(run);
  if (run->child_pidfd >= 0) (void)sys_pidfd_send_signal(run->child_pidfd, SIGKILL);
  if (run->sync_fd >= 0) (void)close(run->sync_fd);
  run->sync_fd = -1;
  reap(run, true);
  if (silent) report_silent_end(run);
  return undo_all(run);
}

/* Clean-up steps do not depend on one another: each is run, each failure reported. */
static unsigned run_after(struct run *run) {
  unsigned failures = 0;
  run->stage = TEU_STAGE_AFTER;
  for (uint32_t i = 0; i < run->plan->count; i++) {
    const struct teu_step *step = &run->plan->steps[i];
    if (step->stage != TEU_STAGE_AFTER || run_timed(run, step) == 0) continue;
    failures++;
    report_failure(run);
  }
  return failures;
}

/* What the last parent step will need to know from the start. */
static void look_ahead(struct run *run) {
  for (uint32_t i = 0; i < run->plan->count && run->plan->steps[i].stage == TEU_STAGE_PARENT; i++) {
    const struct teu_step *step = &run->plan->steps[i];
    if (step->op == TEU_OP_SUPERVISE) {
      run->bound = step->u.supervise.bind_to_caller;
      run->forwards = step->u.supervise.forward_signals;
      run->quiet_start = step->u.supervise.quiet_start;
    }
    if (step->op == TEU_OP_RECORD_INIT) run->records = true;
  }
}

int run_plan(struct run *run) {
  (void)prctl(PR_SET_NAME, "teu:parent", 0, 0, 0);
  trace_open(run);
  look_ahead(run);
  int result = run->once ? signals_open(run) : 0; /* a spawner has done that */
  if (result == 0) result = run_stage(run, TEU_STAGE_PARENT);
  trace_send(run);
  unsigned failures = result < 0 ? give_up(run) : run_after(run);
  trace_send(run);
  report_done(run, failures);
  return result < 0 || failures > 0 ? 1 : 0;
}
