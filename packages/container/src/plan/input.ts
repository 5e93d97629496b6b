/** What plans of containers and of further processes have in common as input. */

import type { Step } from '@teu/init'
import type { HostFacts } from '../host-facts.ts'
import type { TerminalPlan } from './console.ts'
import type { SeccompInput } from './security.ts'
import type { StdioPlans } from './stdio.ts'

/** How the process is started and looked after. */
export interface ProgramInput {
  readonly id: string
  /** Absolute. */
  readonly bundle: string
  readonly host: HostFacts
  /** The compiled filter of `linux.seccomp`. */
  readonly seccomp?: SeccompInput
  /** Ignored with `process.terminal`. */
  readonly stdio: StdioPlans
  /** Absolute path of the Unix socket that gets the pty master. */
  readonly consoleSocket?: string
  /** Relay of the terminal by the staying teu-init, when there is no console socket. */
  readonly terminal?: TerminalPlan
  readonly pidFile?: string
  /** Absolute path of the Unix socket that gets a pidfd. */
  readonly pidfdSocket?: string
  readonly noNewKeyring?: boolean
  /** Numbers of teu-init's own inherited descriptors; they become 3, 4, … of the program. */
  readonly extraFds?: readonly number[]
  /** How many of `extraFds`, from the first, are sockets for activation. */
  readonly listenFds?: { readonly count: number; readonly names?: string }
  /** The process gets `stopSignal` after this time. 0 or absent: never. */
  readonly timeoutMs?: number
  /** Default 9 (SIGKILL). */
  readonly stopSignal?: number
  /** Time between `stopSignal` and SIGKILL. Default 0. */
  readonly graceMs?: number
  /** The process is killed when the caller goes away. Default false. */
  readonly bindToCaller?: boolean
  /** Signals to teu-init go on to the process. Default false. */
  readonly forwardSignals?: boolean
  /** Nobody waits for the moment in which the program begins to run. */
  readonly quietStart?: boolean
  /** The surrounding or joined user namespace does not allow setgroups(2) (`/proc/PID/setgroups` says `deny`). */
  readonly setgroupsDenied?: boolean
}

/** Steps that put the process into its cgroups, as `planCgroupJoin` and `planCgroupExecJoin` give them. */
export interface CgroupJoinInput {
  /** Opens the cgroup v2 directory into which the process is cloned. */
  readonly beforeClone: readonly Step[]
  /** Slot of that directory; NO_SLOT where there is none. */
  readonly cloneSlot: number
  /** v1 membership. */
  readonly afterClone: readonly Step[]
}
