/* Steps of the parent that concern the container process from outside. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "identity.h"
#include "io.h"
#include "kernel.h"
#include "report.h"
#include "sys.h"

int op_write_child(struct run *run, const struct step_write_child *step) {
  char path[64];
  int proc = host_proc(run);
  if (proc < 0) return -1;
  if (run->child <= 0) return fail(run, TEU_SYS_open, ESRCH, step->file);
  if (!process_path(run->child, step->file, path)) return fail(run, TEU_SYS_open, EINVAL, step->file);
  AUTO_CLOSE int fd = sys_openat2(proc, path, O_WRONLY | O_CLOEXEC, 0,
                                  SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_SYMLINKS | SYS_RESOLVE_NO_MAGICLINKS | SYS_RESOLVE_NO_XDEV);
  if (fd < 0) return fail(run, TEU_SYS_openat2, errno, step->file);
  ssize_t size = RETRY(write(fd, step->data.data, step->data.size));
  if (size == (ssize_t)step->data.size) return 0;
  return fail(run, TEU_SYS_write, size < 0 ? errno : EIO, step->file);
}

/* `PID START\n` */
static size_t identity_line(const struct run *run, char line[48]) {
  char pid[21], start[21];
  char *end = stpcpy(stpcpy(stpcpy(line, decimal((uint64_t)run->child, pid)), " "), decimal(run->child_start, start));
  *end = '\n';
  return (size_t)(end + 1 - line);
}

int op_record_init(struct run *run, const struct step_record_init *step) {
  char line[48];
  int syscall;
  size_t size = identity_line(run, line);
  int error = replace_file(step->path, line, size, 0600, 0, &syscall);
  if (error != 0) return fail(run, (enum teu_syscall)syscall, error, step->path);
  send_frame_soon(run, TEU_FRAME_INIT, (uint64_t)run->child, run->child_start, NULL, 0);
  return undo_later(run, UNDO_UNLINK, step->path, 0);
}

int op_pid_file(struct run *run, const struct step_pid_file *step) {
  char digits[21];
  int syscall;
  const char *pid = decimal((uint64_t)run->child, digits);
  int error = replace_file(step->path, pid, strlen(pid), 0644, 1, &syscall);
  if (error != 0) return fail(run, (enum teu_syscall)syscall, error, step->path);
  return undo_later(run, UNDO_UNLINK, step->path, 0);
}

int op_rlimit(struct run *run, const struct step_rlimit *step) {
  const struct rlimit limit = {.rlim_cur = step->soft, .rlim_max = step->hard};
  if (run->stage == TEU_STAGE_PARENT && run->child <= 0) return fail(run, TEU_SYS_prlimit, ESRCH, NULL);
  pid_t pid = run->stage == TEU_STAGE_PARENT ? run->child : 0; /* 0: this process */
  return prlimit(pid, (int)step->resource, &limit, NULL) < 0 ? fail(run, TEU_SYS_prlimit, errno, NULL) : 0;
}
