/** Clean-up after a create or run that has failed or was aborted. */

import type { Step } from '@teu/init'
import { processHierarchy } from '../cgroup/guard.ts'
import { withSuppressed } from '../cgroup/suppressed.ts'
import { isAlive } from '../probe/proc-stat.ts'
import type { StatePaths } from '../record/paths.ts'
import { type ActContext, act } from './act.ts'
import type { PlanRun } from './plan-run.ts'
import type { PreparedConfig } from './prepare.ts'
import { removeStateDirectory } from './state-root.ts'
import type { ConnectedStdio } from './stdio.ts'
import { type CgroupOwner, clearCgroups } from './unit.ts'
import type { NewUnit } from '../systemd/container-unit.ts'

/** A container whose plan is under way. */
export interface Begun {
  readonly run: PlanRun
  readonly paths: StatePaths
  readonly stdio: ConnectedStdio
  readonly config: PreparedConfig
  readonly owner: CgroupOwner
  readonly unit: NewUnit | undefined
  /** The plan ends with the removal of all that the container had. */
  readonly removesAll: boolean
}

/** Ends the plan and removes what is left of the container. teu-init has undone its part when `finished` settles, unless its own process
 *  was killed: then there may still be everything.
 *  @param context  for a helper that works when the plan's own does not
 *  @returns  `cause`, with what failed here attached to it */
export async function abandon(begun: Begun, context: () => ActContext, cause: unknown): Promise<unknown> {
  const { run, paths, stdio, owner, unit } = begun
  const failures: Error[] = []
  const attempt = async (part: () => Promise<void> | void): Promise<void> => {
    try {
      await part()
    } catch (error) {
      failures.push(error as Error)
    }
  }
  stdio.discard()
  run.signal(9)
  run.release()
  await run.finished.catch(() => undefined)
  if (begun.removesAll && run.isComplete && !run.leftSomething) {
    // The end was faster than the wish for it. What is there under these names now is another container's.
    stdio.releaseTransport()
    return cause
  }
  await attempt(async () => await killRest(begun, context))
  if (unit) await attempt(async () => await unit.release())
  // What teu-init has not made, and therefore not removed, may be somebody else's.
  if (unit || !run.isUndone) await attempt(async () => await clearCgroups(owner))
  await attempt(() => removeStateDirectory(paths))
  stdio.releaseTransport()
  return cause instanceof Error && Object.isExtensible(cause) ? withSuppressed(cause, failures) : cause
}

/** Whatever still lives of the container: its process, and all that is in its cgroup. */
async function killRest({ run: { pid, startTime }, owner }: Begun, context: () => ActContext): Promise<void> {
  if (pid === undefined || startTime === undefined || !isAlive({ pid, startTime })) return
  const processes = processHierarchy(owner.cgroup)
  const steps: Step[] = [{ op: 'kill_process', pid, startTime: BigInt(startTime), signal: 9 }]
  if (processes) steps.push({ op: 'kill_cgroup', path: processes.path })
  await act(context(), steps)
}
