/** teu's own seccomp profile: what a container of `run` may ask of the kernel when its user names no other profile. */

import type { LinuxSeccomp, LinuxSeccompArg, LinuxSyscall } from '@teu/spec'

/** What every container may do. The kernel's own checks (ownership, capabilities, limits, namespaces) still apply to each call. */
const ALLOWED: readonly string[] = [
  // Open files: reading, writing, positions, locks, copies between descriptors.
  'read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek _llseek open openat openat2 creat close close_range',
  'dup dup2 dup3 pipe pipe2 fcntl fcntl64 flock ioctl fsync fdatasync sync syncfs sync_file_range sync_file_range2 arm_sync_file_range',
  'ftruncate ftruncate64 truncate truncate64 fallocate fadvise64 fadvise64_64 arm_fadvise64_64 readahead copy_file_range cachestat',
  'sendfile sendfile64 splice tee vmsplice',

  // Names and metadata. mknod(2) is here for FIFOs and sockets: devices need CAP_MKNOD, and the device rules of the cgroup decide.
  'stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 oldstat oldlstat oldfstat',
  'access faccessat faccessat2 chdir fchdir getcwd mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat unlink',
  'unlinkat readlink readlinkat readdir getdents getdents64 mknod mknodat umask chmod fchmod fchmodat fchmodat2 chown chown32 fchown',
  'fchown32 fchownat lchown lchown32 utime utimes utimensat utimensat_time64 futimesat name_to_handle_at file_getattr file_setattr',
  'setxattr lsetxattr fsetxattr setxattrat getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat',
  'removexattr lremovexattr fremovexattr removexattrat inotify_init inotify_init1 inotify_add_watch inotify_rm_watch',
  // What /proc/self/mountinfo tells, as calls; mounting is another matter.
  'statmount listmount',

  // Memory of the calling process.
  'brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 munlock mlockall munlockall remap_file_pages mseal',
  'pkey_alloc pkey_free pkey_mprotect map_shadow_stack memfd_create memfd_secret membarrier get_mempolicy process_mrelease',

  // Processes and threads. Namespaces, which clone(2) can also make, are below.
  'fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid getpgrp getsid setpgid setsid',
  'set_tid_address set_robust_list get_robust_list futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue rseq',
  'rseq_slice_yield prctl arch_prctl set_thread_area get_thread_area pidfd_open pidfd_send_signal restart_syscall',
  // Debuggers. The target must be a process that the caller may trace anyway, and a tracer cannot get calls past the filter.
  'ptrace process_vm_readv process_vm_writev',
  // Made by code that the kernel itself puts into a traced program; the program would die without.
  'uprobe uretprobe',
  // Private calls of arm's C libraries.
  'breakpoint cacheflush set_tls get_tls',

  // Identity: the kernel allows what the capability sets and set-id programs allow.
  'getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32',
  'setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setgroups',
  'setgroups32 setfsuid setfsuid32 setfsgid setfsgid32 capget capset',

  // Giving up more privileges is always welcome.
  'seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self lsm_get_self_attr lsm_list_modules',

  // Signals.
  'rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo',
  'rt_sigreturn sigaction sigprocmask sigpending sigsuspend sigreturn signal sgetmask ssetmask sigaltstack kill tkill tgkill pause',
  'signalfd signalfd4',

  // Time. Reading clocks and timers of one's own; adjtimex(2) reads without privilege and checks CAP_SYS_TIME for more.
  'time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep clock_nanosleep_time64 nanosleep',
  'alarm getitimer setitimer timer_create timer_delete timer_settime timer_settime64 timer_gettime timer_gettime64 timer_getoverrun',
  'timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64 adjtimex clock_adjtime clock_adjtime64 times',

  // Waiting for events, and the old asynchronous I/O that databases use.
  'poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait',
  'epoll_pwait2 eventfd eventfd2 io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents',
  'io_pgetevents_time64',

  // Sockets that exist. Making one depends on its family, see below.
  'bind connect listen accept accept4 shutdown getsockname getpeername getsockopt setsockopt send sendto sendmsg sendmmsg recv recvfrom',
  'recvmsg recvmmsg recvmmsg_time64',

  // System V and POSIX IPC, which the IPC namespace confines.
  'ipc msgget msgctl msgsnd msgrcv semget semctl semop semtimedop semtimedop_time64 shmget shmctl shmat shmdt',
  'mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify mq_getsetattr',

  // Scheduling and limits of one's own processes.
  'sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_getattr',
  'sched_setattr sched_get_priority_min sched_get_priority_max sched_rr_get_interval sched_rr_get_interval_time64 getpriority',
  'setpriority nice ioprio_get ioprio_set getrlimit ugetrlimit setrlimit prlimit64 getrusage',

  // Facts about the machine.
  'uname olduname oldolduname sysinfo getcpu getrandom',
]

/** What a capability opens: calls that are useless without it, and whose code is therefore better out of reach. */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_BPF: 'bpf',
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_PERFMON: 'perf_event_open',
  CAP_SYS_ADMIN:
    'clone clone3 unshare setns mount umount umount2 pivot_root fsopen fsconfig fsmount fspick open_tree open_tree_attr move_mount ' +
    'mount_setattr listns bpf perf_event_open fanotify_init fanotify_mark quotactl quotactl_fd sethostname setdomainname swapon swapoff ' +
    // Keyrings know no namespace but the user's: a container could find keys of others under its uid.
    'add_key request_key keyctl syslog lsm_set_self_attr',
  CAP_SYS_BOOT: 'reboot kexec_load kexec_file_load',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYSLOG: 'syslog',
  CAP_SYS_MODULE: 'init_module finit_module delete_module',
  CAP_SYS_NICE: 'mbind set_mempolicy set_mempolicy_home_node migrate_pages move_pages',
  CAP_SYS_PACCT: 'acct',
  // A page fault that user space answers stops the kernel where an attacker likes; whoever may trace has other means anyway.
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise userfaultfd',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
}

/** CLONE_NEW* bits of clone(2) and unshare(2); CLONE_NEWTIME is part of the exit signal in clone(2). */
const NEW_NAMESPACES = 0x7e020000
const CLONE_NEWTIME = 0x80

/** Execution domains that change nothing about security: Linux, its 32-bit machine name, both with a 2.6 version, and "which is it". */
const PERSONALITIES: readonly number[] = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff]

const EINVAL = 22
const ENOSYS = 38
const EAFNOSUPPORT = 97

const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16
const AF_PACKET = 17
const NETLINK_AUDIT = 9
/** NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_KOBJECT_UEVENT, NETLINK_GENERIC: addresses, `ss`, hot plug, families by name. */
const NETLINK_FOR_ALL: readonly number[] = [0, 4, 15, 16]

/** An allow list in groups; what it does not name gets EPERM, and calls newer than it ENOSYS.
 *
 *  No new namespaces without CAP_SYS_ADMIN, no io_uring (its requests pass no filter), no AF_ALG, AF_VSOCK or other socket families
 *  beyond those of everyday programs. On 32-bit x86, sockets can only be made by the direct call: behind socketcall(2) no filter sees
 *  the family. x32 programs are not run.
 *
 *  @param o  `capabilities` is the bounding set, as `CAP_…` names
 *  @returns  the same profile for every machine */
export function defaultSeccompProfile(o: { readonly capabilities: readonly string[] }): LinuxSeccomp {
  const capabilities = new Set(o.capabilities)
  const opened = Object.entries(BY_CAPABILITY).filter(([capability]) => capabilities.has(capability))
  const names = [...ALLOWED, ...opened.map(([, names]) => names)].flatMap((group) => group.split(' '))
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    syscalls: [
      allow([...new Set(names)]),
      ...namespaceEntries(capabilities),
      ...PERSONALITIES.map((persona) => allow(['personality'], equal32(0, persona))),
      ...socketEntries(capabilities),
      // Programs take ENOSYS for an old kernel and do without.
      { names: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
    ],
  }
}

function namespaceEntries(capabilities: ReadonlySet<string>): LinuxSyscall[] {
  if (capabilities.has('CAP_SYS_ADMIN')) return []
  return [
    allow(['clone'], noneOf(0, NEW_NAMESPACES)),
    allow(['unshare'], noneOf(0, NEW_NAMESPACES | CLONE_NEWTIME)),
    // Its flags are behind a pointer. C libraries fall back to clone(2), whose flags a filter can see.
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
  ]
}

function socketEntries(capabilities: ReadonlySet<string>): LinuxSyscall[] {
  const families = capabilities.has('CAP_NET_RAW') ? [AF_UNIX, AF_INET, AF_INET6, AF_PACKET] : [AF_UNIX, AF_INET, AF_INET6]
  const entries = families.map((family) => allow(['socket'], equal32(0, family)))
  if (capabilities.has('CAP_NET_ADMIN')) {
    entries.push(allow(['socket'], equal32(0, AF_NETLINK)))
  } else {
    const protocols = capabilities.has('CAP_AUDIT_WRITE') ? [...NETLINK_FOR_ALL, NETLINK_AUDIT] : NETLINK_FOR_ALL
    entries.push(...protocols.map((protocol) => allow(['socket'], equal32(0, AF_NETLINK), equal32(2, protocol))))
    if (!capabilities.has('CAP_AUDIT_WRITE')) {
      // The answer of a kernel without auditing, with which login programs go on; EPERM would stop them.
      const args = [equal32(0, AF_NETLINK), equal32(2, NETLINK_AUDIT)]
      entries.push({ names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: EINVAL, args })
    }
  }
  const unknownFamily: LinuxSeccompArg = { index: 0, op: 'SCMP_CMP_GT', value: AF_PACKET }
  return [
    ...entries,
    { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: EAFNOSUPPORT, args: [unknownFamily] },
    allow(['socketpair'], equal32(0, AF_UNIX)),
  ]
}

function allow(names: readonly string[], ...args: LinuxSeccompArg[]): LinuxSyscall {
  return args.length === 0 ? { names, action: 'SCMP_ACT_ALLOW' } : { names, action: 'SCMP_ACT_ALLOW', args }
}

/** The kernel takes `int` and `unsigned int` from the low half of a register. Comparing all of it would be passed by setting a high bit. */
function equal32(index: number, value: number): LinuxSeccompArg {
  return { index, op: 'SCMP_CMP_MASKED_EQ', value: 0xffffffff, valueTwo: value }
}

function noneOf(index: number, mask: number): LinuxSeccompArg {
  return { index, op: 'SCMP_CMP_MASKED_EQ', value: mask, valueTwo: 0 }
}
