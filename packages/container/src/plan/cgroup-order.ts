/** Cgroup steps around the clone. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import { isBelow } from './container-path.ts'
import type { CreatePlanInput } from './create-input.ts'
import type { CgroupJoinInput } from './input.ts'

export interface OrderedCgroupSteps {
  readonly beforeClone: readonly Step[]
  /** After the clone: what has to be there before the process moves. Device rules too: halfway written they forbid it to make devices. */
  readonly make: readonly Step[]
  /** After the clone, at any time before the program. */
  readonly afterClone: readonly Step[]
  /** Container stage, while host paths are in sight: the process moves itself. */
  readonly container: readonly Step[]
}

/** Steps that may wait until the process exists. */
const MOVABLE: readonly Step['op'][] = ['make_cgroup', 'mkdir_all', 'write_file']

/** Where the cgroup steps go. The v2 cgroup exists before the process, which is born in it; v1 cgroups are made while the process mounts.
 *  Everything holds before the process goes on from there.
 *  @param options.moveItself  the process has the rights to move itself, see {@link moveItself} */
export function orderCgroupSteps(cgroup: CreatePlanInput['cgroup'], options: { readonly moveItself: boolean }): OrderedCgroupSteps {
  const { setup } = cgroup
  const join = options.moveItself ? moveItself(cgroup) : { ...cgroup, own: [] }
  const unified = cgroup.beforeClone.find((step) => step.op === 'open')?.path
  const early: Step[] = []
  const make: Step[] = []
  for (const step of setup) {
    if (unified !== undefined && 'path' in step && isBelow(step.path, unified)) early.push(step)
    else if (MOVABLE.includes(step.op)) make.push(step)
  }
  // A step of another kind may depend on its place: then nothing is moved.
  const isSplit = early.length + make.length === setup.length
  return {
    beforeClone: [...(isSplit ? early : setup), ...join.beforeClone],
    make: isSplit ? make : [],
    afterClone: join.afterClone,
    container: join.own,
  }
}

/** The way into v1 cgroups that costs least: each of them by the process itself. Moving another process takes a lock of the whole machine
 *  that first waits for an RCU grace period, several milliseconds on an idle host; a single thread that moves itself (`0` in `tasks`) does
 *  not need it (cgroup_procs_write_start() in kernel/cgroup/cgroup.c). */
export function moveItself(join: CgroupJoinInput): CgroupJoinInput & { readonly own: readonly Step[] } {
  const own: Step[] = []
  const afterClone: Step[] = []
  const itself = new TextEncoder().encode('0')
  for (const step of join.afterClone) {
    if (step.op === 'write_child_pid' && step.path.endsWith('/cgroup.procs')) {
      own.push({ op: 'write_file', dir: NO_SLOT, path: `${step.path.slice(0, -'cgroup.procs'.length)}tasks`, data: itself })
    } else afterClone.push(step)
  }
  return { beforeClone: join.beforeClone, cloneSlot: join.cloneSlot, afterClone, own }
}
