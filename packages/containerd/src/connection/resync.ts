/** Comparing the picture with the daemon after the connection was lost: events of that time are gone. */

import { adopt } from '../container/adopt.ts'
import { checkRun } from '../container/check-run.ts'
import type { KnownContainer } from '../container/known-container.ts'
import { removeExec } from '../container/remove-exec.ts'
import { watchEnd } from '../container/watch-end.ts'
import type { ClientContext } from '../context.ts'
import { tellStart } from '../events/deliver.ts'
import { settleExit, UNKNOWN_EXIT_CODE } from '../events/settle-exit.ts'
import { processInfo } from '../task-status.ts'
import { INIT_PROCESS } from '../types.ts'
import { readProcess } from '../container/read-process.ts'

/** Compares every known container once the subscription stands. Events of the new stream queue behind that. */
export function resyncWhen(ctx: ClientContext, stands: Promise<boolean>): void {
  for (const container of ctx.known.values()) {
    container.freshBasis = undefined
    container.queue.push(async () => {
      if (await stands) await resync(ctx, container)
    })
  }
}

/** Compares one container. Runs in its queue. */
export async function resync(ctx: ClientContext, container: KnownContainer): Promise<void> {
  try {
    if (container.init !== undefined) await checkRun(ctx, container, container.init)
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
  if (run.startEvent !== 'told') tellStart(ctx, container, run)
  if (run.phase !== 'exited') return
  const process = await readProcess(ctx, container.id)
  const info = process === undefined ? undefined : processInfo(process)
  const { exitCode = UNKNOWN_EXIT_CODE, exitedAt } = info ?? {}
  await settleExit(ctx, container, run, { exitCode, exitedAt, source: 'resync' })
}
