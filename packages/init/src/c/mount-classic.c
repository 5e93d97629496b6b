/* mount(2) for the few file systems whose options are longer than fsconfig(2) takes (overlay with many layers).
 *
 * mount(2) needs a place with a name. A short-lived child gets a copy of the mount namespace, cuts its ties, puts an empty tmpfs over
 * "/" and mounts inside that, reached by its descriptor: no name of the container's is involved and nobody else sees it. The child
 * shares this process's table of descriptors, so the detached copy that it opens is there when it has ended. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "mount.h"
#include "report.h"
#include "sys.h"

/* mount(2) copies one page of options at most. */
#define MAX_DATA 4096
/* The bits of the access time setting (mount_setattr(2)): to set one, all are cleared. */
#define ATTR_ATIME 0x70u

struct outcome {
  int fd;
  int errnum;
  enum teu_syscall syscall;
};

/* Options that fsconfig(2) understands by name for every file system are flags here. */
static const struct {
  const char *name;
  unsigned long set, clear;
} SUPERBLOCK_FLAGS[] = {
    {"ro", MS_RDONLY, 0},           {"rw", 0, MS_RDONLY},         {"sync", MS_SYNCHRONOUS, 0}, {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},     {"mand", MS_MANDLOCK, 0},     {"nomand", 0, MS_MANDLOCK},  {"lazytime", 1ul << 25, 0},
    {"nolazytime", 0, 1ul << 25},   {"silent", MS_SILENT, 0},     {"loud", 0, MS_SILENT},
};

static bool take_flag(const char *option, unsigned long *flags) {
  for (size_t i = 0; i < sizeof SUPERBLOCK_FLAGS / sizeof *SUPERBLOCK_FLAGS; i++) {
    if (strcmp(option, SUPERBLOCK_FLAGS[i].name) != 0) continue;
    *flags = (*flags & ~SUPERBLOCK_FLAGS[i].clear) | SUPERBLOCK_FLAGS[i].set;
    return true;
  }
  return false;
}

/* The options as mount(2) wants them, joined by commas; false when they do not fit. */
static bool join_options(const struct teu_strs *options, char data[MAX_DATA], unsigned long *flags) {
  size_t used = 0;
  data[0] = '\0';
  for (uint32_t i = 0; i < options->count; i++) {
    if (take_flag(options->items[i], flags)) continue;
    size_t length = strlen(options->items[i]);
    if (used + length + 2 > MAX_DATA) return false;
    if (used > 0) data[used++] = ',';
    memcpy(data + used, options->items[i], length + 1);
    used += length;
  }
  return true;
}

/* A directory of an empty tmpfs over "/" becomes the working directory. */
static enum teu_syscall enter_scratch(void) {
  struct sys_mount_attr private = {.propagation = MS_PRIVATE};
  if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private) < 0) return TEU_SYS_mount_setattr;
  AUTO_CLOSE int context = sys_fsopen("tmpfs");
  if (context < 0) return TEU_SYS_fsopen;
  if (sys_fsconfig(context, SYS_FSCONFIG_CMD_CREATE, NULL, NULL) < 0) return TEU_SYS_fsconfig;
  AUTO_CLOSE int scratch = sys_fsmount(context, 0);
  AUTO_CLOSE int top = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (scratch < 0) return TEU_SYS_fsmount;
  if (top < 0) return TEU_SYS_open;
  if (sys_attach_mount(scratch, top) < 0) return TEU_SYS_move_mount;
  if (fchdir(scratch) < 0) return TEU_SYS_fchdir;
  return mkdir("m", 0700) < 0 ? TEU_SYS_mkdir : TEU_SYS_NONE;
}

static struct outcome mount_there(const struct step_new_mount *step, unsigned long flags, const char *data) {
  struct outcome outcome = {.fd = -1};
  struct sys_mount_attr attributes = {.attr_set = step->attrs, .attr_clr = ATTR_ATIME};
  outcome.syscall = enter_scratch();
  if (outcome.syscall == TEU_SYS_NONE && mount(*step->source == '\0' ? "none" : step->source, "m", step->type, flags, data) < 0) {
    outcome.syscall = TEU_SYS_mount;
  }
  if (outcome.syscall == TEU_SYS_NONE && (outcome.fd = sys_open_tree(AT_FDCWD, "m", 0)) < 0) outcome.syscall = TEU_SYS_open_tree;
  if (outcome.syscall == TEU_SYS_NONE && sys_mount_setattr(outcome.fd, "", AT_EMPTY_PATH, &attributes) < 0) {
    outcome.syscall = TEU_SYS_mount_setattr;
  }
  if (outcome.syscall != TEU_SYS_NONE) {
    outcome.errnum = errno;
    close_at_end(&outcome.fd);
    outcome.fd = -1;
  }
  return outcome;
}

int classic_mount(struct run *run, const struct step_new_mount *step) {
  char data[MAX_DATA];
  unsigned long flags = 0;
  if (!join_options(&step->options, data, &flags)) {
    set_detail(run, "more than 4095 bytes of options", NULL);
    return fail(run, TEU_SYS_mount, E2BIG, step->type);
  }
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) return fail(run, TEU_SYS_pipe, errno, NULL);
  AUTO_CLOSE int reader = report[0];
  AUTO_CLOSE int writer = report[1];
  struct sys_clone_args how = {.flags = CLONE_FILES | CLONE_NEWNS, .exit_signal = SIGCHLD};
  pid_t child = sys_clone3(&how);
  if (child < 0) return fail(run, TEU_SYS_clone3, errno, NULL);
  if (child == 0) {
    struct outcome outcome = mount_there(step, flags, data);
    _exit(write(writer, &outcome, sizeof outcome) == (ssize_t)sizeof outcome ? 0 : 1);
  }
  int status = 0;
  struct outcome outcome = {.fd = -1};
  if (RETRY(waitpid(child, &status, __WALL)) < 0) return fail(run, TEU_SYS_waitid, errno, NULL);
  if (status != 0 || read(reader, &outcome, sizeof outcome) != (ssize_t)sizeof outcome) return fail(run, TEU_SYS_mount, ECHILD, step->type);
  return outcome.fd < 0 ? fail(run, outcome.syscall, outcome.errnum, step->type) : outcome.fd;
}
