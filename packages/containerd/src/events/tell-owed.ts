/** Telling of what calls have done when their events did not come, in the order of the answers. */

import type { KnownContainer } from '../container/known-container.ts'
import type { ProcessRun } from '../container/process-run.ts'
import type { ClientContext } from '../context.ts'
import { INIT_PROCESS } from '../types.ts'
import { deliverOf } from './deliver.ts'
import { type Owed, settleOwed } from './owed.ts'

/** Tells of all that must stand before the end of a run: what happened to it, and for a first process to its whole task. */
export function tellBefore(ctx: ClientContext, container: KnownContainer, run: ProcessRun): void {
  const isWhole = run.processId === INIT_PROCESS
  const task = run.task ?? container.init
  const due = container.owed.filter((owed) => {
    const isBeginning = owed.type === 'create' || owed.type === 'start'
    const isBefore = isWhole ? owed.task === run : owed.run === run || (isBeginning && owed.run === task)
    return isBefore && owed.isProven && owed.type !== 'delete'
  })
  for (const owed of due) tellOwed(ctx, container, owed)
}

/** Tells that a run was made when its start comes first: one of two events in a row was lost. */
export function tellBeginning(ctx: ClientContext, container: KnownContainer, run: ProcessRun): void {
  for (const owed of container.owed.filter((one) => one.run === run && (one.type === 'create' || one.type === 'exec-added'))) {
    tellOwed(ctx, container, owed)
  }
}

/** Tells of a start whose event did not come; that of its making may not have come either. */
export function tellStart(ctx: ClientContext, container: KnownContainer, run: ProcessRun): void {
  tellBeginning(ctx, container, run)
  run.told.add(run.startType)
  deliverOf(ctx, container, run, { type: run.startType, source: 'resync' })
}

/** Tells of one thing, unless it was told meanwhile. Not of deletions, before which ends must be told. */
export function tellOwed(ctx: ClientContext, container: KnownContainer, owed: Owed): void {
  if (!settleOwed(container, owed)) return
  const { type, run } = owed
  if (type === 'paused' || type === 'resumed') return tellPause(ctx, container, run, type === 'paused')
  if (run.told.has(type)) return
  run.told.add(type)
  deliverOf(ctx, container, run, { type, source: 'resync' })
}

/** Tells that a container was paused or goes on when nobody has heard of it. */
export function tellPause(ctx: ClientContext, container: KnownContainer, run: ProcessRun, isPaused: boolean): void {
  if (container.init !== run && run.told.has('delete')) return
  if (run.isPaused === isPaused) return
  run.isPaused = isPaused
  // A shim repeats late what it could not send.
  run.isPauseFound = true
  deliverOf(ctx, container, run, { type: isPaused ? 'paused' : 'resumed', source: 'resync' })
}
