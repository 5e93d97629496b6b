/** Lack of memory of which no event came: the kernel counts it where the container's limits are. */

import type { ClientContext } from '../context.ts'
import { deliverOf } from '../events/deliver.ts'
import { normalise } from '../metrics/normalise.ts'
import { readTaskMetrics } from '../metrics/read.ts'
import type { KnownContainer } from './known-container.ts'
import type { ProcessRun } from './process-run.ts'

/** Tells of lack of memory when the kernel has killed for it and nobody has heard of any in this life. Runs in the container's queue.
 *  Where the shim has no metrics, or the cgroup is gone with the task, nothing is known. */
export async function findOom(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  if (container.oomKilled || container.init !== run || (await killsOf(ctx, container.id)) === 0) return
  if (container.oomKilled || container.init !== run) return
  container.oomKilled = true
  deliverOf(ctx, container, run, { type: 'oom', source: 'resync' })
}

async function killsOf(ctx: ClientContext, containerId: string): Promise<number> {
  try {
    const { metrics } = await ctx.services.tasks.metrics({ filters: [`id=="${containerId}"`] })
    const read = readTaskMetrics(metrics.find(({ id }) => id === containerId)?.data)
    return read === undefined ? 0 : (normalise(read).memory?.oomKills ?? 0)
  } catch {
    return 0
  }
}
