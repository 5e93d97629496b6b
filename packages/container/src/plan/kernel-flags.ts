/** Numbers of the kernel's interface that plans use. The names are the kernel's. */

// linux/sched.h
export const CLONE_NEWTIME = 0x00000080
export const CLONE_NEWNS = 0x00020000
export const CLONE_NEWCGROUP = 0x02000000
export const CLONE_NEWUTS = 0x04000000
export const CLONE_NEWIPC = 0x08000000
export const CLONE_NEWUSER = 0x10000000
export const CLONE_NEWPID = 0x20000000
export const CLONE_NEWNET = 0x40000000

// linux/mount.h, mount_setattr(2)
export const MOUNT_ATTR_RDONLY = 0x00000001
export const MOUNT_ATTR_NOSUID = 0x00000002
export const MOUNT_ATTR_NODEV = 0x00000004
export const MOUNT_ATTR_NOEXEC = 0x00000008
/** The access time setting is a number in these bits, not a set of flags. */
export const MOUNT_ATTR__ATIME = 0x00000070
export const MOUNT_ATTR_RELATIME = 0x00000000
export const MOUNT_ATTR_NOATIME = 0x00000010
export const MOUNT_ATTR_STRICTATIME = 0x00000020
export const MOUNT_ATTR_NODIRATIME = 0x00000080
export const MOUNT_ATTR_IDMAP = 0x00100000
export const MOUNT_ATTR_NOSYMFOLLOW = 0x00200000

// linux/mount.h, propagation types
export const MS_UNBINDABLE: number = 1 << 17
export const MS_PRIVATE: number = 1 << 18
export const MS_SLAVE: number = 1 << 19
export const MS_SHARED: number = 1 << 20

// fcntl.h; the same on x86 and ARM unless noted
export const O_RDONLY = 0
export const O_RDWR = 2
export const O_NOCTTY = 0o400
export const O_PATH = 0o10000000
/** O_DIRECTORY has another value on ARM; a trailing slash in the path asks for the same and is the same everywhere. */

// linux/capability.h
export const CAP_SETGID = 6
export const CAP_SETUID = 7
export const CAP_SYS_PTRACE = 19
export const CAP_SYS_ADMIN = 21

/** Kinds of nodes as `mknod` and `verify_device` have them: the letters of mknod(1). */
export const NODE_BLOCK = 98
export const NODE_CHARACTER = 99
export const NODE_FIFO = 112

/** Leaves the id as it is, chown(2). */
export const UNCHANGED_ID = 0xffffffff
