/* The end of the container stage: the gate, and the program. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "kernel.h"
#include "report.h"
#include "stages.h"
#include "sync.h"

/* The first process of a pid namespace does not die of a signal that it has no handler for. At the gate it should, as the program
 * would. */
static void end_by_signal(int number) { end_process(128 + number); }

static void end_by_signals(void) {
  static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  struct sigaction action = {.sa_handler = end_by_signal};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) (void)sigaction(numbers[i], &action, NULL);
}

/* From here on what there is to say concerns whoever opens the gate; the creator's channel must not stay open because of us. */
static void turn_to_starter(struct run *run, int32_t status) {
  trace_send(run);
  if (run->status_fd >= 0) (void)close(run->status_fd);
  run->status_fd = run->slots[status];
  run->slots[status] = -1;
  run->gated = true;
}

int op_gate(struct run *run, const struct step_gate *step) {
  char byte;
  int go = slot_get(run, step->go);
  if (go < 0 || slot_get(run, step->status) < 0) return -1;
  end_by_signals();
  turn_to_starter(run, step->status);
  if (sync_send(run, SYNC_GATE, 0, -1) < 0 && !run->outlives) end_process(1);
  struct pollfd opened = {.fd = go, .events = POLLIN};
  if (RETRY(poll(&opened, 1, -1)) < 0) return fail(run, TEU_SYS_poll, errno, NULL);
  ssize_t size = read_full(go, &byte, 1);
  if (size != 1) return fail(run, TEU_SYS_read, size < 0 ? errno : EPIPE, NULL);
  slot_close(run, step->go);
  return 0;
}

/* Makes the descriptors in `slots` 3, 4, …. Those, and ours, are first moved out of the way. */
static int place_descriptors(struct run *run, const struct teu_u32s *slots) {
  int end = 3 + (int)slots->count;
  int *ours[] = {&run->sync_fd, &run->status_fd};
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
    if (*ours[i] < 3 || *ours[i] >= end) continue;
    if ((*ours[i] = fcntl(*ours[i], F_DUPFD_CLOEXEC, end)) < 0) return fail(run, TEU_SYS_fcntl, errno, NULL);
  }
  for (uint32_t i = 0; i < slots->count; i++) {
    int fd = slot_get(run, (int32_t)slots->items[i]);
    if (fd < 0) return -1;
    if (fd >= end) continue;
    if ((run->slots[slots->items[i]] = fcntl(fd, F_DUPFD_CLOEXEC, end)) < 0) return fail(run, TEU_SYS_fcntl, errno, NULL);
  }
  for (uint32_t i = 0; i < slots->count; i++)
    if (RETRY(dup3(run->slots[slots->items[i]], 3 + (int)i, 0)) < 0) return fail(run, TEU_SYS_dup3, errno, NULL);
  return 0;
}

/* The environment of the program: as asked, then HOME where the plan looks it up, then LISTEN_PID. A filter that is in force by now may
 * refuse what malloc needs, so prepare_exec has made room. */
static char **environment(struct run *run, const struct step_exec *step, char listen_pid[40]) {
  if (run->env == NULL) return step->env.items;
  char **at = run->env;
  for (uint32_t i = 0; i < step->env.count; i++) *at++ = step->env.items[i];
  if (run->home[0] != '\0') *at++ = run->home;
  if (step->listen_pid) {
    char digits[21];
    (void)stpcpy(stpcpy(listen_pid, "LISTEN_PID="), decimal((uint64_t)getpid(), digits));
    *at++ = listen_pid;
  }
  *at = NULL;
  return run->env;
}

int prepare_exec(struct run *run) {
  const struct step_exec *exec = NULL;
  bool adds = false;
  for (uint32_t i = 0; i < run->plan->count; i++) {
    const struct teu_step *step = &run->plan->steps[i];
    if (step->op == TEU_OP_EXEC) exec = &step->u.exec;
    adds = adds || step->op == TEU_OP_HOME || (step->op == TEU_OP_EXEC && step->u.exec.listen_pid);
  }
  if (!adds || exec == NULL) return 0;
  run->env = malloc(((size_t)exec->env.count + 3) * sizeof *run->env);
  return run->env == NULL ? fail(run, TEU_SYS_NONE, ENOMEM, NULL) : 0;
}

int op_exec(struct run *run, const struct step_exec *step) {
  char listen_pid[40];
  if (run->program == NULL) return fail(run, TEU_SYS_execve, ENOENT, step->args.count > 0 ? step->args.items[0] : NULL);
  char **env = environment(run, step, listen_pid);
  if (place_descriptors(run, &step->fds) < 0) return -1;
  trace_send(run);
  if (run->gated) send_frame(run, TEU_FRAME_STARTED, (uint64_t)getpid(), 0, NULL, 0);
  /* closed by execve, so that its failure can still be told; nothing of ours is left to the program. Where a filter is in force it has
   * been done before, because the filter may refuse it, or kill for it. */
  if (!run->filtered && sys_close_range(3 + step->fds.count, UINT32_MAX, CLOSE_RANGE_CLOEXEC) < 0)
    return fail(run, TEU_SYS_close_range, errno, NULL);
  __atomic_store_n(&run->progress->execs, 1, __ATOMIC_RELEASE);
  errno = EPERM; /* in case that a filter says "refused, with success" */
  (void)execve(run->program, step->args.items, env);
  __atomic_store_n(&run->progress->execs, 0, __ATOMIC_RELEASE);
  return fail(run, TEU_SYS_execve, errno, run->program);
}
