/** The end of an exec: it stays in the shim's list, with its exit status, until it is deleted. */

import { isTeuError } from '@teu/spec'
import type { ClientContext } from '../context.ts'
import { report } from '../report.ts'
import type { KnownContainer } from './known-container.ts'
import type { ProcessRun } from './process-run.ts'

/** Deletes an exec that has ended and forgets it. Runs beside the queue: a deletion that hangs must not stop the container's events.
 *  Without the daemon it stays, and goes after the next connection. */
export async function removeExec(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  const isCurrent = container.execs.get(run.processId) === run
  try {
    // Another client's exec is deleted by that client, who wants its exit status.
    if (isCurrent && !run.isForeign) await deleteExec(ctx, run.containerId, run.processId)
  } catch (error) {
    report({ what: `delete process ${run.processId}`, containerId: container.id, error })
    const isLost = isTeuError(error, 'ERR_TEU_UNAVAILABLE') || isTeuError(error, 'ERR_TEU_TIMEOUT')
    if (isLost) return
  }
  await forgetExec(container, run)
}

/** Removes the FIFOs of an exec, and then the exec from memory: from that moment on its name can be taken. */
export async function forgetExec(container: KnownContainer, run: ProcessRun): Promise<void> {
  try {
    await run.io?.[Symbol.asyncDispose]()
  } catch (error) {
    report({ what: `remove the FIFOs of process ${run.processId}`, containerId: container.id, error })
  }
  if (container.execs.get(run.processId) === run) container.retire(run)
  run.removed.resolve()
}

/** Deletes an exec that has ended from the shim's list. One that is not there is no failure. */
export async function deleteExec(ctx: ClientContext, containerId: string, execId: string): Promise<void> {
  try {
    await ctx.services.tasks.deleteProcess({ containerId, execId }, { timeoutMs: ctx.timing.cleanupMs })
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
  }
}
