/** The end of a task in memory, after the daemon has deleted it. */

import type { ClientContext } from '../context.ts'
import { owe } from '../events/owed.ts'
import { settleEnds } from '../events/tell-delete.ts'
import { report } from '../report.ts'
import type { KnownContainer } from './known-container.ts'
import type { ProcessRun } from './process-run.ts'
import { forgetExec } from './remove-exec.ts'

/** Forgets a task with its execs, closes its streams and removes its FIFOs. */
export async function forgetTask(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  const execs = container.init === run ? [...container.execs.values()] : []
  if (execs.length > 0) run.orphans = execs
  const isMade = run.told.has('create') || run.isStartTold || container.owed.some((owed) => owed.run === run && owed.type === 'create')
  if (isMade) owe(container, run, 'delete')
  container.retire(run)
  for (const exec of execs) {
    exec.task = run
    container.retire(exec)
  }
  if (execs.some((exec) => exec.owesExit)) container.queue.push(() => settleEnds(ctx, container, run))
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
