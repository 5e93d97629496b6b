/* Making mounts. They come into being detached, get their attributes, and are attached later (attach.c): until then nobody but this
 * process can see them. */
#include "mount.h"

#include <errno.h>
#include <string.h>

#include "report.h"
#include "rootfs.h"
#include "sys.h"

/* The longest value that fsconfig(2) takes. */
#define MAX_VALUE 255

int op_set_propagation(struct run *run, const struct step_set_propagation *step) {
  struct sys_mount_attr attributes = {.propagation = step->propagation};
  unsigned flags = step->recursive ? AT_RECURSIVE : 0;
  int root = AT_FDCWD;
  if (step->root != TEU_NO_SLOT && (root = slot_get(run, step->root)) < 0) return -1;
  int done = root == AT_FDCWD ? sys_mount_setattr(AT_FDCWD, "/", flags, &attributes)
                              : sys_mount_setattr(root, "", flags | AT_EMPTY_PATH, &attributes);
  return done < 0 ? fail(run, TEU_SYS_mount_setattr, errno, "/") : 0;
}

/* What the file system has to say about its refusal, one message per read(2), as `e <text>` (error) or `w <text>` (warning). */
static void keep_messages(struct run *run, int context) {
  char message[1024];
  size_t used = 0;
  for (;;) {
    ssize_t size = read(context, message, sizeof message);
    if (size <= 2) break;
    while (size > 2 && message[size - 1] == '\n') size--;
    if (message[1] != ' ' || (message[0] != 'e' && message[0] != 'w')) continue;
    if (used + (size_t)size + 1 > sizeof run->detail) break;
    if (used > 0) {
      memcpy(run->detail + used, "; ", 2);
      used += 2;
    }
    memcpy(run->detail + used, message + 2, (size_t)size - 2);
    used += (size_t)size - 2;
    run->detail[used] = '\0';
  }
}

static int refuse(struct run *run, enum teu_syscall syscall, int context, const char *what) {
  int saved = errno;
  keep_messages(run, context);
  return fail(run, syscall, saved, what);
}

static int set_option(int context, const char *option) {
  const char *equals = strchr(option, '=');
  if (equals == NULL) return sys_fsconfig(context, SYS_FSCONFIG_SET_FLAG, option, NULL);
  char key[MAX_VALUE + 1];
  size_t length = (size_t)(equals - option);
  memcpy(key, option, length); /* too_long() has looked at it */
  key[length] = '\0';
  return sys_fsconfig(context, SYS_FSCONFIG_SET_STRING, key, equals + 1);
}

static bool too_long(const struct step_new_mount *step) {
  if (strlen(step->source) > MAX_VALUE) return true;
  for (uint32_t i = 0; i < step->options.count; i++) {
    const char *option = step->options.items[i];
    const char *equals = strchr(option, '=');
    size_t key = equals == NULL ? strlen(option) : (size_t)(equals - option);
    if (key > MAX_VALUE || (equals != NULL && strlen(equals + 1) > MAX_VALUE)) return true;
  }
  return false;
}

/* The mount as a descriptor, or -1 after fail(). */
static int create(struct run *run, const struct step_new_mount *step) {
  AUTO_CLOSE int context = sys_fsopen(step->type);
  if (context < 0) return fail(run, TEU_SYS_fsopen, errno, step->type);
  if (*step->source != '\0' && sys_fsconfig(context, SYS_FSCONFIG_SET_STRING, "source", step->source) < 0) {
    return refuse(run, TEU_SYS_fsconfig, context, step->source);
  }
  for (uint32_t i = 0; i < step->options.count; i++) {
    if (set_option(context, step->options.items[i]) < 0) return refuse(run, TEU_SYS_fsconfig, context, step->options.items[i]);
  }
  if (sys_fsconfig(context, SYS_FSCONFIG_CMD_CREATE, NULL, NULL) < 0) return refuse(run, TEU_SYS_fsconfig, context, step->type);
  int mount = sys_fsmount(context, (unsigned)step->attrs);
  return mount < 0 ? refuse(run, TEU_SYS_fsmount, context, step->type) : mount;
}

int op_new_mount(struct run *run, const struct step_new_mount *step) {
  int mount = too_long(step) ? classic_mount(run, step) : create(run, step);
  return mount < 0 ? -1 : slot_put(run, step->slot, mount);
}

int clone_tree(int tree, bool recursive) { return sys_open_tree(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u)); }

int op_open_tree(struct run *run, const struct step_open_tree *step) {
  uint64_t links = step->no_symlinks ? SYS_RESOLVE_NO_SYMLINKS : 0;
  int tree;
  if (step->root == TEU_NO_SLOT && !step->no_symlinks) {
    tree = sys_open_tree(AT_FDCWD, step->path, step->recursive ? AT_RECURSIVE : 0);
  } else {
    int root = AT_FDCWD;
    if (step->root != TEU_NO_SLOT && (root = slot_get(run, step->root)) < 0) return -1;
    AUTO_CLOSE int source = root == AT_FDCWD ? sys_openat2(AT_FDCWD, step->path, O_PATH | O_CLOEXEC, 0, links)
                                             : root_find(root, step->path, O_PATH, links);
    if (source < 0) return fail(run, TEU_SYS_openat2, errno, step->path);
    tree = clone_tree(source, step->recursive);
  }
  if (tree < 0) return fail(run, TEU_SYS_open_tree, errno, step->path);
  return slot_put(run, step->slot, tree);
}

int op_mount_attr(struct run *run, const struct step_mount_attr *step) {
  struct sys_mount_attr attributes = {.attr_set = step->set, .attr_clr = step->clear, .propagation = step->propagation};
  int mount = slot_get(run, step->slot);
  if (mount < 0) return -1;
  if (step->userns != TEU_NO_SLOT) {
    int userns = slot_get(run, step->userns);
    if (userns < 0) return -1;
    attributes.attr_set |= SYS_MOUNT_ATTR_IDMAP;
    attributes.userns_fd = (uint64_t)userns;
  }
  unsigned flags = AT_EMPTY_PATH | (step->recursive ? AT_RECURSIVE : 0u);
  return sys_mount_setattr(mount, "", flags, &attributes) < 0 ? fail(run, TEU_SYS_mount_setattr, errno, NULL) : 0;
}
