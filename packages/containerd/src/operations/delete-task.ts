/** Deleting what is left of a task, and records. */

import { checkOptions, isTeuError, OPTION, type OptionRules, TeuError } from '@teu/spec'
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

const RULES: OptionRules = { force: OPTION.flag, signal: OPTION.abortSignal }

/** Deletes a task that has stopped. No task, and no container, is no failure.
 *  @throws {TeuError} ERR_TEU_INVALID_STATE when it runs and `force` is not set, ERR_TEU_UNAVAILABLE */
export async function deleteTask(ctx: ClientContext, id: string, options: DeleteTaskOptions): Promise<DeletedTask> {
  checkOptions('deleteTask', options, RULES)
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
  return container.lock.exclusive(
    () => attempt(ctx, { name: 'deleteTask', containerId: id }, () => carryOut(ctx, container, options)),
    options.signal,
  )
}

/** Deletes the task and brings the picture up to date. Needs the container's lock. */
async function carryOut(ctx: ClientContext, container: KnownContainer, options: DeleteTaskOptions): Promise<DeletedTask> {
  const run = container.init
  if (run !== undefined) run.isBeingDeleted = true
  try {
    const answer = await deleteNow(ctx, container, run, options)
    if (run !== undefined) await conclude(ctx, container, run, answer)
    if (answer === undefined) return nothingFound()
    return { exitCode: answer.exitStatus, exitedAt: readTime(answer.exitedAt) ?? new Date(), found: true }
  } finally {
    if (run !== undefined) run.isBeingDeleted = false
  }
}

async function deleteNow(
  ctx: ClientContext,
  container: KnownContainer,
  run: ProcessRun | undefined,
  { force = false, signal }: DeleteTaskOptions,
): Promise<DeleteResponse | undefined> {
  // Mostly the exit has been told, and there is no need to ask. One that the daemon did not see itself proves nothing.
  const hasEnded = run?.exit !== undefined && run.exit.error === undefined
  if (!hasEnded && !force) await checkStopped(ctx, container.id, signal)
  signal?.throwIfAborted()
  if (hasEnded) {
    await drain(ctx, container, run)
    try {
      return await deleteEnded(ctx, container.id)
    } catch (error) {
      // Another client has started it again a moment ago.
      if (!force || !isTeuError(error, 'ERR_TEU_INVALID_STATE')) throw error
    }
  }
  return forceDelete(ctx, container.id, () => drain(ctx, container, run), signal)
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

/** How to delete a container. After an abort with `force` the task may be gone and the record still there; a second call does the rest. */
export interface DeleteOptions {
  /** Deletes its task first, and kills that when it runs. */
  readonly force?: boolean
  readonly signal?: AbortSignal
}

/** Deletes a record and the container's directory.
 *  @throws {TeuError} ERR_TEU_INVALID_STATE when there is a task, also one that has stopped, and `force` is not set; ERR_TEU_NOT_FOUND;
 *                     ERR_TEU_UNAVAILABLE */
export async function deleteContainer(ctx: ClientContext, id: string, options: DeleteOptions): Promise<void> {
  checkOptions('delete', options, RULES)
  await ctx.underWay.clearing(() => deleteRecord(ctx, id, 'delete', options))
}

/** The same in the course of another operation.
 *  @param operation  in messages */
export async function deleteRecord(ctx: ClientContext, id: string, operation: string, options: DeleteOptions): Promise<void> {
  const { force = false, signal } = options
  const container = await load(ctx, id, operation, signal)
  await container.lock.exclusive(async () => {
    await attempt(ctx, { name: operation, containerId: id }, async () => {
      // The daemon does not look: without its record a task could be neither read nor deleted.
      if (force) await carryOut(ctx, container, options)
      else await checkNoTask(ctx, id, signal)
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

async function checkNoTask(ctx: ClientContext, containerId: string, signal: AbortSignal | undefined): Promise<void> {
  const process = await readProcess(ctx, containerId, undefined, { signal })
  if (process === undefined) return
  const from = taskStatus(process.status)
  throw new TeuError('ERR_TEU_INVALID_STATE', `Cannot delete container "${containerId}": it has a task, which is ${from}`, {
    containerId,
    operation: 'delete',
    from,
    remedy: 'Delete the task first, or use force',
  })
}
