/** The plan of one more process in a container that runs. Pure. */

import { NO_SLOT, type Plan, type Step } from '@teu/init'
import type { LinuxNamespaceType, Process, Spec } from '@teu/spec'
import { moveItself } from './cgroup-order.ts'
import { type ConsoleSteps, noConsole, planConsole } from './console.ts'
import { openHostProc } from './host-proc.ts'
import { checkProcessIds, deniesSetgroups, toHostId } from './id-maps.ts'
import type { CgroupJoinInput, ProgramInput } from './input.ts'
import { planIntelRdt } from './intel-rdt.ts'
import { planExtraFds, planReady, planLaunch, superviseStep } from './launch.ts'
import { execJoinFlags } from './namespaces.ts'
import { planAffinity, planAttributes, planOomScore, planRlimits } from './process.ts'
import { planKeyLabel, planKeyring, planLabels, planSeccomp } from './security.ts'
import { SLOT, SlotAllocator } from './slots.ts'
import { planStdio } from './stdio.ts'
import { SYNC } from './sync.ts'

export interface ExecPlanInput extends ProgramInput {
  /** The container's config. */
  readonly spec: Spec
  /** Complete: what the caller did not give has been filled in from the container's own process. */
  readonly process: Process
  /** `startTime` in clock ticks since boot, /proc/PID/stat. */
  readonly init: { readonly pid: number; readonly startTime: bigint }
  /** `exec`: teu-init stays until the process ends. `exec-detached`: it exits when the program runs. */
  readonly mode: 'exec' | 'exec-detached'
  readonly cgroup: CgroupJoinInput
  /** Takes the place of `process.execCPUAffinity`. */
  readonly cpuAffinity?: { readonly initial?: string; readonly final?: string }
}

/** Turns a process into the ordered steps that start it in a running container.
 *
 *  Everything of the container is joined by one pidfd of init, whose start time has been checked, before the process is visible in the
 *  container's pid namespace: when it becomes visible, its root is the container's and it holds no descriptor of the host but its
 *  standard streams.
 *  @throws {TeuError} as `compileCreatePlan`
 *  @see setns(2), pidfd_open(2) */
export function compileExecPlan(input: ExecPlanInput): Plan {
  const { spec, process, host, mode, init } = input
  const { linux = {} } = spec
  checkProcessIds(spec, process)
  const slots = new SlotAllocator()
  const has = (type: LinuxNamespaceType): boolean => (linux.namespaces ?? []).some((entry) => entry.type === type)
  const isNew = (type: LinuxNamespaceType): boolean => (linux.namespaces ?? []).some((entry) => entry.type === type && !entry.path)
  const inUserNamespace = has('user')
  const setgroupsDenied = input.setgroupsDenied === true || deniesSetgroups(spec, { isNew }, host)

  const streams = planStreams(input, slots, { inUserNamespace, isNewUser: isNew('user') })
  const extra = planExtraFds(input.extraFds, slots)
  const labels = [...(input.noNewKeyring ? [] : planKeyLabel(process)), ...planLabels(process, host)]
  const seccomp = planSeccomp(input.seccomp, process.noNewPrivileges ?? false, {
    ociVersion: spec.ociVersion,
    id: input.id,
    status: 'running',
    pid: init.pid,
    bundle: input.bundle,
    ...(spec.annotations && { annotations: spec.annotations }),
  })
  const ready = planReady(input, 'setns', seccomp.parent.length > 0)
  const rlimits = planRlimits(process.rlimits, slots.taken)
  const affinity = input.cpuAffinity ?? process.execCPUAffinity
  // Only children are in a pid namespace that was joined; and rights in a user namespace are had after joining it.
  const byJoiner = has('pid') || has('user') || has('time')
  const cgroup = planExecCgroup(input, byJoiner || inUserNamespace)
  // The files of a process without rights belong to root until it makes itself dumpable, which nothing of the container may see.
  const ownScore = host.rootless && host.euid !== 0 ? ownOomScore(process) : []

  const keep = [...streams.slots, ...extra.slots, ...(byJoiner || cgroup.cloneSlot === NO_SLOT ? [] : [cgroup.cloneSlot])]
  const enter: Step[] = [
    ...planAffinity(affinity?.initial, '/process/execCPUAffinity/initial'),
    ...ownScore,
    // On the host still, with the caller's rights; what it forks is in the same cgroups.
    ...cgroup.own,
    ...labels,
    { op: 'setns', slot: SLOT.initPidfd, flags: execJoinFlags(linux.namespaces ?? []), pointer: '/linux/namespaces' },
    { op: 'close_others', keep },
  ]

  const parent: Step[] = [
    ...streams.console.parent,
    ...ready.early,
    ...seccomp.parent,
    ...extra.steps,
    ...streams.parent,
    ...(labels.length > 0 ? [openHostProc(!host.rootless)] : []),
    { op: 'open_pidfd', slot: SLOT.initPidfd, pid: init.pid, startTime: init.startTime },
    ...cgroup.beforeClone,
    { op: 'clone', flags: 0, cgroup: cgroup.cloneSlot },
    ...cgroup.afterClone,
    ...planIntelRdt(spec, input.id).join,
    ...rlimits.parent,
    ...(ownScore.length > 0 ? [] : planOomScore(process)),
    { op: 'signal', n: SYNC.prepared },
    ...ready.late,
    mode === 'exec-detached' ? { op: 'detach' } : superviseStep(input, streams.console.relay),
  ]
  const container: Step[] = [
    ...(byJoiner ? [] : enter),
    { op: 'wait', n: SYNC.prepared },
    ...planAffinity(affinity?.final, '/process/execCPUAffinity/final'),
    ...(inUserNamespace ? [{ op: 'user', uid: 0, gid: 0, groups: [], setGroups: !setgroupsDenied } as const] : []),
    ...(input.noNewKeyring ? [] : [planKeyring(input.id)]),
    ...streams.console.open,
    ...planLaunch({
      process,
      umask: spec.process?.user.umask,
      lastCapability: host.lastCapability,
      setgroupsDenied,
      console: streams.console,
      attributes: planAttributes(process, linux),
      rlimits: rlimits.container,
      seccomp,
      additions: input.listenFds ? { listenFds: input.listenFds } : {},
      extraSlots: extra.slots,
      announceReady: ready.late.length > 0,
      gate: false,
      hooks: [],
    }),
  ]
  return { parent, joiner: byJoiner ? enter : [], container, after: [] }
}

/** The way into the container's cgroups. Cloning into one needs its directory as a descriptor. A joiner is cloned into it, and closes that
 *  before there is a process that the container can see. Without one the new process has it for a moment, which is one too many in a
 *  container whose processes may trace others without any border of user namespaces: there it is moved instead, which takes longer.
 *  @param isHidden  nothing of the container can look into the new process while it has the descriptor */
function planExecCgroup(input: ExecPlanInput, isHidden: boolean): CgroupJoinInput & { readonly own: readonly Step[] } {
  const { spec, process } = input
  const cgroup = input.host.rootless ? { ...input.cgroup, own: [] } : moveItself(input.cgroup)
  const opened = cgroup.beforeClone.find((step) => step.op === 'open')
  const canTrace = [spec.process?.capabilities, process.capabilities].some(
    (sets) => sets?.bounding?.includes('CAP_SYS_PTRACE') === true || sets?.permitted?.includes('CAP_SYS_PTRACE') === true,
  )
  if (opened?.op !== 'open' || !canTrace || isHidden) return cgroup
  return {
    ...cgroup,
    beforeClone: [],
    cloneSlot: NO_SLOT,
    afterClone: [{ op: 'write_child_pid', path: `${opened.path}/cgroup.procs` }, ...cgroup.afterClone.filter(({ op }) => op !== 'close')],
  }
}

function planStreams(
  { process, stdio, consoleSocket, terminal, spec, host }: ExecPlanInput,
  slots: SlotAllocator,
  user: { readonly inUserNamespace: boolean; readonly isNewUser: boolean },
): { console: ConsoleSteps; parent: readonly Step[]; slots: readonly number[] } {
  const { uid } = process.user
  if (process.terminal) {
    const console = planConsole({ size: process.consoleSize, uid, consoleSocket, terminal, root: NO_SLOT })
    return { console, parent: [], slots: consoleSocket === undefined ? [] : [SLOT.consoleSocket] }
  }
  const hostUid = user.isNewUser && !host.rootless ? toHostId(spec.linux?.uidMappings ?? [], uid) : undefined
  const streams = planStdio(stdio, slots, { uid, hostUid, inUserNamespace: user.inUserNamespace })
  const used = streams.container.flatMap((step) => (step.op === 'stdio' ? [step.slot] : []))
  return { console: noConsole(streams.container), parent: streams.parent, slots: [...new Set(used)] }
}

/** The score of the process itself, before it enters anything; what it forks inherits it. */
function ownOomScore({ oomScoreAdj }: Process): Step[] {
  if (oomScoreAdj === undefined) return []
  const data = new TextEncoder().encode(String(oomScoreAdj))
  return [
    { op: 'dumpable', on: true },
    { op: 'write_file', dir: NO_SLOT, path: '/proc/self/oom_score_adj', data, pointer: '/process/oomScoreAdj' },
    { op: 'dumpable', on: false },
  ]
}
