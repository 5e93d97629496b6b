/* Device nodes, links and directories in the root. Made by their last name in a directory that was opened first, changed afterwards
 * only by a descriptor of what was made. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "report.h"
#include "rootfs.h"
#include "sys.h"
#include "teu.h"

static mode_t file_type(uint32_t kind) {
  switch (kind) {
  case 'c':
  case 'u':
    return S_IFCHR;
  case 'b':
    return S_IFBLK;
  case 'p':
    return S_IFIFO;
  default:
    return 0;
  }
}

static bool is_asked(const struct stat *facts, mode_t type, dev_t number) {
  return (facts->st_mode & S_IFMT) == type && (type == S_IFIFO || facts->st_rdev == number);
}

int op_mknod(struct run *run, const struct step_mknod *step) {
  mode_t type = file_type(step->kind);
  dev_t number = type == S_IFIFO ? 0 : makedev(step->major, step->minor);
  if (type == 0) return fail(run, TEU_SYS_mknod, EINVAL, step->path);
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  char name[NAME_MAX + 1];
  AUTO_CLOSE int parent = root_parent(root, step->path, name);
  if (parent < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
  mode_t before = umask(0);
  int made = mknodat(parent, name, type | (step->mode & 07777), number);
  int errnum = errno;
  (void)umask(before);
  if (made < 0 && errnum != EEXIST) return fail(run, TEU_SYS_mknod, errnum, step->path);
  AUTO_CLOSE int node = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat facts;
  if (node < 0) return fail(run, TEU_SYS_open, errno, step->path);
  if (fstat(node, &facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  if (!is_asked(&facts, type, number)) {
    set_detail(run, "something else is there", NULL);
    return fail(run, TEU_SYS_mknod, EEXIST, step->path);
  }
  if (made < 0 || (facts.st_uid == step->uid && facts.st_gid == step->gid)) return 0;
  return fchownat(node, "", step->uid, step->gid, AT_EMPTY_PATH) < 0 ? fail(run, TEU_SYS_chown, errno, step->path) : 0;
}

/* Whether `name` is a link to `target` already. */
static bool links_to(int parent, const char *name, const char *target) {
  char present[PATH_MAX];
  ssize_t length = readlinkat(parent, name, present, sizeof present);
  return length >= 0 && (size_t)length == strlen(target) && memcmp(present, target, (size_t)length) == 0;
}

int op_symlink(struct run *run, const struct step_symlink *step) {
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  char name[NAME_MAX + 1];
  AUTO_CLOSE int parent = root_parent(root, step->path, name);
  if (parent < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
  if (symlinkat(step->target, parent, name) == 0) return 0;
  if (errno != EEXIST) return fail(run, TEU_SYS_symlink, errno, step->path);
  if (!step->replace || links_to(parent, name, step->target)) return 0;
  if (unlinkat(parent, name, 0) < 0 && errno != ENOENT) return fail(run, TEU_SYS_unlink, errno, step->path);
  return symlinkat(step->target, parent, name) < 0 ? fail(run, TEU_SYS_symlink, errno, step->path) : 0;
}

int op_mkdir_in_root(struct run *run, const struct step_mkdir_in_root *step) {
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  AUTO_CLOSE int directory = root_provide(root, step->path, ROOT_DIRECTORY, step->mode & 07777, 0);
  struct stat facts;
  if (directory < 0) return fail(run, TEU_SYS_mkdir, errno, step->path);
  if (fstat(directory, &facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  return S_ISDIR(facts.st_mode) ? 0 : fail(run, TEU_SYS_mkdir, ENOTDIR, step->path);
}
