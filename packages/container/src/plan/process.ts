/** Attributes of the process: limits, priorities, memory policy, personality. Pure. */

import type { Step } from '@teu/init'
import {
  type Integer,
  idListMask,
  type LinuxMemoryPolicy,
  type LinuxPersonality,
  type LinuxSchedulerFlag,
  type LinuxSchedulerPolicy,
  MEMORY_POLICY_MODES,
  type MemoryPolicyFlag,
  type POSIXRlimit,
  type Process,
  RLIMITS,
  type Scheduler,
} from '@teu/spec'
import { configError } from './config-error.ts'

/** umask of a process that asks for none. */
export const DEFAULT_UMASK = 0o022

// linux/sched.h: the values of the policies and of sched_attr.sched_flags
const POLICIES: Readonly<Record<LinuxSchedulerPolicy, number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
}
const SCHEDULER_FLAGS: Readonly<Record<LinuxSchedulerFlag, number>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
}
// linux/ioprio.h
const IO_CLASSES = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const
const IO_CLASS_SHIFT = 13
// linux/mempolicy.h
const MEMORY_FLAGS: Readonly<Record<MemoryPolicyFlag, number>> = {
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
}
// linux/personality.h
const PERSONALITIES = { LINUX: 0x0000, LINUX32: 0x0008 } as const

/** Scheduling, I/O priority, memory policy and personality; container stage, while the process still has its capabilities.
 *  @see sched_setattr(2), ioprio_set(2), set_mempolicy(2), personality(2) */
export function planAttributes(
  process: Pick<Process, 'scheduler' | 'ioPriority'>,
  linux: { readonly memoryPolicy?: LinuxMemoryPolicy | undefined; readonly personality?: LinuxPersonality | undefined } = {},
): Step[] {
  const steps: Step[] = []
  if (process.scheduler) steps.push(schedulerStep(process.scheduler))
  if (process.ioPriority) {
    const { class: ioClass, priority } = process.ioPriority
    steps.push({ op: 'io_priority', priority: (IO_CLASSES[ioClass] << IO_CLASS_SHIFT) | priority, pointer: '/process/ioPriority' })
  }
  if (linux.memoryPolicy) steps.push(memoryPolicyStep(linux.memoryPolicy))
  if (linux.personality) {
    steps.push({ op: 'personality', persona: PERSONALITIES[linux.personality.domain], pointer: '/linux/personality' })
  }
  return steps
}

function schedulerStep({ policy, nice = 0, priority = 0, flags = [], runtime = 0, deadline = 0, period = 0 }: Scheduler): Step {
  return {
    op: 'scheduler',
    policy: POLICIES[policy],
    nice,
    priority,
    flags: flags.reduce((bits, flag) => bits | SCHEDULER_FLAGS[flag], 0),
    runtimeNs: runtime,
    deadlineNs: deadline,
    periodNs: period,
    pointer: '/process/scheduler',
  }
}

function memoryPolicyStep({ mode, nodes, flags = [] }: LinuxMemoryPolicy): Step {
  const bits = flags.reduce((sum, flag) => sum | MEMORY_FLAGS[flag], MEMORY_POLICY_MODES.indexOf(mode))
  return { op: 'memory_policy', mode: bits, nodes: nodes ? idListMask(nodes) : new Uint8Array(), pointer: '/linux/memoryPolicy' }
}

/** Parent step for the score that the out-of-memory killer goes by. @see proc_pid_oom_score_adj(5) */
export function planOomScore({ oomScoreAdj }: Pick<Process, 'oomScoreAdj'>): Step[] {
  if (oomScoreAdj === undefined) return []
  const data = new TextEncoder().encode(String(oomScoreAdj))
  return [{ op: 'write_child', file: 'oom_score_adj', data, pointer: '/process/oomScoreAdj' }]
}

/** Restricts the process to the CPUs of a list; nothing for an empty one. */
export function planAffinity(cpus: string | undefined, pointer: string): Step[] {
  return cpus ? [{ op: 'cpu_affinity', mask: idListMask(cpus), pointer }] : []
}

/** Below this value a limit could get in the way of the set-up itself, which has the same process. */
const COMFORTABLE: Readonly<Record<string, bigint>> = {
  RLIMIT_CPU: 60n,
  RLIMIT_FSIZE: 1n << 30n,
  RLIMIT_DATA: 1n << 28n,
  RLIMIT_STACK: 1n << 20n,
  RLIMIT_NPROC: 65536n,
  RLIMIT_AS: 1n << 30n,
  RLIMIT_RTTIME: 60_000_000n,
}
/** Descriptors that teu-init uses beside the slots of a plan. */
const SPARE_DESCRIPTORS = 64

/** Resource limits: by the parent, which can raise them also for a process in a user namespace. A value that is too tight for the set-up
 *  is applied by the container process itself as one of its last acts; lowering is always allowed.
 *  @param descriptors  how many slots the plan uses
 *  @see prlimit(2) */
export function planRlimits(rlimits: readonly POSIXRlimit[] | undefined, descriptors: number): { parent: Step[]; container: Step[] } {
  const parent: Step[] = []
  const container: Step[] = []
  for (const [index, { type, soft, hard }] of (rlimits ?? []).entries()) {
    const pointer = `/process/rlimits/${index}`
    const resource = RLIMITS.indexOf(type)
    if (resource < 0) throw configError(`${pointer}/type`, `unknown resource ${JSON.stringify(type)}`)
    const step = (softValue: Integer): Step => ({ op: 'rlimit', resource, soft: softValue, hard, pointer })
    const comfortable = type === 'RLIMIT_NOFILE' ? BigInt(descriptors + SPARE_DESCRIPTORS) : (COMFORTABLE[type] ?? 0n)
    if (soft >= comfortable) parent.push(step(soft))
    else {
      if (hard >= comfortable) parent.push(step(hard))
      container.push(step(soft))
    }
  }
  return { parent, container }
}
