/* Small acts around descriptors and ownership that go with a terminal, a mount or a user namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rootfs.h"
#include "sys.h"
#include "teu.h"

/* The parent's part puts the descriptor into its slot of the same number (sync.c). */
int op_give(struct run *run, const struct step_give *step) {
  int fd = slot_get(run, step->slot);
  if (fd < 0 || ask_parent(run, fd) < 0) return -1;
  slot_close(run, step->slot);
  return 0;
}

int op_own(struct run *run, const struct step_own *step) {
  int fd = slot_get(run, step->slot);
  if (fd < 0) return -1;
  return fchown(fd, step->uid, step->gid) < 0 ? fail(run, TEU_SYS_chown, errno, NULL) : 0;
}

int op_copy_mode(struct run *run, const struct step_copy_mode *step) {
  int mount = slot_get(run, step->mount);
  int root = mount < 0 ? -1 : slot_get(run, step->root);
  if (root < 0) return -1;
  AUTO_CLOSE int source = root_find(root, step->path, O_PATH | O_DIRECTORY, 0);
  if (source < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : fail(run, TEU_SYS_openat2, errno, step->path);
  struct stat facts;
  if (fstat(source, &facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  /* fsmount gives an O_PATH descriptor, which fchmod refuses: its own "." is a directory that can be opened. */
  AUTO_CLOSE int directory = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return fail(run, TEU_SYS_open, errno, step->path);
  return fchmod(directory, facts.st_mode & 07777) < 0 ? fail(run, TEU_SYS_chmod, errno, step->path) : 0;
}

int op_dumpable(struct run *run, const struct step_dumpable *step) {
  return prctl(PR_SET_DUMPABLE, step->on ? 1L : 0L, 0, 0, 0) < 0 ? fail(run, TEU_SYS_prctl, errno, NULL) : 0;
}
