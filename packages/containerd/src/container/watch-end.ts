/** The safety net under the event stream: one open call per process, which the daemon answers when the process ends. */

import { isTeuError, delay } from '@teu/spec'
import type { ClientContext } from '../context.ts'
import { execIdOf } from '../identifiers.ts'
import { report } from '../report.ts'
import { readTime } from '../time.ts'
import { INIT_PROCESS } from '../types.ts'
import { checkRun } from './check-run.ts'
import type { KnownContainer } from './known-container.ts'
import type { ProcessRun } from './process-run.ts'

/** The end of a container's program that does not run longer is told by its event, and if that is lost by the deletion of the task; the call
 *  would only take time from its start. */
const SOON_MS = 100
/** Any time that nobody waits for. */
const FOR_EVER_MS = 0x7fff_ffff

/** Watches a run until its end is told, over lost connections. */
export function watchEnd(ctx: ClientContext, container: KnownContainer, run: ProcessRun): void {
  run.watch?.abort()
  if (run.exit !== undefined) return
  const watch = new AbortController()
  run.watch = watch
  void keepWatching(ctx, container, run, AbortSignal.any([watch.signal, ctx.closed]))
}

async function keepWatching(ctx: ClientContext, container: KnownContainer, run: ProcessRun, signal: AbortSignal): Promise<void> {
  const request = { containerId: container.id, execId: execIdOf(container.id, run.processId) }
  if (run.processId === INIT_PROCESS) await delay(SOON_MS, signal)
  while (!signal.aborted) {
    try {
      const { exitStatus: exitCode, exitedAt } = await ctx.services.tasks.wait(request, { signal })
      run.hear({ exitCode, exitedAt: readTime(exitedAt), source: 'resync' })
    } catch (error) {
      if (signal.aborted) return
      const isExpected = isTeuError(error, 'ERR_TEU_NOT_FOUND') || isTeuError(error, 'ERR_TEU_UNAVAILABLE')
      if (!isExpected) report({ what: 'wait for the end', containerId: container.id, error })
    }
    // The event says the same, and is what users expect to have been the source.
    await delay(ctx.timing.graceMs, signal)
    await ctx.link.isReadyWithin(FOR_EVER_MS)
    if (signal.aborted) return
    await new Promise<void>((checked) => {
      container.queue.push(() => checkRun(ctx, container, run).finally(checked))
    })
  }
}
