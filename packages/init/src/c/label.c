/* Labels of security modules. A label that is written to the wrong file is a container without one, or a write that somebody else
 * has chosen: the file must be the one of this task, on procfs itself, with nothing mounted over any part of the way. */
#include <errno.h>
#include <string.h>

#include "sys.h"
#include "teu.h"

/* `thread-self` is an ordinary link of procfs that names this task as that procfs counts pids; nothing else on the way may be a link
 * that leads elsewhere, or a mount. */
#define OWN_FILE (SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_MAGICLINKS | SYS_RESOLVE_NO_XDEV)
#define PROC "/proc/"
#define MAX_NAME 64

int op_lsm_label(struct run *run, const struct step_lsm_label *step) {
  int proc = slot_get(run, step->proc);
  if (proc < 0) return -1;
  char shown[sizeof PROC "thread-self/attr/" + MAX_NAME] = PROC "thread-self/attr/";
  if (strlen(step->file) > MAX_NAME) return fail(run, TEU_SYS_open, ENAMETOOLONG, step->file);
  const char *path = strcat(shown, step->file) + strlen(PROC);
  AUTO_CLOSE int attribute = sys_openat2(proc, path, O_WRONLY | O_CLOEXEC, 0, OWN_FILE);
  if (attribute < 0) return fail_copy(run, TEU_SYS_openat2, errno, shown);
  size_t length = strlen(step->label);
  ssize_t written = RETRY(write(attribute, step->label, length));
  if (written == (ssize_t)length) return 0;
  return fail_copy(run, TEU_SYS_write, written < 0 ? errno : EIO, shown);
}
