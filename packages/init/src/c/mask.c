/* Hiding paths and making them read-only: a mount over what the path leads to, inside the root. */
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "mount.h"
#include "report.h"
#include "rootfs.h"
#include "sys.h"

#define NULL_MAJOR 1
#define NULL_MINOR 3
#define COVER_ATTRS (SYS_MOUNT_ATTR_RDONLY | SYS_MOUNT_ATTR_NOSUID | SYS_MOUNT_ATTR_NOEXEC)

/* Opens what is to be covered. 0 and *target = -1: there is nothing. */
static int open_existing(struct run *run, int32_t slot, const char *path, int *target) {
  int root = slot_get(run, slot);
  if (root < 0) return -1;
  *target = root_find(root, path, O_PATH, 0);
  return *target < 0 && errno != ENOENT && errno != ENOTDIR ? fail(run, TEU_SYS_openat2, errno, path) : 0;
}

/* What hides a file must be the null device, and it is checked on the very descriptor that is attached: anything else there would
 * be open to reading and writing under the name of the masked file. */
static int check_null_device(struct run *run, const struct sys_statx *facts, const char *path) {
  if (S_ISCHR(facts->mode) && facts->rdev_major == NULL_MAJOR && facts->rdev_minor == NULL_MINOR) return 0;
  set_detail(run, "what is to hide it is not the null device (character device 1:3)", NULL);
  return fail(run, TEU_SYS_stat, EINVAL, path);
}

/* The first mask takes the detached mount itself, the later ones a copy: kernels before 6.15 copy only what is attached, which is
 * also how the two cases are told apart. All copies share one superblock. */
static int attach_cover(struct run *run, int cover, int target, const char *path) {
  struct statvfs fs;
  if (fstatvfs(cover, &fs) < 0) return fail(run, TEU_SYS_fstatfs, errno, path);
  if ((fs.f_flag & ST_RDONLY) == 0) {
    /* Else the container's root could change owner and mode of a device that is the host's. */
    struct sys_mount_attr attributes = {.attr_set = COVER_ATTRS};
    if (sys_mount_setattr(cover, "", AT_EMPTY_PATH, &attributes) < 0) return fail(run, TEU_SYS_mount_setattr, errno, path);
  }
  AUTO_CLOSE int copy = clone_tree(cover, false);
  if (copy < 0 && errno != EINVAL) return fail(run, TEU_SYS_open_tree, errno, path);
  return sys_attach_mount(copy < 0 ? cover : copy, target) < 0 ? fail(run, TEU_SYS_move_mount, errno, path) : 0;
}

int op_mask(struct run *run, const struct step_mask *step) {
  AUTO_CLOSE int target = -1;
  struct sys_statx facts, cover_facts;
  if (open_existing(run, step->root, step->path, &target) < 0) return -1;
  if (target < 0) return 0;
  if (sys_statx_fd(target, SYS_STATX_BASIC_STATS, &facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  bool directory = S_ISDIR(facts.mode);
  int cover = slot_get(run, directory ? step->empty_dir : step->null_device);
  if (cover < 0) return -1;
  if (sys_statx_fd(cover, SYS_STATX_BASIC_STATS, &cover_facts) < 0) return fail(run, TEU_SYS_stat, errno, step->path);
  if (!directory && check_null_device(run, &cover_facts, step->path) < 0) return -1;
  bool covered = (facts.attributes & SYS_STATX_ATTR_MOUNT_ROOT) != 0 && facts.ino == cover_facts.ino &&
                 facts.dev_major == cover_facts.dev_major && facts.dev_minor == cover_facts.dev_minor;
  return covered ? 0 : attach_cover(run, cover, target, step->path);
}

int op_readonly_path(struct run *run, const struct step_readonly_path *step) {
  AUTO_CLOSE int target = -1;
  if (open_existing(run, step->root, step->path, &target) < 0) return -1;
  if (target < 0) return 0;
  AUTO_CLOSE int copy = clone_tree(target, true);
  if (copy < 0) return fail(run, TEU_SYS_open_tree, errno, step->path);
  /* Private: what is mounted on the host below its peer later would turn up here, writable. */
  struct sys_mount_attr attributes = {.attr_set = SYS_MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE};
  if (sys_mount_setattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes) < 0) {
    return fail(run, TEU_SYS_mount_setattr, errno, step->path);
  }
  return sys_attach_mount(copy, target) < 0 ? fail(run, TEU_SYS_move_mount, errno, step->path) : 0;
}
