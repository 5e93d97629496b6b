/** Telling users of events. */

import type { ClientContext } from '../context.ts'
import type { KnownContainer } from '../container/known-container.ts'
import type { ProcessRun } from '../container/process-run.ts'
import type { TaskEvent, TaskEventType } from '../types.ts'
import type { RawEvent } from './decode.ts'

/** What an event says beside the container. */
export interface Told {
  readonly type: TaskEventType
  readonly processId: string
  readonly pid?: number
  readonly exitCode?: number | undefined
  readonly exitedAt?: Date | undefined
  readonly error?: Error | undefined
  readonly timestamp?: Date
  readonly source?: TaskEvent['source']
}

/** Tells all users of an event of a known container. Waits for nobody. */
export function deliver(ctx: ClientContext, container: KnownContainer, told: Told): void {
  if (ctx.closed.aborted) return
  const event = taskEvent(container.id, container.oomKilled, true, told)
  ctx.broadcast.publish(event)
  ctx.deliveries.push(event)
}

/** Tells of an event of a run, of which this may be the first sign of life. */
export function deliverOf(ctx: ClientContext, container: KnownContainer, run: ProcessRun, told: Omit<Told, 'processId'>): void {
  deliver(ctx, container, { ...told, processId: run.processId, pid: run.pid })
}

/** Tells of an event of a container that this client has nothing to do with. */
export function deliverUnknown(ctx: ClientContext, raw: RawEvent): void {
  ctx.broadcast.publish(taskEvent(raw.containerId, raw.type === 'oom', false, raw))
}

function taskEvent(containerId: string, oomKilled: boolean, known: boolean, told: Told): TaskEvent {
  const { type, processId, pid, exitCode, exitedAt, error, timestamp, source } = told
  return {
    type,
    containerId,
    processId,
    ...(pid === undefined || pid === 0 ? {} : { pid }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(exitedAt === undefined ? {} : { exitedAt }),
    oomKilled,
    ...(error === undefined ? {} : { error }),
    timestamp: timestamp ?? new Date(),
    source: source ?? 'stream',
    known,
  }
}
