/** Comparing the picture with the daemon after the connection was lost: events of that time are gone. */

import { adopt } from '../container/adopt.ts'
import { checkGone, checkRun } from '../container/check-run.ts'
import type { KnownContainer } from '../container/known-container.ts'
import { removeExec } from '../container/remove-exec.ts'
import { watchEnd } from '../container/watch-end.ts'
import type { ClientContext } from '../context.ts'
import { tellStart } from '../events/tell-owed.ts'
import { settleExit, UNKNOWN_EXIT_CODE } from '../events/settle-exit.ts'
import { tellAll, tellDeparted } from '../events/tell-delete.ts'
import { processInfo } from '../task-status.ts'
import { INIT_PROCESS } from '../types.ts'
import { readProcess } from '../container/read-process.ts'

/** Compares every known container once the subscription stands. Events of the new stream queue behind that. */
export function resyncWhen(ctx: ClientContext, stands: Promise<boolean>): void {
  const queued = new Set(ctx.known.values())
  for (const container of queued) {
    container.freshBasis = undefined
    queueResync(ctx, container, stands)
  }
  void stands.then((isStanding) => {
    // Made while nobody listened.
    for (const container of isStanding ? ctx.known.values() : []) if (!queued.has(container)) queueResync(ctx, container, stands)
  })
}

function queueResync(ctx: ClientContext, container: KnownContainer, stands: Promise<boolean>): void {
  // From then on events come.
  const lost = stands.then((isStanding) => (isStanding ? container.owed.filter(({ isProven }) => isProven) : undefined))
  container.queue.push(async () => {
    const owed = await lost
    if (owed === undefined) return
    await tellDeparted(ctx, container)
    await tellAll(ctx, container, owed)
    await resync(ctx, container)
  })
}

/** Compares one container. Runs in its queue. */
export async function resync(ctx: ClientContext, container: KnownContainer): Promise<void> {
  // Deleted or replaced while this waited for its turn: what the daemon has under the id now is another one.
  if (ctx.known.get(container.id) !== container) return
  try {
    const { init } = container
    if (init !== undefined) await (init.exit === undefined ? checkRun : checkGone)(ctx, container, init)
    if (container.init === undefined) await meet(ctx, container)
    for (const exec of container.execs.values()) {
      if (exec.exit === undefined) await checkRun(ctx, container, exec)
      else void removeExec(ctx, container, exec)
    }
  } finally {
    // Also where a question was not answered: the watch asks again.
    for (const run of [container.init, ...container.execs.values()]) {
      if (run !== undefined && run.inFlight === undefined) watchEnd(ctx, container, run)
    }
  }
}

/** A task that somebody has made meanwhile. */
async function meet(ctx: ClientContext, container: KnownContainer): Promise<void> {
  const run = await adopt(ctx, container, INIT_PROCESS)
  if (run === undefined || run.phase === 'starting' || run.phase === 'created') return
  if (!run.told.has('start')) tellStart(ctx, container, run)
  if (run.phase !== 'exited') return
  const process = await readProcess(ctx, container.id)
  const info = process === undefined ? undefined : processInfo(process)
  const { exitCode = UNKNOWN_EXIT_CODE, exitedAt } = info ?? {}
  await settleExit(ctx, container, run, { exitCode, exitedAt, source: 'resync' })
}
