/** Making and starting the task of a container. */

import { checkOptions, OPTION, type OptionRules, TeuError } from '@teu/spec'
import { forgetTask } from '../container/forget-task.ts'
import type { KnownContainer } from '../container/known-container.ts'
import { load } from '../container/load.ts'
import { ProcessRun } from '../container/process-run.ts'
import { specOf } from '../container/record.ts'
import { taskOptions } from '../container/runtime-ref.ts'
import { type TaskBasis, taskBasis } from '../container/task-basis.ts'
import { watchEnd } from '../container/watch-end.ts'
import { importCheckpoint, type ImportedCheckpoint } from '../checkpoint/import.ts'
import type { ClientContext } from '../context.ts'
import { refine } from '../error/refine.ts'
import { withSuppressed } from '../error/suppressed.ts'
import { owe } from '../events/owed.ts'
import { settleExit } from '../events/settle-exit.ts'
import { INIT_PROCESS, type StdioOptions } from '../types.ts'
import { forceDeleteSurely } from './force-delete.ts'
import { openStdio, STDIO_RULES } from './open-stdio.ts'
import { rootfsMounts } from './rootfs-mounts.ts'

/** How to start a container. */
export interface StartOptions extends StdioOptions {
  /** Restores what `createCheckpoint` has put there. */
  readonly checkpointDir?: string
}

/** A task whose program waits for `start`. */
export interface CreatedTask {
  /** 0 for a task that is restored from a checkpoint. */
  readonly pid: number
  /** The network namespace, to be set up before the program runs. */
  readonly netnsPath: string
}

const KILLED = 137

const RULES: OptionRules = { ...STDIO_RULES, checkpointDir: OPTION.path }

/** Makes a task and leaves it created.
 *  @throws {TeuError} as {@link start} */
export async function createTask(ctx: ClientContext, id: string, options: StartOptions): Promise<CreatedTask> {
  checkOptions('createTask', options, RULES)
  const run = await ctx.underWay.making(`create the task of container "${id}"`, options.signal, async (signal) => {
    const container = await load(ctx, id, 'create the task of', signal)
    return container.lock.exclusive(() => begin(ctx, container, { ...options, signal }, false), signal)
  })
  return { pid: run.pid, netnsPath: `/proc/${run.pid}/ns/net` }
}

/** Starts a container, or the program of a task that `createTask` has made.
 *  @returns the host pid
 *  @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_ALREADY_EXISTS when there is a task, ERR_TEU_PROCESS_START, ERR_TEU_UNAVAILABLE,
 *                     ERR_TEU_RUNTIME; nothing is left of the task then */
export async function start(ctx: ClientContext, id: string, options: StartOptions): Promise<number> {
  checkOptions('start', options, RULES)
  const run = await ctx.underWay.making(`start container "${id}"`, options.signal, async (signal) => {
    const container = await load(ctx, id, 'start', signal)
    const own = { ...options, signal }
    return container.lock.exclusive(() => {
      const { init } = container
      if (init?.phase !== 'created' || init.exit !== undefined) return begin(ctx, container, own, true)
      checkPlain(id, own)
      return carryOut(ctx, container, init, own, (made) => startProgram(ctx, container, made))
    }, signal)
  })
  return run.pid
}

/** Streams and checkpoint are a matter of the task, which is there already. */
function checkPlain(containerId: string, { stdio, withStdin, checkpointDir }: StartOptions): void {
  if (stdio === undefined && withStdin === undefined && checkpointDir === undefined) return
  const message = `Cannot start container "${containerId}" with these options: its task was made before, give them to createTask`
  throw new TeuError('ERR_TEU_USAGE', message, { containerId, operation: 'start' })
}

function begin(ctx: ClientContext, container: KnownContainer, options: StartOptions, isToRun: boolean): Promise<ProcessRun> {
  if (container.init !== undefined) {
    const { id: containerId } = container
    throw new TeuError('ERR_TEU_ALREADY_EXISTS', `Cannot start container "${containerId}": it has a task`, { containerId })
  }
  options.signal?.throwIfAborted()
  const run = new ProcessRun(container.id, INIT_PROCESS)
  container.init = run
  container.oomKilled = false
  return carryOut(ctx, container, run, options, async () => {
    const checkpoint = options.checkpointDir === undefined ? undefined : await importCheckpoint(ctx, options.checkpointDir, options.signal)
    try {
      await makeTask(ctx, container, run, options, checkpoint)
      // The restore happens at the start, so the checkpoint is needed until then.
      if (isToRun) await startProgram(ctx, container, run)
      else watchEnd(ctx, container, run)
    } finally {
      if (isToRun || run.pid === 0) await checkpoint?.release()
    }
  })
}

/** Runs the calls of a start; whatever fails, or an abort, leaves no task. */
function carryOut(
  ctx: ClientContext,
  container: KnownContainer,
  run: ProcessRun,
  options: StartOptions,
  calls: (run: ProcessRun) => Promise<void>,
): Promise<ProcessRun> {
  return run.during(async () => {
    try {
      await calls(run)
      options.signal?.throwIfAborted()
      return run
    } catch (error) {
      throw (await undo(ctx, container, run, error)) as Error
    }
  })
}

async function makeTask(
  ctx: ClientContext,
  container: KnownContainer,
  run: ProcessRun,
  options: StartOptions,
  checkpoint: ImportedCheckpoint | undefined,
): Promise<void> {
  const { signal } = options
  const basis = await basisOf(ctx, container, signal)
  const rootfs = await rootfsMounts(ctx, basis, signal)
  const stdio = await openStdio(ctx, container, run, basis.terminal, options)
  signal?.throwIfAborted()
  // From here on without the signal: a call that is given up goes on in the daemon, and could not be undone in order.
  const { pid } = await ctx.services.tasks.create({
    containerId: container.id,
    ...stdio,
    rootfs,
    ...optional('checkpoint', checkpoint?.descriptor),
    ...optional('options', taskOptions(basis.runtime, basis.owner)),
  })
  run.pid = pid
  run.phase = 'created'
  owe(container, run, 'create')
  // With a checkpoint the shim opens its ends when it restores.
  if (checkpoint === undefined) run.io?.opened()
  signal?.throwIfAborted()
}

/** Mostly a container is started by who has made it, at once. */
async function basisOf(ctx: ClientContext, container: KnownContainer, signal: AbortSignal | undefined): Promise<TaskBasis> {
  const { freshBasis, id: containerId } = container
  container.freshBasis = undefined
  if (freshBasis !== undefined) return freshBasis
  const { container: record } = await ctx.services.containers.get({ id: containerId }, { signal })
  if (record !== undefined) return taskBasis(record, specOf(record))
  throw new TeuError('ERR_TEU_RUNTIME', `Cannot start container "${containerId}": containerd answers without its record`, { containerId })
}

async function startProgram(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  const { pid } = await ctx.services.tasks.start({ containerId: run.containerId })
  run.pid = pid
  run.phase = 'running'
  run.isStartTold = true
  owe(container, run, 'start')
  run.io?.opened()
  // That of `createTask` goes on.
  if (run.watch === undefined) watchEnd(ctx, container, run)
}

/** Removes what a failed start has made.
 *  @returns the error for the caller */
async function undo(ctx: ClientContext, container: KnownContainer, run: ProcessRun, cause: unknown): Promise<unknown> {
  const failure = await refine(ctx, { name: 'start', containerId: container.id }, cause)
  const wasTold = run.isStartTold
  run.isDiscarded = true
  run.io?.cancel()
  const suppressed: unknown[] = []
  await forceDeleteSurely(ctx, container.id).catch((error: unknown) => suppressed.push(error))
  if (!wasTold) run.exited.reject(failure)
  if (wasTold) container.queue.push(() => settleExit(ctx, container, run, { exitCode: KILLED, source: 'resync' }))
  await forgetTask(ctx, container, run)
  return withSuppressed(failure, suppressed)
}

/** A property that is absent instead of undefined. */
function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
