import type { Step } from '@teu/init'
import { isBelow } from './container-path.ts'
import type { CreatePlanInput } from './create-input.ts'

/** Cgroup steps around the clone. */
export interface OrderedCgroupSteps {
  readonly beforeClone: readonly Step[]
  readonly afterClone: readonly Step[]
}

/** Steps that may wait until the process exists. */
const MOVABLE: readonly Step['op'][] = ['make_cgroup', 'mkdir_all', 'write_file']

/** Where the cgroup steps go. The v2 cgroup exists before the process, which is born in it; v1 cgroups are made while the process mounts,
 *  and it moves there. Everything holds before the parent lets the process go on. */
export function orderCgroupSteps({ setup, beforeClone, afterClone }: CreatePlanInput['cgroup']): OrderedCgroupSteps {
  const opened = beforeClone.find((step) => step.op === 'open')
  const unified = opened?.path
  const isUnified = (step: Step): boolean => unified !== undefined && 'path' in step && isBelow(step.path, unified)
  const canWait = (step: Step): boolean => !isUnified(step) && MOVABLE.includes(step.op)
  // A step of another kind may depend on its place: then nothing is moved.
  if (!setup.every((step) => isUnified(step) || canWait(step))) return { beforeClone: [...setup, ...beforeClone], afterClone }
  return {
    beforeClone: [...setup.filter(isUnified), ...beforeClone],
    afterClone: [...setup.filter(canWait), ...afterClone],
  }
}
