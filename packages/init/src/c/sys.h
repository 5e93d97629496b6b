/* System calls that musl and older glibc have no function for, with the structures and numbers they need. Everything is defined
 * here, from the kernel's documentation, so that the program builds with whatever kernel headers there are, or none.
 * All of them return -1 and set errno. Descriptors are close-on-exec where the call lets one say so. */
#ifndef SYS_H
#define SYS_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "kernel.h"

/* ---- numbers: since Linux 5.1 a new call has the same number on every architecture ---- */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef AT_NO_AUTOMOUNT
#define AT_NO_AUTOMOUNT 0x800
#endif
#ifndef O_PATH
#define O_PATH 010000000
#endif

/* ---- openat2(2): RESOLVE_* ---- */
#define SYS_RESOLVE_NO_XDEV 0x01u
#define SYS_RESOLVE_NO_MAGICLINKS 0x02u
#define SYS_RESOLVE_NO_SYMLINKS 0x04u
#define SYS_RESOLVE_BENEATH 0x08u
#define SYS_RESOLVE_IN_ROOT 0x10u

/* ---- mounts ---- */
#define SYS_OPEN_TREE_CLONE 1u
#define SYS_MOVE_MOUNT_F_EMPTY_PATH 0x04u
#define SYS_MOVE_MOUNT_T_EMPTY_PATH 0x40u
#define SYS_FSCONFIG_SET_FLAG 0u
#define SYS_FSCONFIG_SET_STRING 1u
#define SYS_FSCONFIG_CMD_CREATE 6u
#define SYS_MOUNT_ATTR_RDONLY 0x01u
#define SYS_MOUNT_ATTR_NOSUID 0x02u
#define SYS_MOUNT_ATTR_NODEV 0x04u
#define SYS_MOUNT_ATTR_NOEXEC 0x08u
#define SYS_MOUNT_ATTR_IDMAP 0x100000u

struct sys_mount_attr {
  uint64_t attr_set;
  uint64_t attr_clr;
  uint64_t propagation;
  uint64_t userns_fd;
};

/* A detached copy of the mount (with AT_RECURSIVE in `flags`: of the tree) that `path` below `dir` is on. */
int sys_open_tree(int dir, const char *path, unsigned flags);
/* Attaches the mount in `mount` over what `target` refers to; both are descriptors, no name is looked up. */
int sys_attach_mount(int mount, int target);
int sys_fsopen(const char *type);
int sys_fsconfig(int context, unsigned command, const char *key, const char *value);
int sys_fsmount(int context, unsigned attributes);
int sys_mount_setattr(int dir, const char *path, unsigned flags, const struct sys_mount_attr *attributes);
int sys_pivot_root(const char *new_root, const char *put_old);

/* ---- magic numbers of file systems, statfs(2) ---- */
#define SYS_PROC_SUPER_MAGIC 0x9fa0
#define SYS_DEVPTS_SUPER_MAGIC 0x1cd1

/* ---- statx(2) ---- */
#define SYS_STATX_BASIC_STATS 0x7ffu
#define SYS_STATX_MNT_ID 0x1000u
#define SYS_STATX_ATTR_MOUNT_ROOT 0x2000u

struct sys_statx_time {
  int64_t seconds;
  uint32_t nanoseconds;
  int32_t reserved;
};
struct sys_statx {
  uint32_t mask, block_size;
  uint64_t attributes;
  uint32_t nlink, uid, gid;
  uint16_t mode, reserved;
  uint64_t ino, size, blocks, attributes_mask;
  struct sys_statx_time atime, btime, ctime, mtime;
  uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
  uint64_t mnt_id;
  uint64_t spare[13];
};
_Static_assert(sizeof(struct sys_statx) == 256, "statx(2) writes 256 bytes");

/* statx of the file that `fd` refers to. */
int sys_statx_fd(int fd, unsigned mask, struct sys_statx *into);

/* access(2) with the effective ids, links followed. */
int sys_faccessat2(int dir, const char *path, int mode, int flags);

/* ---- process attributes ---- */
struct sys_capability_set {
  uint64_t effective, permitted, inheritable;
};
int sys_capset(const struct sys_capability_set *set);

/* setgroups(2); setresgid(2) and setresuid(2) with three times the same. The C library's functions block all signals to change the
 * other threads as well: there are none. */
int sys_setgroups(const uint32_t *groups, size_t count);
int sys_setgid_all(uint32_t gid);
int sys_setuid_all(uint32_t uid);

#define SYS_KEYCTL_JOIN_SESSION_KEYRING 1
#define SYS_KEYCTL_SETPERM 5
long sys_keyctl(int operation, uintptr_t a, uintptr_t b);

int sys_ioprio_set_self(int priority);

struct sys_sched_attr {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};
int sys_sched_setattr_self(const struct sys_sched_attr *attributes);
int sys_sched_setaffinity_self(const void *mask, size_t size);
/* `bits` is one more than the number of bits that the kernel is to read, as set_mempolicy(2) counts. */
int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long bits);

/* ---- seccomp(2) ---- */
#define SYS_SECCOMP_SET_MODE_FILTER 1u
#define SYS_SECCOMP_FILTER_FLAG_NEW_LISTENER 8u

struct sys_sock_fprog {
  uint16_t count;
  const void *filter; /* 8 bytes per instruction */
};
int sys_seccomp_filter(unsigned flags, const struct sys_sock_fprog *program);

/* ---- bpf(2) ---- */
#define SYS_BPF_PROG_LOAD 5
#define SYS_BPF_PROG_ATTACH 8
#define SYS_BPF_PROG_TYPE_CGROUP_DEVICE 15u
#define SYS_BPF_CGROUP_DEVICE 6u
#define SYS_BPF_F_ALLOW_MULTI 2u

struct sys_bpf_load {
  uint32_t type, instruction_count;
  uint64_t instructions, license;
  uint32_t log_level, log_size;
  uint64_t log;
  uint32_t kernel_version, flags;
  char name[16];
};
struct sys_bpf_attach {
  uint32_t target_fd, program_fd, attach_type, attach_flags;
};
int sys_bpf(int command, void *attributes, unsigned size);

#endif
