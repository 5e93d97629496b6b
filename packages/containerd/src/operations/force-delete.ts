/** Ending a task whatever its state, for `force` and for cleaning up. */

import { isTeuError, delay } from '@teu/spec'
import { readProcess } from '../container/read-process.ts'
import type { ClientContext } from '../context.ts'
import type { DeleteResponse } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'
import { taskStatus } from '../task-status.ts'

const SIGKILL = 9
const RETRY_MS = 100

/** Kills a task and deletes it.
 *  @param beforeDelete  called when it has ended, for what must be read before
 *  @param signal  is heard until it has ended; the deletion itself is not given up
 *  @returns how it ended; undefined when there was none */
export async function forceDelete(
  ctx: ClientContext,
  containerId: string,
  beforeDelete: () => Promise<void> = () => Promise.resolve(),
  signal?: AbortSignal,
): Promise<DeleteResponse | undefined> {
  const process = await readProcess(ctx, containerId, undefined, { signal })
  // A shim whose daemon was killed before it had made the task has none, and is in the way of the next one; a deletion ends it.
  if (process === undefined) return deleteEnded(ctx, containerId)
  const status = taskStatus(process.status)
  // A shim that does not answer kills nobody, and what has no pid was never made.
  const isAlive = status !== 'stopped' && status !== 'unknown' && process.pid !== 0
  if (isAlive) await kill(ctx, containerId, signal)
  await beforeDelete()
  return deleteEnded(ctx, containerId)
}

/** Deletes a task that has ended; the daemon refuses any other.
 *  @returns how it ended; undefined when there is none */
export async function deleteEnded(ctx: ClientContext, containerId: string): Promise<DeleteResponse | undefined> {
  try {
    return await ctx.services.tasks.delete({ containerId }, { timeoutMs: ctx.timing.cleanupMs })
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return undefined
    throw error
  }
}

/** The same when the daemon may be away: tries again after each new connection, until the time for cleaning up is over. */
export async function forceDeleteSurely(ctx: ClientContext, containerId: string): Promise<void> {
  await surely(ctx, () => forceDelete(ctx, containerId))
}

/** Repeats calls that fail because the daemon went away, until the time for cleaning up is over. */
export async function surely(ctx: ClientContext, calls: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  for (;;) {
    try {
      await calls()
      return
    } catch (error) {
      const leftMs = ctx.timing.cleanupMs - (performance.now() - start)
      if (!isTeuError(error, 'ERR_TEU_UNAVAILABLE') || leftMs <= 0 || ctx.closed.aborted) throw error
      await delay(RETRY_MS, ctx.closed)
      await ctx.link.isReadyWithin(leftMs)
    }
  }
}

/** Kills all processes of a task and waits for the end of the first. */
async function kill(ctx: ClientContext, containerId: string, signal: AbortSignal | undefined): Promise<void> {
  const given = new AbortController()
  const either = signal === undefined ? given.signal : AbortSignal.any([given.signal, signal])
  const ended = ctx.services.tasks.wait({ containerId }, { timeoutMs: ctx.timing.cleanupMs, signal: either })
  ended.catch(() => {})
  try {
    await ctx.services.tasks.kill({ containerId, signal: SIGKILL, all: true }, { signal })
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) {
      given.abort()
      throw error
    }
  }
  await ended.catch((error: unknown) => {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
  })
}
