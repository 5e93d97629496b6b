/**
 * The one definition of what teu-init can do: every operation, its wire number and its typed fields.
 *
 * A plan is a list of these steps for each stage. The C header (`c/steps.gen.h`: structs, enum, decoder) is generated from
 * this table by `tools/generate-steps.ts`; a test fails when the two differ.
 *
 * Fields are encoded in the order in which they stand here. Never reuse a number.
 */

/** Wire types. `slot` is an index into teu-init's table of descriptors, {@link NO_SLOT} for none. */
export type FieldType = 'u32' | 'i32' | 'u64' | 'bool' | 'slot' | 'str' | 'bytes' | 'strs' | 'u32s'

/** "No descriptor" in a field of type `slot`. */
export const NO_SLOT = -1
/** Size of teu-init's table of descriptors. */
export const SLOT_COUNT = 4096
/** Largest plan that teu-init accepts, in bytes. */
export const MAX_PLAN_BYTES: number = 16 * 1024 * 1024
/** Most steps in one plan. */
export const MAX_STEPS = 65536
/** Largest status frame, in bytes; one write of this size to a pipe is atomic (PIPE_BUF, pipe(7)). */
export const MAX_FRAME_BYTES = 4096

/** Who runs a step. See `protocol.md` for the picture. */
export const STAGES = { parent: 0, joiner: 1, container: 2, after: 3 } as const
export type Stage = keyof typeof STAGES

export const STEPS = {
  // ---- descriptors and host files (host paths are the caller's or ours, never a container's) -------------------------
  /** open(2) of a host path. `flags` are O_* bits; O_CLOEXEC is always added. */
  open: { op: 1, fields: { slot: 'slot', path: 'str', flags: 'u32', mode: 'u32' } },
  /** Closes a slot. */
  close: { op: 2, fields: { slot: 'slot' } },
  /** Closes every descriptor of this process except 0-2, the status and sync channels and `keep`. */
  close_others: { op: 3, fields: { keep: 'u32s' } },
  /** Writes `data` with one write(2) to an existing file of procfs, sysfs or cgroupfs. With `dir`, `path` is resolved by
   *  openat2 beneath that slot without links or mount crossings; else `path` is an absolute host path. */
  write_file: { op: 4, fields: { dir: 'slot', path: 'str', data: 'bytes' } },
  /** Writes `data` to `/proc/<pid of the container process>/<file>` through the host's procfs (verified by its magic). */
  write_child: { op: 5, fields: { file: 'str', data: 'bytes' } },
  /** Writes the container process's pid in decimal to `path` (a `cgroup.procs` or `tasks`). EINVAL and EAGAIN are retried
   *  5 times, 30 ms apart; EOPNOTSUPP on `cgroup.procs` (threaded cgroup) goes to `cgroup.threads` beside it. */
  write_child_pid: { op: 6, fields: { path: 'str' } },
  /** Writes `<pid> <start time>\n` of the container process to `path`: temporary file in the same directory, fsync-less
   *  rename, mode 0600. Sends the INIT frame. */
  record_init: { op: 7, fields: { path: 'str' } },
  /** Writes the pid in decimal, without newline, to `path` through a temporary `.name` (O_EXCL) and rename, mode 0644. */
  pid_file: { op: 8, fields: { path: 'str' } },
  /** mkdir -p of a host directory. What it made is removed again (if empty) when a later step fails. */
  mkdir_all: { op: 9, fields: { path: 'str', mode: 'u32' } },
  /** Like mkdir_all for a cgroup: the last component must be new or hold no process and not be frozen, else EBUSY. For each v2
   *  ancestor from `root` down to the parent, `+controller` is written to `cgroup.subtree_control` one by one; a refusal is left to
   *  the later write of the limit to report. `copyCpuset`: v1 cpuset, fill empty cpuset.cpus/mems from the parent. `unified`: cgroup v2. */
  make_cgroup: { op: 10, fields: { root: 'str', path: 'str', controllers: 'strs', copyCpuset: 'bool', unified: 'bool' } },
  /** mkfifo(3) of a host path, then fchownat. Removed again when a later step fails. */
  mkfifo: { op: 11, fields: { path: 'str', mode: 'u32', uid: 'u32', gid: 'u32' } },
  /** unlink(2); ENOENT is fine. */
  unlink: { op: 12, fields: { path: 'str' } },
  /** rmdir(2) of a plain directory; ENOENT is fine. */
  rmdir: { op: 13, fields: { path: 'str' } },
  /** Fails with EINVAL unless the slot is a device node of this kind ('c' 99 or 'b' 98) and number. */
  verify_device: { op: 14, fields: { slot: 'slot', kind: 'u32', major: 'u32', minor: 'u32' } },
  /** Opens a pidfd of `pid` and then compares its start time (field 22 of /proc/PID/stat); ESRCH when it is another process,
   *  a zombie or gone. */
  open_pidfd: { op: 15, fields: { slot: 'slot', pid: 'u32', startTime: 'u64' } },
  /** Connects a Unix socket (stream 1, datagram 2) at a host path of any length (through a directory descriptor). */
  connect: { op: 16, fields: { slot: 'slot', path: 'str', type: 'u32' } },
  /** Sends one message with `payload` and the descriptor in `fd` over the socket in `socket`, then closes the socket. */
  send_fd: { op: 17, fields: { socket: 'slot', fd: 'slot', payload: 'bytes' } },
  /** Sends the pidfd of the container process with `payload` over the socket in `socket`, then closes the socket. */
  send_pidfd: { op: 18, fields: { socket: 'slot', payload: 'bytes' } },
  /** Takes over descriptor number `fd` of teu-init itself (inherited from its caller) into a slot; EBADF names the number. */
  adopt: { op: 19, fields: { slot: 'slot', fd: 'u32' } },

  // ---- processes and namespaces ---------------------------------------------------------------------------------------
  /** The next stage begins: clone3 of the container process with CLONE_NEW* `flags`, into the v2 cgroup in `cgroup` if given.
   *  When the plan has joiner steps an intermediate process is cloned into that cgroup, runs them and clones with CLONE_PARENT. */
  clone: { op: 30, fields: { flags: 'u32', cgroup: 'slot' } },
  /** setns(2) with a namespace descriptor or a pidfd. */
  setns: { op: 31, fields: { slot: 'slot', flags: 'u32' } },
  /** unshare(2). */
  unshare: { op: 32, fields: { flags: 'u32' } },
  /** Sends sync number `n` to the process on the other side of the clone (parent, joiner and container share one line). */
  signal: { op: 33, fields: { n: 'u32' } },
  /** Waits for exactly sync number `n`; the other side's death is a failure that it reports itself. */
  wait: { op: 34, fields: { n: 'u32' } },
  /** Runs newuidmap/newgidmap `path` with the pid of the container process and the decimal `ranges`. */
  map_ids_helper: { op: 35, fields: { path: 'str', ranges: 'strs' } },
  /** prlimit(2) on the container process. `soft`, `hard` are exact 64-bit values. */
  rlimit: { op: 36, fields: { resource: 'u32', soft: 'u64', hard: 'u64' } },
  /** Moves the network device `name` of this network namespace into the container's as `newName`, with its global addresses. */
  move_netdev: { op: 37, fields: { name: 'str', newName: 'str' } },
  /** Runs a hook: absolute `path`, looked up once, exact `args` and `env`, descriptors 0-2 only; stdin is
   *  `stateHead` + pid + `stateTail`; stdout and stderr are captured and quoted in the failure. `timeoutMs` 0 is none.
   *  In the parent the pid is the container process's host pid, in the container its own getpid(); with an empty `stateTail` the head is
   *  the whole document and no pid is inserted. */
  hook: {
    op: 38,
    fields: { path: 'str', args: 'strs', env: 'strs', cwd: 'str', stateHead: 'bytes', stateTail: 'bytes', timeoutMs: 'u32' },
  },
  /** Makes a user namespace with these maps (text for uid_map and gid_map) and keeps its descriptor: for id-mapped mounts. */
  make_userns: { op: 39, fields: { slot: 'slot', uidMap: 'bytes', gidMap: 'bytes' } },

  // ---- mounts: every path in the root file system is resolved by openat2 in-root from the `root` slot --------------------
  /** Makes the whole mount tree of this namespace MS_PRIVATE, MS_SLAVE … (`propagation`), recursively. */
  set_propagation: { op: 50, fields: { root: 'slot', propagation: 'u32', recursive: 'bool' } },
  /** fsopen, fsconfig of each `key=value` or `flag`, FSCONFIG_CMD_CREATE, fsmount with MOUNT_ATTR_* `attrs`. Values over 255
   *  bytes, which fsconfig refuses, are mounted by mount(2) on a private directory instead. */
  new_mount: { op: 51, fields: { slot: 'slot', type: 'str', source: 'str', options: 'strs', attrs: 'u64' } },
  /** open_tree(2) with OPEN_TREE_CLONE of a host path, looked up once. `root` other than none: in-root below that slot. */
  open_tree: { op: 52, fields: { slot: 'slot', root: 'slot', path: 'str', recursive: 'bool', noSymlinks: 'bool' } },
  /** mount_setattr(2). `userns` other than none id-maps the mount; `propagation` 0 leaves it. */
  mount_attr: { op: 53, fields: { slot: 'slot', set: 'u64', clear: 'u64', propagation: 'u32', recursive: 'bool', userns: 'slot' } },
  /** Attaches the detached mount in `mount` over "/" of this mount namespace, or on the absolute host path `path` when hooks have to find
   *  it there; the slot goes on as the container's root. */
  attach_root: { op: 54, fields: { mount: 'slot', path: 'str' } },
  /** Attaches the detached mount to `path` in the root with move_mount onto a descriptor. `create`: 0 no, 1 directory, 2 file,
   *  3 by the type of the mount's root. Missing parents are made 0755. `noSymlinks` refuses any link on the way (ELOOP).
   *  A target on procfs other than its root is refused (EPERM) unless `overProc`. Closes the slot unless `keep`. */
  attach: {
    op: 55,
    fields: { mount: 'slot', root: 'slot', path: 'str', create: 'u32', noSymlinks: 'bool', overProc: 'bool', keep: 'bool' },
  },
  /** Hides `path`: a directory behind the read-only tmpfs in `emptyDir`, anything else behind the null device in `nullDevice`
   *  (both are attached at first use and cloned from there on). A path that does not exist is left alone. */
  mask: { op: 56, fields: { root: 'slot', path: 'str', nullDevice: 'slot', emptyDir: 'slot' } },
  /** Makes `path` read-only by a recursive bind of itself. A path that does not exist is left alone. */
  readonly_path: { op: 57, fields: { root: 'slot', path: 'str' } },
  /** Makes a node in the root; `kind` is 'c' 99, 'b' 98, 'u' 117 or 'p' 112. An existing node of the same kind and number stays. */
  mknod: { op: 58, fields: { root: 'slot', path: 'str', kind: 'u32', major: 'u32', minor: 'u32', mode: 'u32', uid: 'u32', gid: 'u32' } },
  /** Makes a symbolic link in the root; an existing one stays. `replace` removes what is there if it is no directory. */
  symlink: { op: 59, fields: { root: 'slot', path: 'str', target: 'str', replace: 'bool' } },
  /** Copies the content of `path` in the root into the detached mount `mount` (links as links, modes, owners, times and xattrs
   *  kept, devices and sockets left out, `maxBytes` and 100,000 entries at most). */
  copy_up: { op: 60, fields: { mount: 'slot', root: 'slot', path: 'str', maxBytes: 'u64' } },
  /** pivot_root(".", ".") into the root and detach of the old one. */
  pivot_root: { op: 61, fields: { root: 'slot' } },
  /** For file systems without pivot_root (initramfs): move_mount to "/" and chroot. */
  change_root: { op: 62, fields: { root: 'slot' } },
  /** Makes a directory (and its parents, 0755) in the root with `mode`. */
  mkdir_in_root: { op: 63, fields: { root: 'slot', path: 'str', mode: 'u32' } },
  /** container: hands the descriptor in `slot` to the parent, which keeps it in its own slot of that number, and closes it here. */
  give: { op: 64, fields: { slot: 'slot' } },
  /** fchown(2) of what `slot` refers to; 0xffffffff leaves an id as it is. */
  own: { op: 65, fields: { slot: 'slot', uid: 'u32', gid: 'u32' } },
  /** Gives the root of the detached mount the permission bits of the directory at `path` in the root, if there is one. */
  copy_mode: { op: 66, fields: { mount: 'slot', root: 'slot', path: 'str' } },

  // ---- the process itself ------------------------------------------------------------------------------------------------
  hostname: { op: 80, fields: { name: 'str' } },
  domainname: { op: 81, fields: { name: 'str' } },
  /** Brings an interface up (SIOCSIFFLAGS), as `lo` of a new network namespace. */
  link_up: { op: 82, fields: { name: 'str' } },
  /** KEYCTL_JOIN_SESSION_KEYRING with this name; ENOSYS, EPERM and EDQUOT are tolerated. */
  session_keyring: { op: 83, fields: { name: 'str' } },
  setsid: { op: 84, fields: {} },
  /** Opens a pty from the ptmx at `ptmx` in the root (or of this namespace's devpts when `root` is none) after checking devpts magic
   *  and number 5:2; the peer by TIOCGPTPEER, never by name; sets the size if rows and cols are not 0. */
  open_pty: { op: 85, fields: { master: 'slot', peer: 'slot', root: 'slot', ptmx: 'str', rows: 'u32', cols: 'u32' } },
  /** Binds the pty peer in `peer` over `/dev/console` in the root. */
  bind_console: { op: 86, fields: { peer: 'slot', root: 'slot', path: 'str' } },
  /** TIOCSCTTY on the pty peer. */
  controlling_tty: { op: 87, fields: { peer: 'slot' } },
  /** Makes `slot` descriptor `fd` (0-2) of the program. */
  stdio: { op: 88, fields: { fd: 'u32', slot: 'slot' } },
  /** fchown of descriptors 0-2 to the program's user; devices are skipped, EINVAL, EPERM and EROFS tolerated. */
  stdio_owner: { op: 89, fields: { uid: 'u32', gid: 'u32' } },
  umask: { op: 90, fields: { mask: 'u32' } },
  no_new_privs: { op: 91, fields: {} },
  /** Drops every capability that is not in `keep` from the bounding set. */
  bounding_caps: { op: 92, fields: { keep: 'u64' } },
  /** setgroups (skipped when `setGroups` is false), setresgid, setresuid, keeping the permitted capabilities. */
  user: { op: 93, fields: { uid: 'u32', gid: 'u32', groups: 'u32s', setGroups: 'bool' } },
  /** capset(2), then PR_CAP_AMBIENT: the ambient set becomes exactly `ambient`. */
  capabilities: { op: 94, fields: { effective: 'u64', permitted: 'u64', inheritable: 'u64', ambient: 'u64' } },
  /** seccomp(SECCOMP_SET_MODE_FILTER): `program` is an array of struct sock_filter. With `listener` the notification descriptor
   *  goes to that slot (flag NEW_LISTENER is added). */
  seccomp: { op: 95, fields: { flags: 'u32', program: 'bytes', listener: 'slot' } },
  /** Sends the notification descriptor with `head` + pid + `middle` + pid + `tail` as JSON over `socket`. The parent does the sending (its
   *  pid view and network namespace are the host's); the container waits for it. */
  seccomp_notify: { op: 96, fields: { socket: 'slot', listener: 'slot', head: 'bytes', middle: 'bytes', tail: 'bytes' } },
  scheduler: {
    op: 97,
    fields: { policy: 'u32', nice: 'i32', priority: 'u32', flags: 'u64', runtimeNs: 'u64', deadlineNs: 'u64', periodNs: 'u64' },
  },
  /** ioprio_set(2) of this process; `priority` is class << 13 | level. */
  io_priority: { op: 98, fields: { priority: 'u32' } },
  /** sched_setaffinity(2); `mask` is a little-endian bit set. */
  cpu_affinity: { op: 99, fields: { mask: 'bytes' } },
  /** set_mempolicy(2). */
  memory_policy: { op: 100, fields: { mode: 'u32', nodes: 'bytes' } },
  personality: { op: 101, fields: { persona: 'u32' } },
  /** Writes `label` to attr/`file` of this task, beneath the procfs directory in `proc`: a detached clone of the host's, made by the parent. */
  lsm_label: { op: 102, fields: { proc: 'slot', file: 'str', label: 'str' } },
  /** chdir(2) in the container after the root is final: openat2 without magic links, fchdir, then getcwd must be reachable.
   *  `create` makes missing directories 0755. */
  chdir: { op: 103, fields: { path: 'str', create: 'bool' } },
  /** Remembers the first of `candidates` that is a regular file this process may execute; else the failure carries the errno of
   *  the best candidate (EACCES before EISDIR before ENOENT). */
  find_program: { op: 104, fields: { candidates: 'strs' } },
  /** Looks up `uid` in the container's own /etc/passwd (a regular file of which 1 MiB is read) and adds `HOME=` to the environment of
   *  `exec`; "/" when it is not there. */
  home: { op: 108, fields: { uid: 'u32' } },
  /** Stops until a byte can be read from the FIFO in `go`; from then on status frames go to the FIFO in `status`. */
  gate: { op: 105, fields: { go: 'slot', status: 'slot' } },
  /** Clears the parent-death signal: from here on the container outlives its creator. */
  outlive_parent: { op: 106, fields: {} },
  /** PR_SET_DUMPABLE. An ordinary user's parent stage can write the id maps of a dumpable child only; off again before anything of the
   *  container can see the process. */
  dumpable: { op: 109, fields: { on: 'bool' } },
  /** The end: descriptors in `fds` become 3, 4, …, everything else above is closed, then execve of the program found. With
   *  `listenPid`, `LISTEN_PID=<own pid>` is added to `env`. */
  exec: { op: 107, fields: { args: 'strs', env: 'strs', fds: 'u32s', listenPid: 'bool' } },

  // ---- the parent after the container process started --------------------------------------------------------------------
  /** The last parent step of a detached create: report CREATED (at the gate) or STARTED and exit, leaving the container alive. */
  detach: { op: 120, fields: {} },
  /** The last parent step otherwise: stay until the container process has ended. `forwardSignals`: pass signals on to it (command
   *  line). `bindToCaller`: end of file on the request channel kills it. After `timeoutMs` (0 none) it gets `stopSignal`, and
   *  SIGKILL `graceMs` later. With a pty `master`, bytes are relayed: from slot `input` to it, from it to slot `output`;
   *  `raw` puts the terminal in `input` into raw mode meanwhile and follows its size. With `quietStart` nobody waits for STARTED: it may
   *  come with the next frame. */
  supervise: {
    op: 121,
    fields: {
      forwardSignals: 'bool',
      bindToCaller: 'bool',
      timeoutMs: 'u32',
      stopSignal: 'u32',
      graceMs: 'u32',
      master: 'slot',
      input: 'slot',
      output: 'slot',
      raw: 'bool',
      quietStart: 'bool',
    },
  },
  /** after: sends a COLLECTED frame with `name` and up to 3 KiB of the file's content; an absent file sends nothing. */
  collect: { op: 122, fields: { name: 'str', path: 'str' } },
  /** after: kills everything in the cgroup: cgroup.kill where it is, else SIGKILL to each pid of the subtree until it is empty. */
  kill_cgroup: { op: 123, fields: { path: 'str' } },
  /** after: removes a cgroup and its children, leaf first; EBUSY is retried for a second with growing pauses. ENOENT is fine. */
  remove_cgroup: { op: 124, fields: { path: 'str' } },
  /** after: writes `<wait status> <seconds>.<nanoseconds of the end, CLOCK_REALTIME> <flags of the exited frame>\n` atomically to `path`,
   *  mode 0600. */
  record_exit: { op: 125, fields: { path: 'str' } },
  /** after: copies the file `from` (up to 64 KiB) to `to` atomically: keeps a cgroup's last numbers beside the record. An absent file
   *  is none to keep. */
  keep_file: { op: 126, fields: { from: 'str', to: 'str' } },

  // ---- single acts on a container that exists (plans that have only parent steps) -------------------------------------------
  /** Loads a cgroup device program (array of struct bpf_insn) and attaches it to the v2 cgroup directory `path` (BPF_F_ALLOW_MULTI). */
  device_filter: { op: 140, fields: { path: 'str', program: 'bytes' } },
  /** Sends `signal` through a pidfd after checking the start time; ESRCH when it is another process, a zombie or gone. */
  kill_process: { op: 141, fields: { pid: 'u32', startTime: 'u64', signal: 'u32' } },
  /** Sends `signal` to every process of the cgroup subtree. SIGKILL uses cgroup.kill where it is. Else: freeze at `freezer` if not
   *  empty ('' on v2 means cgroup.freeze beside), signal each, thaw; SIGKILL repeats until the subtree is empty. */
  signal_cgroup: { op: 142, fields: { path: 'str', freezer: 'str', signal: 'u32' } },
  /** Freezes or thaws and waits until it is so. v2: cgroup.freeze, POLLPRI on cgroup.events. v1: freezer.state with re-reads and
   *  re-writes. A freeze that does not come within `timeoutMs` is taken back and fails with ETIMEDOUT. Thawing includes children. */
  freeze: { op: 143, fields: { path: 'str', v2: 'bool', frozen: 'bool', timeoutMs: 'u32' } },
  /** Waits until the process is gone, then goes on. Control release ends it early with ECANCELED. ETIMEDOUT after `timeoutMs` (0: none). */
  wait_process: { op: 144, fields: { pid: 'u32', startTime: 'u64', timeoutMs: 'u32' } },
  /** Sends an EVENT frame (a = kills so far) each time the OOM counter of the memory cgroup grows, first with the present value;
   *  ends when the cgroup is gone or empty. v2: memory.events by POLLPRI; v1: eventfd on memory.oom_control. */
  watch_oom: { op: 145, fields: { path: 'str', v2: 'bool' } },
  /** sd_notify(3) for a container: binds a datagram socket (0777) at `path`, sends an EVENT frame (the container may start now), waits
   *  for a line `READY=…`, forwards it to the socket at `forward` with `MAINPID=<pid>` and a barrier (30 s at most), removes its own
   *  socket. Ends early with ESRCH when the process dies before it is ready. */
  notify_proxy: { op: 147, fields: { path: 'str', forward: 'str', pid: 'u32', startTime: 'u64' } },
  /** Sends an EVENT frame for each memory pressure notification: v2 a PSI trigger text for memory.pressure, v1 a level. */
  watch_pressure: { op: 146, fields: { path: 'str', v2: 'bool', trigger: 'str' } },
} as const

export type StepName = keyof typeof STEPS

interface FieldValues {
  u32: number
  i32: number
  u64: bigint | number
  bool: boolean
  slot: number
  str: string
  bytes: Uint8Array
  strs: readonly string[]
  u32s: readonly number[]
}

type FieldsOf<N extends StepName> = {
  readonly [F in keyof (typeof STEPS)[N]['fields']]: (typeof STEPS)[N]['fields'][F] extends FieldType
    ? FieldValues[(typeof STEPS)[N]['fields'][F]]
    : never
}

/** One step: its operation, its fields, and the place in config.json that asked for it. */
export type StepOf<N extends StepName> = { readonly op: N; readonly pointer?: string } & FieldsOf<N>
export type Step = { [N in StepName]: StepOf<N> }[StepName]

/** Everything teu-init is going to do for one container or one exec, in order, stage by stage. */
export interface Plan {
  readonly parent: readonly Step[]
  readonly joiner: readonly Step[]
  readonly container: readonly Step[]
  readonly after: readonly Step[]
}

export { SYSCALLS } from './syscalls.ts'

/** Kinds of status frames; `protocol.md` says what each carries. */
export const FRAMES = {
  hello: 1,
  init: 2,
  created: 3,
  started: 4,
  failed: 5,
  trace: 6,
  exited: 7,
  collected: 8,
  done: 9,
  pipe_ready: 10,
  event: 11,
} as const
export type FrameName = keyof typeof FRAMES

/** Kinds of requests to a spawner. */
export const REQUESTS = { plan: 1, pipe: 2, control: 3, spare: 4 } as const
/** What a control request asks of the parent stage of a running container. */
export const CONTROLS = { signal: 1, resize: 2, release: 3 } as const
