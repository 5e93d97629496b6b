/* Entering namespaces, and making user namespaces for id-mapped mounts. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "identity.h"
#include "io.h"
#include "kernel.h"
#include "report.h"

int op_setns(struct run *run, const struct step_setns *step) {
  int fd = slot_get(run, step->slot);
  if (fd < 0) return -1;
  return setns(fd, (int)step->flags) < 0 ? fail(run, TEU_SYS_setns, errno, NULL) : 0;
}

int op_unshare(struct run *run, const struct step_unshare *step) {
  return unshare((int)step->flags) < 0 ? fail(run, TEU_SYS_unshare, errno, NULL) : 0;
}

static int write_map(struct run *run, int proc, pid_t pid, const char *file, const struct teu_bytes *map) {
  char path[64];
  (void)process_path(pid, file, path);
  AUTO_CLOSE int fd = (int)RETRY(openat(proc, path, O_WRONLY | O_CLOEXEC));
  if (fd < 0) return fail(run, TEU_SYS_open, errno, file);
  ssize_t size = RETRY(write(fd, map->data, map->size));
  if (size == (ssize_t)map->size) return 0;
  return fail(run, TEU_SYS_write, size < 0 ? errno : EIO, file);
}

static int map_and_open(struct run *run, const struct step_make_userns *step, int proc, pid_t pid) {
  char path[64];
  if (write_map(run, proc, pid, "uid_map", &step->uid_map) < 0 || write_map(run, proc, pid, "gid_map", &step->gid_map) < 0) return -1;
  (void)process_path(pid, "ns/user", path);
  int fd = (int)RETRY(openat(proc, path, O_RDONLY | O_CLOEXEC));
  return fd < 0 ? fail(run, TEU_SYS_open, errno, "ns/user") : slot_put(run, step->slot, fd);
}

/* The namespace needs a process to have its maps written; once its descriptor is open it lives without one. */
int op_make_userns(struct run *run, const struct step_make_userns *step) {
  int pidfd = -1;
  int proc = host_proc(run);
  if (proc < 0) return -1;
  struct sys_clone_args args = {.flags = CLONE_NEWUSER | CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
  pid_t pid = sys_clone3(&args);
  if (pid < 0) return fail(run, TEU_SYS_clone3, errno, NULL);
  if (pid == 0) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (;;) (void)pause();
  }
  AUTO_CLOSE int holder = pidfd;
  int result = map_and_open(run, step, proc, pid);
  (void)sys_pidfd_send_signal(holder, SIGKILL);
  (void)RETRY(waitpid(pid, NULL, 0));
  return result;
}
