/** The end of a task in memory, after the daemon has deleted it. */

import { TeuError } from '@teu/spec'
import type { ClientContext } from '../context.ts'
import { delay } from '../delay.ts'
import { settleExit, UNKNOWN_EXIT_CODE } from '../events/settle-exit.ts'
import { report } from '../report.ts'
import type { KnownContainer } from './known-container.ts'
import type { ProcessRun } from './process-run.ts'
import { forgetExec } from './remove-exec.ts'

/** Forgets a task with its execs, closes its streams and removes its FIFOs. */
export async function forgetTask(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  const execs = container.init === run ? [...container.execs.values()] : []
  if (container.init === run) container.isPaused = false
  container.retire(run)
  for (const exec of execs) {
    container.retire(exec)
    void orphan(ctx, container, exec)
  }
  // The next task's FIFOs will have the same names.
  container.tidying = Promise.all([container.tidying, closeStreams(container, run), ...execs.map((exec) => forgetExec(container, exec))])
  await container.tidying
}

async function closeStreams(container: KnownContainer, run: ProcessRun): Promise<void> {
  try {
    await run.io?.[Symbol.asyncDispose]()
  } catch (error) {
    report({ what: 'remove the FIFOs', containerId: container.id, error })
  }
}

/** Tells of the end of an exec that went with its task; its own event may be on the way still. */
async function orphan(ctx: ClientContext, container: KnownContainer, exec: ProcessRun): Promise<void> {
  if (!exec.owesExit) return
  await delay(ctx.timing.graceMs, ctx.closed)
  const { id: containerId } = container
  const error = new TeuError('ERR_TEU_NOT_FOUND', `The task was deleted before the end of process "${exec.processId}" was known`, {
    containerId,
  })
  container.queue.push(() => settleExit(ctx, container, exec, { exitCode: UNKNOWN_EXIT_CODE, error, source: 'resync' }))
}
