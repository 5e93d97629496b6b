/** The public types of `@teu/container`: options, records, reports. The classes are in `containers.ts` and `container.ts`. */

import type { ContainerState, LinuxCapabilities, LinuxIOPriority, POSIXRlimit, Scheduler, Spec } from '@teu/spec'

/** A signal by name, with or without `SIG`, in any case, or by number. */
export type Signal = string | number

/** Computed state of a container; the OCI documents know only the first three, `paused` and `stopped`. */
export type Status = 'creating' | 'created' | 'running' | 'pausing' | 'paused' | 'stopped' | 'checkpointed' | 'destroyed'

/** One standard stream: the caller's own, the null device, a pipe to the caller, or a descriptor number of the caller. */
export type StdioStream = 'inherit' | 'null' | 'pipe' | number
export type Stdio = StdioStream | readonly [stdin: StdioStream, stdout: StdioStream, stderr: StdioStream]

export type CgroupManager = 'fs' | 'systemd' | 'disabled'

export interface ContainersOptions {
  /** State root. Default `/run/teu`; for an ordinary user `$XDG_RUNTIME_DIR/teu`. Never `/`. */
  root?: string
  cgroupManager?: CgroupManager
  /** Tolerate cgroup errors that come from missing privileges. Default `auto`: when not root. */
  rootless?: boolean | 'auto'
}

export interface CreateOptions {
  /** Directory that holds `config.json` and to which a relative `root.path` refers. */
  bundle: string
  /** Used in place of `bundle/config.json`. */
  spec?: Spec
  stdio?: Stdio
  /** Unix socket that receives the pty master (`process.terminal`, detached). */
  consoleSocket?: string
  /** Gets the host pid of init in decimal, without newline. */
  pidFile?: string
  pidfdSocket?: string
  /** `root.path` stays untouched below an overlay in memory that is thrown away with the container. */
  rootOverlay?: boolean
  noPivot?: boolean
  noNewKeyring?: boolean
  /** Descriptor numbers of the caller that become 3, 4, … in the container. */
  extraFds?: readonly number[]
  /** sd_notify socket of the caller to which READY is forwarded. */
  notifySocket?: string
  /** The container ends and is destroyed after this time. */
  timeoutMs?: number
  signal?: AbortSignal
}

export interface ProcessOptions {
  args: readonly string[]
  env?: readonly string[]
  cwd?: string
  user?: { uid: number; gid: number; additionalGids?: readonly number[]; umask?: number }
  terminal?: boolean
  consoleSize?: { height: number; width: number }
  stdio?: Stdio
  consoleSocket?: string
  pidfdSocket?: string
  capabilities?: LinuxCapabilities
  noNewPrivileges?: boolean
  apparmorProfile?: string
  selinuxLabel?: string
  rlimits?: readonly POSIXRlimit[]
  scheduler?: Scheduler
  ioPriority?: LinuxIOPriority
  oomScoreAdj?: number
  /** CPU lists before and after entering the container's cgroup. */
  cpuAffinity?: { initial?: string; final?: string }
  extraFds?: readonly number[]
  /** cgroup below the container's own; per controller on v1. */
  subCgroup?: string | Readonly<Record<string, string>>
  ignorePaused?: boolean
  pidFile?: string
  /** Leave the process alone when the caller ends; its exit code is then unknown. */
  detach?: boolean
  timeoutMs?: number
  signal?: AbortSignal
}

/** CPU time and memory of a process that has ended, from wait4(2). */
export interface ResourceUsage {
  readonly userTimeUs: number
  readonly systemTimeUs: number
  readonly maxRssBytes: number
  readonly minorFaults: number
  readonly majorFaults: number
  readonly blocksIn: number
  readonly blocksOut: number
}

/** Out-of-memory facts of a container that has ended. */
export interface OomReport {
  /** Absolute path of the memory cgroup. */
  readonly cgroup: string
  /** Processes that the kernel killed in it. */
  readonly kills: number
  readonly limitBytes?: bigint
  readonly peakBytes?: bigint
}

/** How a process ended. `exitCode` and `signal` are never both set; both are absent when nobody could see the end. */
export interface ExitReport {
  readonly exitCode?: number
  /** `SIGKILL` … */
  readonly signal?: string
  /** What a shell would show: the exit code, or 128 + the signal's number. Absent when unknown. */
  readonly status?: number
  readonly exitedAt?: Date
  /** True when the kernel killed this process for lack of memory: the counter grew and it died of SIGKILL. */
  readonly oomKilled: boolean
  /** Present when the kernel killed anything in the container for lack of memory. */
  readonly oom?: OomReport
  /** True when the process died of SIGSYS, that is, of a seccomp rule. */
  readonly seccompKilled: boolean
  /** True when `timeoutMs` had passed. */
  readonly timedOut: boolean
  readonly usage?: ResourceUsage
}

export interface ExecProcess extends AsyncDisposable {
  /** Host pid. */
  readonly pid: number
  readonly stdin?: NodeJS.WritableStream
  readonly stdout?: NodeJS.ReadableStream
  readonly stderr?: NodeJS.ReadableStream
  wait(options?: { signal?: AbortSignal }): Promise<ExitReport>
  kill(signal?: Signal): Promise<void>
  resize(size: { height: number; width: number }): void
}

/** The persisted record of a container with its fresh status. */
export interface ContainerRecord {
  readonly version: 1
  readonly id: string
  readonly status: Status
  readonly initPid?: number
  /** Field 22 of /proc/PID/stat in decimal: clock ticks since boot. */
  readonly initStartTime?: string
  readonly bootId: string
  /** RFC 3339, UTC, nanoseconds. */
  readonly created: string
  readonly ociVersion: string
  readonly bundle: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly rootless: boolean
  /** v1: controller → absolute path; v2: the single key '' → absolute path. Empty when cgroups are disabled. */
  readonly cgroupPaths: Readonly<Record<string, string>>
  readonly cgroupManager: CgroupManager
  readonly systemdScope?: string
  readonly noNewKeyring: boolean
  readonly noPivot: boolean
  /** User name or `#uid` of the creator. */
  readonly owner: string
  readonly creator: { readonly pid: number; readonly startTime: string }
  readonly config: Spec
  readonly exit?: ExitReport
}

/** The state document of the OCI runtime specification. */
export type OciState = ContainerState

export interface BadEntry {
  readonly id: string
  readonly error: Error
}

export interface OomEvent {
  readonly time: Date
  /** Kills so far. */
  readonly count: number
}
