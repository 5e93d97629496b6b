#include "sys.h"

#include <sched.h>

int sys_open_tree(int dir, const char *path, unsigned flags) {
  return (int)RETRY(syscall(SYS_open_tree, dir, path, SYS_OPEN_TREE_CLONE | (unsigned)O_CLOEXEC | flags));
}

int sys_attach_mount(int mount, int target) {
  return (int)RETRY(syscall(SYS_move_mount, mount, "", target, "", SYS_MOVE_MOUNT_F_EMPTY_PATH | SYS_MOVE_MOUNT_T_EMPTY_PATH));
}

int sys_fsopen(const char *type) { return (int)RETRY(syscall(SYS_fsopen, type, 1u /* FSOPEN_CLOEXEC */)); }

int sys_fsconfig(int context, unsigned command, const char *key, const char *value) {
  /* Not repeated after EINTR: a creation that was interrupted leaves the context unusable. */
  return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}

int sys_fsmount(int context, unsigned attributes) {
  return (int)RETRY(syscall(SYS_fsmount, context, 1u /* FSMOUNT_CLOEXEC */, attributes));
}

int sys_mount_setattr(int dir, const char *path, unsigned flags, const struct sys_mount_attr *attributes) {
  return (int)RETRY(syscall(SYS_mount_setattr, dir, path, flags, attributes, sizeof *attributes));
}

int sys_pivot_root(const char *new_root, const char *put_old) { return (int)syscall(SYS_pivot_root, new_root, put_old); }

int sys_statx_fd(int fd, unsigned mask, struct sys_statx *into) {
  return (int)RETRY(syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, mask, into));
}

int sys_faccessat2(int dir, const char *path, int mode, int flags) {
  return (int)RETRY(syscall(SYS_faccessat2, dir, path, mode, flags));
}

int sys_capset(const struct sys_capability_set *set) {
  /* Version 3: two words of 32 bits for each set. */
  struct {
    uint32_t version;
    int pid;
  } header = {.version = 0x20080522u, .pid = 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } words[2] = {
      {(uint32_t)set->effective, (uint32_t)set->permitted, (uint32_t)set->inheritable},
      {(uint32_t)(set->effective >> 32), (uint32_t)(set->permitted >> 32), (uint32_t)(set->inheritable >> 32)},
  };
  return (int)syscall(SYS_capset, &header, words);
}

long sys_keyctl(int operation, uintptr_t a, uintptr_t b) { return syscall(SYS_keyctl, operation, a, b, 0, 0); }

int sys_ioprio_set_self(int priority) { return (int)syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, priority); }

int sys_sched_setattr_self(const struct sys_sched_attr *attributes) {
  return (int)syscall(SYS_sched_setattr, 0, attributes, 0);
}

int sys_sched_setaffinity_self(const void *mask, size_t size) { return (int)syscall(SYS_sched_setaffinity, 0, size, mask); }

int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long bits) {
  return (int)syscall(SYS_set_mempolicy, mode, nodes, bits);
}

int sys_seccomp_filter(unsigned flags, const struct sys_sock_fprog *program) {
  return (int)syscall(SYS_seccomp, SYS_SECCOMP_SET_MODE_FILTER, flags, program);
}

int sys_bpf(int command, void *attributes, unsigned size) { return (int)syscall(SYS_bpf, command, attributes, size); }

/* Where the plain numbers take 16 bits, there are others. */
#ifdef SYS_setgroups32
#define SETGROUPS SYS_setgroups32
#define SETRESGID SYS_setresgid32
#define SETRESUID SYS_setresuid32
#else
#define SETGROUPS SYS_setgroups
#define SETRESGID SYS_setresgid
#define SETRESUID SYS_setresuid
#endif

int sys_setgroups(const uint32_t *groups, size_t count) { return (int)syscall(SETGROUPS, count, groups); }

int sys_setgid_all(uint32_t gid) { return (int)syscall(SETRESGID, gid, gid, gid); }

int sys_setuid_all(uint32_t uid) { return (int)syscall(SETRESUID, uid, uid, uid); }
