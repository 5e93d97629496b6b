import type { Integer } from './integer.ts'

/** What the kernel does with a system call. @see seccomp(2) */
export type LinuxSeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_ALLOW'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_NOTIFY'

/** Comparison of an argument with a value. */
export type LinuxSeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ'

/** Flags of seccomp(2). */
export type LinuxSeccompFlag =
  | 'SECCOMP_FILTER_FLAG_TSYNC'
  | 'SECCOMP_FILTER_FLAG_LOG'
  | 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'
  | 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'

/** A condition on one argument. Several conditions of a rule must all hold, also when they are about the same argument. */
export interface LinuxSeccompArg {
  /** 0 to 5. */
  index: number
  /** Compared with the argument; the mask for `SCMP_CMP_MASKED_EQ`. */
  value: Integer
  /** Only for `SCMP_CMP_MASKED_EQ`: what the masked argument must equal. Absent: 0. */
  valueTwo?: Integer | undefined
  op: LinuxSeccompOperator
}

/** A rule for some system calls. */
export interface LinuxSyscall {
  names: readonly string[]
  action: LinuxSeccompAction
  /** For `SCMP_ACT_ERRNO` (to 4095) and `SCMP_ACT_TRACE` (to 65535). Absent: EPERM. */
  errnoRet?: number | undefined
  args?: readonly LinuxSeccompArg[] | undefined
}

/** A system call filter. @see runtime-spec config-linux.md "Seccomp" */
export interface LinuxSeccomp {
  defaultAction: LinuxSeccompAction
  /** For `SCMP_ACT_ERRNO` and `SCMP_ACT_TRACE`. Absent: EPERM. */
  defaultErrnoRet?: number | undefined
  /** `SCMP_ARCH_X86_64` …; the native one is always meant too. */
  architectures?: readonly string[] | undefined
  flags?: readonly LinuxSeccompFlag[] | undefined
  /** Absolute path of the Unix socket that gets the notification descriptor. */
  listenerPath?: string | undefined
  /** Handed on to the listener. */
  listenerMetadata?: string | undefined
  syscalls?: readonly LinuxSyscall[] | undefined
}
