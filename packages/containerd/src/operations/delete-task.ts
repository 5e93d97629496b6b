/** Deleting what is left of a task, and records. */

import { TeuError, isTeuError } from '@teu/spec'
import { depart } from '../container/depart.ts'
import { forgetTask } from '../container/forget-task.ts'
import type { KnownContainer } from '../container/known-container.ts'
import { load } from '../container/load.ts'
import type { ProcessRun } from '../container/process-run.ts'
import { readProcess } from '../container/read-process.ts'
import { checkRun } from '../container/check-run.ts'
import type { ClientContext } from '../context.ts'
import { attempt } from '../error/refine.ts'
import { UNKNOWN_EXIT_CODE } from '../events/settle-exit.ts'
import { settleEnds } from '../events/tell-delete.ts'
import type { DeleteResponse } from '../gen/containerd/services/tasks/v1/tasks.gen.ts'
import { taskStatus } from '../task-status.ts'
import { readTime } from '../time.ts'
import type { DeletedTask } from '../types.ts'
import { removeBundle } from './remove-bundle.ts'
import { deleteEnded, forceDelete } from './force-delete.ts'

/** How to delete a task. */
export interface DeleteTaskOptions {
  /** Kills it first when it runs. */
  readonly force?: boolean
  readonly signal?: AbortSignal
}

/** Deletes a task that has stopped. No task, and no container, is no failure.
 *  @throws {TeuError} ERR_TEU_INVALID_STATE when it runs and `force` is not set, ERR_TEU_UNAVAILABLE */
export function deleteTask(ctx: ClientContext, id: string, options: DeleteTaskOptions): Promise<DeletedTask> {
  return ctx.underWay.clearing(() => deleteInTurn(ctx, id, options))
}

async function deleteInTurn(ctx: ClientContext, id: string, options: DeleteTaskOptions): Promise<DeletedTask> {
  let container: KnownContainer
  try {
    container = await load(ctx, id, 'deleteTask', options.signal)
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return nothingFound()
    throw error
  }
  return container.lock.exclusive(async () => {
    const run = container.init
    if (run !== undefined) run.isBeingDeleted = true
    try {
      return await attempt(ctx, { name: 'deleteTask', containerId: id }, () => carryOut(ctx, container, run, options))
    } finally {
      if (run !== undefined) run.isBeingDeleted = false
    }
  }, options.signal)
}

async function carryOut(
  ctx: ClientContext,
  container: KnownContainer,
  run: ProcessRun | undefined,
  options: DeleteTaskOptions,
): Promise<DeletedTask> {
  const answer = await deleteNow(ctx, container, run, options)
  if (run !== undefined) await conclude(ctx, container, run, answer)
  if (answer === undefined) return nothingFound()
  return { exitCode: answer.exitStatus, exitedAt: readTime(answer.exitedAt) ?? new Date(), found: true }
}

async function deleteNow(
  ctx: ClientContext,
  container: KnownContainer,
  run: ProcessRun | undefined,
  { force = false, signal }: DeleteTaskOptions,
): Promise<DeleteResponse | undefined> {
  // Mostly the exit has been told, and there is no need to ask. One that the daemon did not see itself proves nothing.
  const hasEnded = !force && run?.exit !== undefined && run.exit.error === undefined
  if (!hasEnded && !force) await checkStopped(ctx, container.id, signal)
  signal?.throwIfAborted()
  if (!hasEnded) return forceDelete(ctx, container.id, () => drain(ctx, container, run))
  await drain(ctx, container, run)
  return deleteEnded(ctx, container.id)
}

const nothingFound = (): DeletedTask => ({ exitCode: UNKNOWN_EXIT_CODE, exitedAt: new Date(), found: false })

/** The daemon deletes a task that is only created by killing it; without `force` we do not. */
async function checkStopped(ctx: ClientContext, containerId: string, signal: AbortSignal | undefined): Promise<void> {
  const process = await readProcess(ctx, containerId, undefined, { signal })
  if (process === undefined) return
  const status = taskStatus(process.status)
  if (status === 'stopped' || status === 'unknown' || (status === 'created' && process.pid === 0)) return
  throw new TeuError('ERR_TEU_INVALID_STATE', `Cannot delete the task of container "${containerId}": it is ${status}`, {
    containerId,
    operation: 'deleteTask',
    from: status,
    remedy: 'Stop it first, or use force',
  })
}

/** Lets what the programs have written be read; the shim closes its ends when the task is deleted. */
async function drain(ctx: ClientContext, container: KnownContainer, run: ProcessRun | undefined): Promise<void> {
  const streams = [run, ...container.execs.values()].map((one) => one?.io).filter((io) => io !== undefined)
  for (const io of streams) io.cancel()
  await Promise.all(streams.map((io) => io.drainedWithin(ctx.timing.drainMs)))
}

/** Brings the picture up to date. When the exit has not come as an event, it is told with what the answer says. */
async function conclude(ctx: ClientContext, container: KnownContainer, run: ProcessRun, answer: DeleteResponse | undefined): Promise<void> {
  if (answer !== undefined) {
    const { exitStatus: exitCode, exitedAt } = answer
    run.hear({ exitCode, exitedAt: readTime(exitedAt), source: 'resync' })
    container.queue.push(() => settleEnds(ctx, container, run))
    return forgetTask(ctx, container, run)
  }
  run.isBeingDeleted = false
  await checkRun(ctx, container, run)
  if (container.init === run) await forgetTask(ctx, container, run)
}

/** Deletes a record and the container's directory.
 *  @throws {TeuError} ERR_TEU_INVALID_STATE when there is a task, also one that has stopped; ERR_TEU_NOT_FOUND */
export function deleteContainer(ctx: ClientContext, id: string, signal?: AbortSignal): Promise<void> {
  return ctx.underWay.clearing(() => deleteRecord(ctx, id, signal))
}

async function deleteRecord(ctx: ClientContext, id: string, signal: AbortSignal | undefined): Promise<void> {
  const container = await load(ctx, id, 'delete', signal)
  await container.lock.exclusive(async () => {
    await attempt(ctx, { name: 'delete', containerId: id }, async () => {
      // The daemon does not look: without its record a task could be neither read nor deleted.
      const process = await readProcess(ctx, id, undefined, { signal })
      if (process !== undefined) throw hasTask(id, taskStatus(process.status))
      try {
        await ctx.services.containers.delete({ id }, { signal })
      } catch (error) {
        // Another client was faster; what is left of it here goes all the same.
        if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) await forgetContainer(ctx, container)
        throw error
      }
    })
    await forgetContainer(ctx, container)
  }, signal)
}

/** Takes a container whose record is gone out of the picture, with its streams and its directory. */
export async function forgetContainer(ctx: ClientContext, container: KnownContainer): Promise<void> {
  const { init } = container
  if (init !== undefined) await forgetTask(ctx, container, init)
  depart(ctx, container)
  await removeBundle(container.id, container.bundle)
}

function hasTask(containerId: string, from: string): Error {
  return new TeuError('ERR_TEU_INVALID_STATE', `Cannot delete container "${containerId}": it has a task, which is ${from}`, {
    containerId,
    operation: 'delete',
    from,
    remedy: 'Delete the task first',
  })
}
