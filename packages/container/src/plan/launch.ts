/** The end of every container stage: from set-up process to program. Pure. */

import type { Step } from '@teu/init'
import { type Process, TeuError } from '@teu/spec'
import type { ConsoleSteps } from './console.ts'
import { containerPath } from './container-path.ts'
import type { ProgramInput } from './input.ts'
import { type EnvironmentAdditions, environment, hasHome, programCandidates } from './program.ts'
import { DEFAULT_UMASK } from './process.ts'
import { planCredentials, type SeccompSteps } from './security.ts'
import { SLOT, type SlotAllocator } from './slots.ts'
import { SYNC } from './sync.ts'

/** What the end depends on. */
export interface LaunchInput {
  readonly process: Process
  readonly umask?: number | undefined
  readonly lastCapability: number
  readonly setgroupsDenied: boolean
  readonly console: ConsoleSteps
  /** Scheduling, memory policy …; while the process has its capabilities. */
  readonly attributes: readonly Step[]
  readonly rlimits: readonly Step[]
  readonly seccomp: SeccompSteps
  readonly additions: EnvironmentAdditions
  /** Slots that become descriptors 3, 4, … */
  readonly extraSlots: readonly number[]
  /** The parent waits for the moment at which only gate and exec are left. */
  readonly announceReady: boolean
  readonly gate: boolean
  /** `startContainer` hooks. */
  readonly hooks: readonly Step[]
}

/** Container steps from the standard streams to execve.
 *
 *  Descriptors that belong to the set-up are closed before the first restriction; privileges go in the order in which they are needed;
 *  the working directory is entered, and the program found, with the rights of the program. A filter is installed as late as it can be.
 *  @throws {TeuError} ERR_TEU_ROOTLESS for supplementary groups where setgroups(2) is not allowed */
export function planLaunch(input: LaunchInput): Step[] {
  const { process, seccomp } = input
  const env = environment(process.env, input.additions)
  if (input.setgroupsDenied && (process.user.additionalGids ?? []).length > 0) {
    throw new TeuError('ERR_TEU_ROOTLESS', 'Cannot set supplementary groups: this user namespace does not allow it', {
      pointer: '/process/user/additionalGids',
      remedy: 'Leave the groups out, or map a range of gids with newgidmap',
    })
  }
  const keep = [...(input.gate ? [SLOT.gate, SLOT.gateStatus] : []), ...input.extraSlots]
  const announce: Step[] = input.announceReady ? [{ op: 'signal', n: SYNC.ready }] : []
  // The program does not find the parent-death signal of the set-up: a bound caller's end reaches it through the monitor.
  const outlive: Step[] = [{ op: 'outlive_parent' }]
  const gate: Step[] = input.gate ? [{ op: 'gate', go: SLOT.gate, status: SLOT.gateStatus }] : []
  const noNewPrivileges: Step[] = process.noNewPrivileges ? [{ op: 'no_new_privs', pointer: '/process/noNewPrivileges' }] : []
  const home: Step[] = hasHome(env) ? [] : [{ op: 'home', uid: process.user.uid }]
  return [
    ...input.console.use,
    { op: 'close_others', keep },
    ...input.attributes,
    ...input.rlimits,
    ...noNewPrivileges,
    ...seccomp.privileged,
    { op: 'umask', mask: process.user.umask ?? input.umask ?? DEFAULT_UMASK },
    ...planCredentials(process, input.lastCapability, !input.setgroupsDenied),
    ...home,
    { op: 'chdir', path: containerPath(process.cwd), create: false, pointer: '/process/cwd' },
    { op: 'find_program', candidates: programCandidates({ ...process, env }), pointer: '/process/args/0' },
    ...seccomp.beforeGate,
    ...announce,
    ...outlive,
    ...gate,
    ...input.hooks,
    ...seccomp.last,
    {
      op: 'exec',
      args: process.args,
      env,
      fds: input.extraSlots,
      listenPid: input.additions.listenFds !== undefined,
      pointer: '/process/args',
    },
  ]
}

/** Takes over the caller's extra descriptors: parent steps, and their slots in order. */
export function planExtraFds(fds: readonly number[] | undefined, slots: SlotAllocator): { steps: Step[]; slots: number[] } {
  const taken = (fds ?? []).map((fd) => ({ fd, slot: slots.take() }))
  return { steps: taken.map(({ fd, slot }): Step => ({ op: 'adopt', slot, fd })), slots: taken.map(({ slot }) => slot) }
}

/** Parent steps around the moment at which only gate and exec are left. */
export interface ReadySteps {
  readonly early: readonly Step[]
  /** Begins with the wait for that moment; empty when nobody has to wait. */
  readonly late: readonly Step[]
}

/** Plans what tells the caller who the process is: the pid file comes last, so that whoever sees it finds everything done.
 *  @param hasListener  the parent has a part in the set-up of the filter, for which it must not have gone on to its last step */
export function planReady(
  { pidFile, pidfdSocket }: Pick<ProgramInput, 'pidFile' | 'pidfdSocket'>,
  payload: 'standard' | 'setns',
  hasListener: boolean,
): ReadySteps {
  const early: Step[] = []
  const late: Step[] = []
  if (pidfdSocket !== undefined) {
    early.push({ op: 'connect', slot: SLOT.pidfdSocket, path: pidfdSocket, type: 1 })
    late.push({ op: 'send_pidfd', socket: SLOT.pidfdSocket, payload: new TextEncoder().encode(payload) })
  }
  if (pidFile !== undefined) late.push({ op: 'pid_file', path: pidFile })
  return { early, late: late.length > 0 || hasListener ? [{ op: 'wait', n: SYNC.ready }, ...late] : [] }
}

/** The last parent step of a plan whose teu-init stays. */
export function superviseStep(input: ProgramInput, relay: ConsoleSteps['relay']): Step {
  return {
    op: 'supervise',
    forwardSignals: input.forwardSignals ?? false,
    bindToCaller: input.bindToCaller ?? false,
    timeoutMs: input.timeoutMs ?? 0,
    stopSignal: input.stopSignal ?? 9,
    graceMs: input.graceMs ?? 0,
    quietStart: input.quietStart ?? false,
    ...relay,
  }
}
