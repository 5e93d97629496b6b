/* Terminals and standard streams. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>

#include "mount.h"
#include "report.h"
#include "rootfs.h"
#include "sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
#define PTMX_MAJOR 5
#define PTMX_MINOR 2
#define PTMX_INODE 2
#define DEVPTS_ROOT_INODE 1

/* Whether `fd` is on devpts and has this inode number. */
static bool on_devpts(int fd, ino_t inode, struct stat *facts) {
  struct statfs fs;
  return fstatfs(fd, &fs) == 0 && fs.f_type == SYS_DEVPTS_SUPER_MAGIC && fstat(fd, facts) == 0 && facts->st_ino == inode;
}

/* Opens the ptmx that is really a part of devpts: the directory is devpts itself, and on the one step from there to the file neither
 * a link nor a mount is accepted. The image can put what it likes under that name; it is found out before it is opened. */
static int open_ptmx(int root, const char *path, enum teu_syscall *failed) {
  char name[NAME_MAX + 1];
  struct stat facts;
  *failed = TEU_SYS_openat2;
  AUTO_CLOSE int devpts = -1;
  const char *slash = strrchr(path, '/');
  if (slash != NULL && (size_t)(slash - path) < PATH_MAX && strlen(slash + 1) <= NAME_MAX) {
    char directory[PATH_MAX];
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    strcpy(name, slash + 1);
    devpts = root_find(root, directory, O_PATH | O_DIRECTORY, 0);
  } else {
    errno = EINVAL;
  }
  if (devpts < 0) return -1;
  *failed = TEU_SYS_fstatfs;
  errno = EINVAL;
  if (!on_devpts(devpts, DEVPTS_ROOT_INODE, &facts)) return -1;
  *failed = TEU_SYS_openat2;
  int master = sys_openat2(devpts, name, O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0,
                           SYS_RESOLVE_BENEATH | SYS_RESOLVE_NO_SYMLINKS | SYS_RESOLVE_NO_XDEV);
  if (master < 0) return -1;
  if (on_devpts(master, PTMX_INODE, &facts) && S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(PTMX_MAJOR, PTMX_MINOR)) return master;
  (void)close(master);
  *failed = TEU_SYS_stat;
  errno = EINVAL;
  return -1;
}

static int set_up_pair(struct run *run, const struct step_open_pty *step, int master) {
  int unlocked = 0;
  struct winsize size = {.ws_row = (unsigned short)step->rows, .ws_col = (unsigned short)step->cols};
  int flags = fcntl(master, F_GETFL);
  /* O_NONBLOCK was only for the opening; whoever gets this descriptor expects an ordinary one. */
  if (flags < 0 || fcntl(master, F_SETFL, flags & ~O_NONBLOCK) < 0) return fail(run, TEU_SYS_fcntl, errno, step->ptmx);
  if (ioctl(master, TIOCSPTLCK, &unlocked) < 0) return fail(run, TEU_SYS_ioctl, errno, step->ptmx);
  int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (peer < 0) return fail(run, TEU_SYS_ioctl, errno, step->ptmx);
  if ((step->rows != 0 || step->cols != 0) && ioctl(master, TIOCSWINSZ, &size) < 0) {
    int saved = errno;
    (void)close(peer);
    return fail(run, TEU_SYS_ioctl, saved, step->ptmx);
  }
  return slot_put(run, step->peer, peer);
}

int op_open_pty(struct run *run, const struct step_open_pty *step) {
  enum teu_syscall failed = TEU_SYS_open;
  AUTO_CLOSE int top = step->root == TEU_NO_SLOT ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  if (step->root == TEU_NO_SLOT && top < 0) return fail(run, failed, errno, "/");
  int root = step->root == TEU_NO_SLOT ? top : slot_get(run, step->root);
  if (root < 0) return -1;
  int master = open_ptmx(root, step->ptmx, &failed);
  if (master < 0) {
    int saved = errno;
    if (saved == EINVAL) set_detail(run, "it is not the ptmx of a devpts file system", NULL);
    return fail(run, failed, saved, step->ptmx);
  }
  if (slot_put(run, step->master, master) < 0) return -1;
  return set_up_pair(run, step, master);
}

int op_bind_console(struct run *run, const struct step_bind_console *step) {
  int peer = slot_get(run, step->peer);
  int root = peer < 0 ? -1 : slot_get(run, step->root);
  if (root < 0) return -1;
  AUTO_CLOSE int mount = clone_tree(peer, false);
  if (mount < 0) return fail(run, TEU_SYS_open_tree, errno, step->path);
  /* An image has no reason to ship a link here. */
  AUTO_CLOSE int target = root_provide(root, step->path, ROOT_FILE, 0600, SYS_RESOLVE_NO_SYMLINKS, NULL);
  if (target < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
  return sys_attach_mount(mount, target) < 0 ? fail(run, TEU_SYS_move_mount, errno, step->path) : 0;
}

int op_controlling_tty(struct run *run, const struct step_controlling_tty *step) {
  int peer = slot_get(run, step->peer);
  if (peer < 0) return -1;
  return ioctl(peer, TIOCSCTTY, 0) < 0 ? fail(run, TEU_SYS_ioctl, errno, NULL) : 0;
}

int op_stdio(struct run *run, const struct step_stdio *step) {
  int fd = slot_get(run, step->slot);
  if (fd < 0) return -1;
  if (step->fd > STDERR_FILENO) return fail(run, TEU_SYS_dup3, EBADF, NULL);
  /* dup3 refuses equal numbers; then only the flag is in the way. */
  if (fd == (int)step->fd) return fcntl(fd, F_SETFD, 0) < 0 ? fail(run, TEU_SYS_fcntl, errno, NULL) : 0;
  return RETRY(dup3(fd, (int)step->fd, 0)) < 0 ? fail(run, TEU_SYS_dup3, errno, NULL) : 0;
}

/* The device number of the devpts that the container has at /dev/pts; 0 when there is none. */
static dev_t own_devpts(void) {
  struct stat facts;
  AUTO_CLOSE int devpts = sys_openat2(AT_FDCWD, "/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC, 0, SYS_RESOLVE_NO_MAGICLINKS);
  return devpts >= 0 && on_devpts(devpts, DEVPTS_ROOT_INODE, &facts) ? facts.st_dev : 0;
}

/* A program that is not root must be able to open its own standard streams again (/dev/stdout, its terminal). A device of the host
 * keeps its owner, be it /dev/null or the caller's terminal; a pty of the container's own devpts is no such device. Its group stays
 * too: it is the one of all terminals. */
int op_stdio_owner(struct run *run, const struct step_stdio_owner *step) {
  dev_t devpts = own_devpts();
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    struct stat facts;
    if (fstat(fd, &facts) < 0) continue;
    bool stream = S_ISFIFO(facts.st_mode) || S_ISREG(facts.st_mode) || S_ISSOCK(facts.st_mode);
    bool own_pty = S_ISCHR(facts.st_mode) && devpts != 0 && facts.st_dev == devpts;
    if (!stream && !own_pty) continue;
    gid_t gid = own_pty ? (gid_t)-1 : step->gid;
    if (facts.st_uid == step->uid && (own_pty || facts.st_gid == gid)) continue;
    if (fchown(fd, step->uid, gid) < 0 && errno != EINVAL && errno != EPERM && errno != EROFS) {
      return fail(run, TEU_SYS_chown, errno, NULL);
    }
  }
  return 0;
}
