import type { Integer } from './integer.ts'

/** Size of a console in characters. */
export interface Box {
  height: number
  width: number
}

/** Who the process is, as ids inside the container's user namespace. @see runtime-spec config.md "POSIX-platform User" */
export interface User {
  uid: number
  gid: number
  /** File mode creation mask, 0 to 0o777. Absent: left as it is. */
  umask?: number | undefined
  additionalGids?: readonly number[] | undefined
}

/** The five capability sets, by name (`CAP_CHOWN`). @see capabilities(7) */
export interface LinuxCapabilities {
  bounding?: readonly string[] | undefined
  effective?: readonly string[] | undefined
  inheritable?: readonly string[] | undefined
  permitted?: readonly string[] | undefined
  ambient?: readonly string[] | undefined
}

/** A resource limit; `soft` is never above `hard`. 18446744073709551615 is "unlimited". @see getrlimit(2) */
export interface POSIXRlimit {
  /** `RLIMIT_NOFILE` … */
  type: string
  hard: Integer
  soft: Integer
}

/** Scheduling policies. @see sched(7) */
export type LinuxSchedulerPolicy = 'SCHED_OTHER' | 'SCHED_FIFO' | 'SCHED_RR' | 'SCHED_BATCH' | 'SCHED_ISO' | 'SCHED_IDLE' | 'SCHED_DEADLINE'

/** Flags of sched_setattr(2). */
export type LinuxSchedulerFlag =
  | 'SCHED_FLAG_RESET_ON_FORK'
  | 'SCHED_FLAG_RECLAIM'
  | 'SCHED_FLAG_DL_OVERRUN'
  | 'SCHED_FLAG_KEEP_POLICY'
  | 'SCHED_FLAG_KEEP_PARAMS'
  | 'SCHED_FLAG_UTIL_CLAMP_MIN'
  | 'SCHED_FLAG_UTIL_CLAMP_MAX'

/** How the process is scheduled. @see sched_setattr(2) */
export interface Scheduler {
  policy: LinuxSchedulerPolicy
  /** -20 to 19, for the policies OTHER, BATCH and IDLE. */
  nice?: number | undefined
  /** 1 to 99, for FIFO and RR. */
  priority?: number | undefined
  flags?: readonly LinuxSchedulerFlag[] | undefined
  /** Nanoseconds per period, for DEADLINE. */
  runtime?: Integer | undefined
  /** Nanoseconds, for DEADLINE. */
  deadline?: Integer | undefined
  /** Nanoseconds, for DEADLINE. 0 or absent: the same as `deadline`. */
  period?: Integer | undefined
}

/** Classes of ioprio_set(2). */
export type IOPriorityClass = 'IOPRIO_CLASS_RT' | 'IOPRIO_CLASS_BE' | 'IOPRIO_CLASS_IDLE'

/** I/O priority of the process. @see ioprio_set(2) */
export interface LinuxIOPriority {
  class: IOPriorityClass
  /** 0 (highest) to 7 (lowest). */
  priority: number
}

/** CPU lists (`0-3,7`) for a process that joins a running container. */
export interface ExecCPUAffinity {
  /** Before it enters the container's cgroup. */
  initial?: string | undefined
  /** After it has entered the container's cgroup. */
  final?: string | undefined
}

/** A program with everything it runs with. @see runtime-spec config.md "Process" */
export interface Process {
  /** A pty is made and becomes the standard streams. Default false. */
  terminal?: boolean | undefined
  /** First size of the pty. Ignored without `terminal`. */
  consoleSize?: Box | undefined
  user: User
  /** At least one entry; the first is looked up like execvp(3) does. */
  args: readonly string[]
  /** `NAME=value`, in this order. */
  env?: readonly string[] | undefined
  /** Absolute path inside the container. */
  cwd: string
  capabilities?: LinuxCapabilities | undefined
  rlimits?: readonly POSIXRlimit[] | undefined
  noNewPrivileges?: boolean | undefined
  /** Empty is the same as absent. */
  apparmorProfile?: string | undefined
  /** -1000 to 1000. Absent: left as it is. */
  oomScoreAdj?: number | undefined
  scheduler?: Scheduler | undefined
  /** Empty is the same as absent. */
  selinuxLabel?: string | undefined
  ioPriority?: LinuxIOPriority | undefined
  execCPUAffinity?: ExecCPUAffinity | undefined
}
