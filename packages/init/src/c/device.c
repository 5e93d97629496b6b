/* Device nodes, links and directories in the root. Made by their last name in a directory that was opened first, changed afterwards
 * only by a descriptor of what was made. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "io.h"
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

/* Where the last component of `path` begins, when that is a plain name. */
static const char *plain_name(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash == NULL ? NULL : slash + 1;
  bool plain = name != NULL && *name != '\0' && strlen(name) <= NAME_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
  return plain ? name : NULL;
}

/* The directory for `path`, whose last component goes to `name`: /dev is looked up once for all that is made in it. */
static int open_parent(struct run *run, int root, const char *path, char name[NAME_MAX + 1]) {
  int shared = take_shared_fd(run);
  if (shared < 0) return root_parent(root, path, name);
  strcpy(name, plain_name(path));
  return shared;
}

/* Leaves `*parent` to the next step, when that makes something in the same directory. */
static void leave_parent(struct run *run, int32_t root, const char *path, int *parent) {
  const struct teu_step *next = following_step(run);
  bool node = next != NULL && next->op == TEU_OP_MKNOD, link = next != NULL && next->op == TEU_OP_SYMLINK;
  if (!node && !link) return;
  const char *next_path = node ? next->u.mknod.path : next->u.symlink.path;
  const char *name = plain_name(path), *next_name = plain_name(next_path);
  if (name == NULL || next_name == NULL || root != (node ? next->u.mknod.root : next->u.symlink.root)) return;
  size_t length = (size_t)(name - path);
  if ((size_t)(next_name - next_path) == length && memcmp(path, next_path, length) == 0) share_fd(run, parent);
}

int op_mknod(struct run *run, const struct step_mknod *step) {
  mode_t type = file_type(step->kind);
  dev_t number = type == S_IFIFO ? 0 : makedev(step->major, step->minor);
  if (type == 0) return fail(run, TEU_SYS_mknod, EINVAL, step->path);
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  char name[NAME_MAX + 1];
  AUTO_CLOSE int parent = open_parent(run, root, step->path, name);
  if (parent < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
  (void)umask(0);
  int made = mknodat(parent, name, type | (step->mode & 07777), number);
  int errnum = errno;
  (void)umask(current_umask());
  if (made < 0 && errnum != EEXIST) return fail(run, TEU_SYS_mknod, errnum, step->path);
  AUTO_CLOSE int node = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat facts;
  if (node < 0) return fail(run, TEU_SYS_open, errno, step->path);
  if (fstat(node, &facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  if (!is_asked(&facts, type, number)) {
    set_detail(run, "something else is there", NULL);
    return fail(run, TEU_SYS_mknod, EEXIST, step->path);
  }
  bool owned = made < 0 || (facts.st_uid == step->uid && facts.st_gid == step->gid);
  if (!owned && fchownat(node, "", step->uid, step->gid, AT_EMPTY_PATH) < 0) return fail(run, TEU_SYS_chown, errno, step->path);
  leave_parent(run, step->root, step->path, &parent);
  return 0;
}

/* Whether `name` is a link to `target` already. */
static bool links_to(int parent, const char *name, const char *target) {
  char present[PATH_MAX];
  ssize_t length = readlinkat(parent, name, present, sizeof present);
  return length >= 0 && (size_t)length == strlen(target) && memcmp(present, target, (size_t)length) == 0;
}

static int make_link(struct run *run, const struct step_symlink *step, int parent, const char *name) {
  if (symlinkat(step->target, parent, name) == 0) return 0;
  if (errno != EEXIST) return fail(run, TEU_SYS_symlink, errno, step->path);
  if (!step->replace || links_to(parent, name, step->target)) return 0;
  if (unlinkat(parent, name, 0) < 0 && errno != ENOENT) return fail(run, TEU_SYS_unlink, errno, step->path);
  return symlinkat(step->target, parent, name) < 0 ? fail(run, TEU_SYS_symlink, errno, step->path) : 0;
}

int op_symlink(struct run *run, const struct step_symlink *step) {
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  char name[NAME_MAX + 1];
  AUTO_CLOSE int parent = open_parent(run, root, step->path, name);
  if (parent < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
  if (make_link(run, step, parent, name) < 0) return -1;
  leave_parent(run, step->root, step->path, &parent);
  return 0;
}

int op_mkdir_in_root(struct run *run, const struct step_mkdir_in_root *step) {
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  AUTO_CLOSE int directory = root_provide(root, step->path, ROOT_DIRECTORY, step->mode & 07777, 0, NULL);
  struct stat facts;
  if (directory < 0) return fail(run, TEU_SYS_mkdir, errno, step->path);
  if (fstat(directory, &facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  return S_ISDIR(facts.st_mode) ? 0 : fail(run, TEU_SYS_mkdir, ENOTDIR, step->path);
}
