/** The end of a task: its first process, its execs, and then the task itself. */

import { TeuError, delay } from '@teu/spec'
import type { KnownContainer } from '../container/known-container.ts'
import type { ProcessRun } from '../container/process-run.ts'
import type { ClientContext } from '../context.ts'
import { deliverOf } from './deliver.ts'
import { isOwed, type Owed } from './owed.ts'
import { settleExit, UNKNOWN_EXIT_CODE } from './settle-exit.ts'
import { tellBefore, tellOwed } from './tell-owed.ts'

/** Tells of everything on a list, in its order. Runs in the container's queue. */
export async function tellAll(ctx: ClientContext, container: KnownContainer, list: readonly Owed[]): Promise<void> {
  for (const owed of list) {
    if (owed.type === 'delete') await tellDelete(ctx, container, owed.run)
    else tellOwed(ctx, container, owed)
  }
}

/** Tells of what is owed of a container of the same id that was deleted. */
export async function tellDeparted(ctx: ClientContext, container: KnownContainer): Promise<void> {
  const departed = ctx.departed.get(container.id)
  if (departed !== undefined && departed !== container) await tellAll(ctx, departed, [...departed.owed])
}

/** Tells of what is owed of former tasks, before the next one is told of. */
export async function tellFormer(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  await tellDeparted(ctx, container)
  const next = container.owed.findIndex((owed) => owed.task === run)
  const before = next < 0 ? container.owed : container.owed.slice(0, next)
  await tellAll(
    ctx,
    container,
    before.filter(({ task, isProven }) => isProven && task !== run),
  )
}

/** Tells that a task is gone whose event did not come, after the ends of its processes. */
export async function tellDelete(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  if (!run.told.has('delete')) await settleEnds(ctx, container, run)
  // Not before: the container that takes the place of this one waits for what is on the list. Its queue may have been faster.
  isOwed(container, run, 'delete')
  if (run.told.has('delete')) return
  run.told.add('delete')
  const { exitCode, exitedAt } = run.exit ?? {}
  deliverOf(ctx, container, run, { type: 'delete', exitCode, exitedAt, source: 'resync' })
}

/** Tells of the ends of all processes of a task that is gone. */
export async function settleEnds(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  tellBefore(ctx, container, run)
  await settleExit(ctx, container, run, run.heard ?? unknownEnd(run))
  const execs = container.init === run ? [...container.execs.values()] : run.orphans
  const open = execs.filter((exec) => exec.owesExit)
  if (open.length === 0) return
  // What the events or the answers on the way say is better than a guess. They cannot wait for their turn: this is theirs.
  const over = new AbortController()
  const late = delay(ctx.timing.graceMs, AbortSignal.any([over.signal, ctx.closed]))
  for (const exec of open) {
    if (exec.heard === undefined) await Promise.race([exec.hearing.promise, late])
    // A call that is still going on will fail, and say itself what becomes of it.
    if (exec.inFlight === undefined || exec.isStartTold) await settleExit(ctx, container, exec, exec.heard ?? unknownEnd(exec))
  }
  over.abort()
}

function unknownEnd({ containerId, processId }: ProcessRun): Parameters<typeof settleExit>[3] {
  const error = new TeuError('ERR_TEU_NOT_FOUND', `The task was deleted before the end of process "${processId}" was known`, {
    containerId,
  })
  return { exitCode: UNKNOWN_EXIT_CODE, error, source: 'resync' }
}
