/* The step `clone`: from here on there are two processes. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "events.h"
#include "identity.h"
#include "kernel.h"
#include "report.h"
#include "stages.h"
#include "sync.h"

/* A child keeps nothing that is the parent's alone. The sync line's end of file is what tells either side that the other is gone. */
static void leave_parent(struct run *run, int sync_fd) {
  const int parents[] = {run->sync_fd, run->control_fd, run->signal_fd, run->proc_fd, run->child_pidfd};
  for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++)
    if (parents[i] >= 0) (void)close(parents[i]);
  run->sync_fd = sync_fd;
  run->control_fd = run->signal_fd = run->proc_fd = run->child_pidfd = -1;
  run->child = 0;
}

/* First acts of a new process. A parent that died before the death signal was set has left the line at its end. */
static void settle(struct run *run, const char *name) {
  sigset_t none;
  (void)sigemptyset(&none);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (parent_is_gone(run)) _exit(1);
  (void)prctl(PR_SET_NAME, name, 0, 0, 0);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
  run->step = NULL;
  trace_forget(run);
}

static void into_cgroup(struct sys_clone_args *args, int cgroup) {
  if (cgroup < 0) return;
  args->flags |= CLONE_INTO_CGROUP_FLAG;
  args->cgroup = (uint64_t)cgroup;
}

/* `network` is a namespace to enter, or -1. */
static _Noreturn void run_container(struct run *run, const struct teu_step *clone_step, int network) {
  settle(run, "teu:init");
  if (network >= 0 && setns(network, CLONE_NEWNET) == 0) {
    (void)close(network);
    network = -1;
  }
  if (network < 0) become_container(run);
  run->stage = TEU_STAGE_CONTAINER;
  run->step = clone_step;
  (void)fail(run, TEU_SYS_setns, errno, NULL);
  end_failed_stage(run);
}

/* A namespace that is ready belongs to the user namespace that this process is in: it is of no use to a container with one of its own. */
static bool has_ready_network(const struct run *run, const struct step_clone *step) {
  return run->network_fd >= 0 && (step->flags & CLONE_NEWNET) != 0 && (step->flags & CLONE_NEWUSER) == 0;
}

static int clone_directly(struct run *run, const struct step_clone *step, int cgroup, int sync_fd) {
  int pidfd = -1;
  bool enters = has_ready_network(run, step);
  struct sys_clone_args args = {.flags = step->flags};
  into_cgroup(&args, cgroup);
  if (enters) args.flags &= ~(uint64_t)CLONE_NEWNET;
  args.flags |= CLONE_PIDFD;
  args.pidfd = (uintptr_t)&pidfd;
  args.exit_signal = SIGCHLD;
  const struct teu_step *clone_step = run->step;
  pid_t pid = sys_clone3(&args);
  if (pid == 0) {
    leave_parent(run, sync_fd);
    run_container(run, clone_step, enters ? run->network_fd : -1);
  }
  int error = errno;
  (void)close(sync_fd);
  if (run->network_fd >= 0 && !enters) (void)close(run->network_fd);
  if (enters) run->netns_fd = run->network_fd; /* /proc/PID/ns/net is the caller's until the container process has entered this one */
  run->network_fd = -1;
  return pid < 0 ? fail(run, TEU_SYS_clone3, error, NULL) : know_child(run, pid, pidfd);
}

/* The joiner: is born in the container's cgroup, as it could not clone into one from inside a cgroup namespace (where the hierarchy is
 * mounted with nsdelegate, nothing in such a namespace comes from outside). It enters namespaces that exist, then makes the container
 * process, which becomes the parent's child. Its own pid namespace is the host's still, so the pid that it gets is the one that the
 * parent knows. */
static _Noreturn void run_joiner(struct run *run, const struct step_clone *step, int sync_fd) {
  const struct teu_step *clone_step = run->step;
  leave_parent(run, sync_fd);
  settle(run, "teu:joiner");
  if (run_stage(run, TEU_STAGE_JOINER) < 0) end_failed_stage(run);
  trace_send(run);
  struct sys_clone_args args = {.flags = step->flags | CLONE_PARENT}; /* takes the exit signal of this process */
  pid_t pid = sys_clone3(&args);
  if (pid == 0) run_container(run, clone_step, -1);
  run->step = clone_step;
  if (pid < 0) {
    (void)fail(run, TEU_SYS_clone3, errno, NULL);
    end_failed_stage(run);
  }
  _exit(sync_send(run, SYNC_CHILD, (uint32_t)pid, -1) < 0 ? 1 : 0);
}

/* Waits until the joiner has said who the container process is, and has gone. */
static int await_joiner(struct run *run, pid_t joiner, int joiner_pidfd) {
  int result = 0;
  while (run->child == 0 && result == 0) {
    struct pollfd end = {.fd = joiner_pidfd, .events = POLLIN};
    if (check_cancelled(run) < 0 || wait_event(run, &end, 1, -1) < 0) result = -1;
    if (end.revents != 0)
      while (sync_receive(run, false)) continue; /* its last words */
    if (run->child == 0 && (end.revents != 0 || run->sync.failed)) result = fail(run, TEU_SYS_exit, 0, NULL);
  }
  if (result < 0) (void)sys_pidfd_send_signal(joiner_pidfd, SIGKILL);
  int status = 0;
  (void)RETRY(waitpid(joiner, &status, 0));
  if (result < 0) run->failed_value = (uint32_t)(run->ending.status = status);
  return result;
}

static int clone_by_joiner(struct run *run, const struct step_clone *step, int cgroup, int sync_fd) {
  int pidfd = -1;
  struct sys_clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
  into_cgroup(&args, cgroup);
  pid_t joiner = sys_clone3(&args);
  if (joiner == 0) run_joiner(run, step, sync_fd);
  int error = errno;
  (void)close(sync_fd);
  if (joiner < 0) return fail(run, TEU_SYS_clone3, error, NULL);
  AUTO_CLOSE int joiner_pidfd = pidfd;
  if (await_joiner(run, joiner, joiner_pidfd) < 0) return -1;
  pid_t pid = run->child;
  int child_pidfd = sys_pidfd_open(pid);
  if (child_pidfd < 0) return fail(run, TEU_SYS_pidfd_open, errno, NULL);
  if (know_child(run, pid, child_pidfd) < 0) return -1;
  sync_help(run); /* it may have asked before its pid was known */
  return 0;
}

int op_clone(struct run *run, const struct step_clone *step) {
  int cgroup = -1, sync_fd;
  send_unsent(run);
  if (step->cgroup != TEU_NO_SLOT && (cgroup = slot_get(run, step->cgroup)) < 0) return -1;
  void *page = mmap(NULL, sizeof *run->progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return fail(run, TEU_SYS_mmap, errno, NULL);
  run->progress = page;
  run->progress->step = NO_STEP;
  if (sync_open(run, &sync_fd) < 0) return -1;
  bool joins = has_stage(run, TEU_STAGE_JOINER);
  int result = joins ? clone_by_joiner(run, step, cgroup, sync_fd) : clone_directly(run, step, cgroup, sync_fd);
  if (result == 0 && !run->records) send_frame_soon(run, TEU_FRAME_INIT, (uint64_t)run->child, run->child_start, NULL, 0);
  return result;
}
