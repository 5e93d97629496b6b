/* Attaching mounts, and making the container's tree the root. A target is looked up once, confined to the root, and from then on is
 * a descriptor: what a name means may change at any moment, what a descriptor means may not. */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "mount.h"
#include "report.h"
#include "rootfs.h"
#include "sys.h"

enum create { CREATE_NOTHING, CREATE_DIRECTORY, CREATE_FILE, CREATE_LIKE_MOUNT };
#define PROC_ROOT_INODE 1

/* Files of procfs decide over the machine or over this process; something else in their place would take what we write there later,
 * or what others trust. Only all of /proc may be covered. The root itself may not: nobody would see that mount. */
static int check_target(struct run *run, const struct step_attach *step, int root, int target) {
  struct statfs fs;
  struct sys_statx facts, root_facts;
  if (fstatfs(target, &fs) < 0) return fail(run, TEU_SYS_fstatfs, errno, step->path);
  if (sys_statx_fd(target, SYS_STATX_BASIC_STATS | SYS_STATX_MNT_ID, &facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  bool mount_root = (facts.attributes & SYS_STATX_ATTR_MOUNT_ROOT) != 0;
  if (fs.f_type == SYS_PROC_SUPER_MAGIC && !step->over_proc && !(mount_root && facts.ino == PROC_ROOT_INODE)) {
    set_detail(run, "only all of procfs may be covered, not a part of it", NULL);
    return fail(run, TEU_SYS_move_mount, EPERM, step->path);
  }
  if (!mount_root) return 0;
  if (sys_statx_fd(root, SYS_STATX_BASIC_STATS | SYS_STATX_MNT_ID, &root_facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  if (root_facts.mnt_id != facts.mnt_id) return 0;
  set_detail(run, "this is the root itself", NULL);
  return fail(run, TEU_SYS_move_mount, EINVAL, step->path);
}

static int open_target(const struct step_attach *step, int mount, int root, bool *made) {
  uint64_t resolve = step->no_symlinks ? SYS_RESOLVE_NO_SYMLINKS : 0;
  struct stat facts;
  switch (step->create) {
  case CREATE_NOTHING:
    return root_find(root, step->path, O_PATH, resolve);
  case CREATE_DIRECTORY:
    return root_provide(root, step->path, ROOT_DIRECTORY, 0755, resolve, made);
  case CREATE_FILE:
    return root_provide(root, step->path, ROOT_FILE, 0644, resolve, made);
  case CREATE_LIKE_MOUNT:
    if (fstat(mount, &facts) < 0) return -1;
    if (S_ISDIR(facts.st_mode)) return root_provide(root, step->path, ROOT_DIRECTORY, 0755, resolve, made);
    return root_provide(root, step->path, ROOT_FILE, 0644, resolve, made);
  default:
    errno = EINVAL;
    return -1;
  }
}

/* The kernel says EINVAL to many things; the most frequent one has a better name. */
static int refused(struct run *run, const struct step_attach *step, int mount, int target) {
  int saved = errno;
  struct stat source, place;
  if (saved != EINVAL || fstat(mount, &source) < 0 || fstat(target, &place) < 0 || S_ISDIR(source.st_mode) == S_ISDIR(place.st_mode)) {
    return fail(run, TEU_SYS_move_mount, saved, step->path);
  }
  set_detail(run, S_ISDIR(place.st_mode) ? "a file cannot be mounted over a directory" : "a directory cannot be mounted over a file", NULL);
  return fail(run, TEU_SYS_move_mount, ENOTDIR, step->path);
}

int op_attach(struct run *run, const struct step_attach *step) {
  int mount = slot_get(run, step->mount);
  int root = mount < 0 ? -1 : slot_get(run, step->root);
  if (root < 0) return -1;
  bool made = false;
  AUTO_CLOSE int target = open_target(step, mount, root, &made);
  if (target < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
  if (!made && check_target(run, step, root, target) < 0) return -1;
  if (sys_attach_mount(mount, target) < 0) return refused(run, step, mount, target);
  if (!step->keep) slot_close(run, step->mount);
  return 0;
}

/* "/" is the one place that is always there and that nobody in the container can move: the mount goes on top of the present root,
 * where lookups of host paths do not see it, and pivot_root(2) finds it below the root, as it demands. Hooks that are told a path of
 * the root file system must find it there; then it goes to that path, which the caller vouches for. Until the pivot the kernel takes
 * a process below a covered "/" for one in a chroot and lets it make no user namespace: that is for earlier steps. */
int op_attach_root(struct run *run, const struct step_attach_root *step) {
  int mount = slot_get(run, step->mount);
  if (mount < 0) return -1;
  const char *path = step->path[0] != '\0' ? step->path : "/";
  AUTO_CLOSE int top = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0) return fail(run, TEU_SYS_open, errno, path);
  return sys_attach_mount(mount, top) < 0 ? fail(run, TEU_SYS_move_mount, errno, path) : 0;
}

int op_pivot_root(struct run *run, const struct step_pivot_root *step) {
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  AUTO_CLOSE int old = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (old < 0) return fail(run, TEU_SYS_open, errno, "/");
  if (fchdir(root) < 0) return fail(run, TEU_SYS_fchdir, errno, "/");
  /* The old root ends up on top of the new one; no directory for it is needed. */
  if (sys_pivot_root(".", ".") < 0) return fail(run, TEU_SYS_pivot_root, errno, "/");
  if (fchdir(old) < 0) return fail(run, TEU_SYS_fchdir, errno, "/");
  /* What we unmount here must stay mounted on the host: no event may leave. Not private: a mount that the host removes while we
   * still hold it would stay busy there. */
  struct sys_mount_attr slave = {.propagation = MS_SLAVE};
  if (sys_mount_setattr(AT_FDCWD, ".", AT_RECURSIVE, &slave) < 0) return fail(run, TEU_SYS_mount_setattr, errno, "/");
  if (umount2(".", MNT_DETACH) < 0) return fail(run, TEU_SYS_umount2, errno, "/");
  return chdir("/") < 0 ? fail(run, TEU_SYS_chdir, errno, "/") : 0;
}

/* The tree goes over everything else, if attach_root has not put it there already, and becomes what "/" means. `..` above it, followed
 * from wherever, leads to the top of the namespace, and that is covered by this same tree. */
int op_change_root(struct run *run, const struct step_change_root *step) {
  int root = slot_get(run, step->root);
  if (root < 0) return -1;
  AUTO_CLOSE int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0) return fail(run, TEU_SYS_open, errno, "/");
  /* ELOOP: it would go on top of itself */
  if (sys_attach_mount(root, top) < 0 && errno != ELOOP) return fail(run, TEU_SYS_move_mount, errno, "/");
  if (fchdir(root) < 0) return fail(run, TEU_SYS_fchdir, errno, "/");
  if (chroot(".") < 0) return fail(run, TEU_SYS_chroot, errno, "/");
  return chdir("/") < 0 ? fail(run, TEU_SYS_chdir, errno, "/") : 0;
}
