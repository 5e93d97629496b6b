/* Where the program runs and which file it is, looked up in the container with the rights of its user. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "report.h"
#include "rootfs.h"
#include "sys.h"
#include "teu.h"

static int enter(struct run *run, int directory, const char *path) {
  char where[PATH_MAX];
  if (fchdir(directory) < 0) return fail(run, TEU_SYS_fchdir, errno, path);
  /* The system call itself, since a C library may hide the "(unreachable)" that marks a directory outside the root. */
  if (syscall(SYS_getcwd, where, sizeof where) < 0) return errno == ERANGE ? 0 : fail(run, TEU_SYS_getcwd, errno, path);
  if (where[0] == '/') return 0;
  set_detail(run, "it is outside of the container's root", NULL);
  return fail(run, TEU_SYS_getcwd, EACCES, path);
}

/* No magic links: /proc/self/fd/N as working directory would be whatever descriptor somebody has left open. */
int op_chdir(struct run *run, const struct step_chdir *step) {
  AUTO_CLOSE int top = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0) return fail(run, TEU_SYS_open, errno, "/");
  AUTO_CLOSE int directory = step->create ? root_provide(top, step->path, ROOT_DIRECTORY, 0755, 0, NULL)
                                          : root_find(top, step->path, O_PATH | O_DIRECTORY, 0);
  if (directory < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
  return enter(run, directory, step->path);
}

/* 0, or why this file cannot be executed. */
static int why_not(const char *path) {
  struct stat facts;
  if (stat(path, &facts) < 0) return errno;
  if (S_ISDIR(facts.st_mode)) return EISDIR;
  if (!S_ISREG(facts.st_mode)) return EACCES;
  return sys_faccessat2(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* How near a candidate came: the nearest is the one to report. */
static int rank(int errnum) {
  switch (errnum) {
  case EACCES:
  case EPERM:
    return 4;
  case EISDIR:
    return 3;
  case ENOENT:
  case ENOTDIR:
    return 1;
  default:
    return 2;
  }
}

int op_find_program(struct run *run, const struct step_find_program *step) {
  const char *nearest = NULL;
  int nearest_errnum = ENOENT;
  for (uint32_t i = 0; i < step->candidates.count; i++) {
    const char *path = step->candidates.items[i];
    int errnum = why_not(path);
    if (errnum == 0) {
      run->program = path;
      return 0;
    }
    if (nearest != NULL && rank(errnum) <= rank(nearest_errnum)) continue;
    nearest = path;
    nearest_errnum = errnum == ENOTDIR ? ENOENT : errnum;
  }
  return fail(run, TEU_SYS_access, nearest_errnum, nearest);
}
