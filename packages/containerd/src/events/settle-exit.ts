/** The end of a run: accepted once, whoever brings the news. */

import { INIT_PROCESS } from '../types.ts'
import type { ClientContext } from '../context.ts'
import type { KnownContainer } from '../container/known-container.ts'
import type { ExitFacts, ProcessRun } from '../container/process-run.ts'
import { removeExec } from '../container/remove-exec.ts'
import { deliverOf } from './deliver.ts'
import { tellBefore, tellStart } from './tell-owed.ts'

/** Exit code of a process of which nobody knows how it ended. */
export const UNKNOWN_EXIT_CODE = 255

/** Accepts the end of a run and tells of it; later news of the same end is dropped. Runs in the container's queue, or in that of the container
 *  that takes its place; resolves for whoever comes later when it is told. */
export async function settleExit(ctx: ClientContext, container: KnownContainer, run: ProcessRun, facts: ExitFacts): Promise<void> {
  // Disposed meanwhile, it is not told.
  if (run.exit !== undefined) return void (await run.exited.promise.catch(() => undefined))
  if (!run.owesExit) return
  const { exitCode, exitedAt, error } = facts
  run.exit = {
    exitCode,
    oomKilled: false,
    ...(exitedAt === undefined ? {} : { exitedAt }),
    ...(error === undefined ? {} : { error }),
  }
  run.phase = 'exited'
  run.watch?.abort()
  // A child of the program may hold its output open for as long as it likes.
  await run.io?.drainedWithin(ctx.timing.drainMs)
  run.io?.stdin?.drop()
  run.exit.oomKilled = container.oomKilled
  run.exited.resolve(run.exit)
  tellBefore(ctx, container, run)
  if (run.owesStart) tellStart(ctx, container, run)
  deliverOf(ctx, container, run, { type: 'exit', ...facts })
  if (run.processId !== INIT_PROCESS) void removeExec(ctx, container, run)
}
