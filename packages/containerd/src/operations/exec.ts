/** Further processes in a container that runs. */

import { checkOptions, isTeuError, type Process as ProcessSpec, TeuError, validateProcess } from '@teu/spec'
import { jsonAny, TYPE_URL } from '../any.ts'
import type { KnownContainer } from '../container/known-container.ts'
import { load } from '../container/load.ts'
import { ProcessRun } from '../container/process-run.ts'
import { readProcess } from '../container/read-process.ts'
import { deleteExec, forgetExec } from '../container/remove-exec.ts'
import { watchEnd } from '../container/watch-end.ts'
import type { ClientContext } from '../context.ts'
import { settlesWithin } from '../settles-within.ts'
import { refine } from '../error/refine.ts'
import { withSuppressed } from '../error/suppressed.ts'
import { owe } from '../events/owed.ts'
import { settleExit } from '../events/settle-exit.ts'
import { checkExecId } from '../identifiers.ts'
import { report } from '../report.ts'
import { taskStatus } from '../task-status.ts'
import type { StdioOptions } from '../types.ts'
import { surely } from './force-delete.ts'
import { openStdio, STDIO_RULES } from './open-stdio.ts'

const SIGKILL = 9
const KILLED = 137

/** Starts a process.
 *  @returns the host pid
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_NOT_FOUND, ERR_TEU_NOT_RUNNING, ERR_TEU_PAUSED, ERR_TEU_ALREADY_EXISTS, ERR_TEU_PROCESS_START,
 *                     ERR_TEU_UNAVAILABLE, ERR_TEU_RUNTIME; nothing is left of the process then */
export async function exec(ctx: ClientContext, id: string, execId: string, process: ProcessSpec, options: StdioOptions): Promise<number> {
  checkExecId(id, execId)
  checkOptions('exec', options, STDIO_RULES)
  const spec = validateProcess(process)
  return ctx.underWay.making(`exec in container "${id}"`, options.signal, async (signal) => {
    const container = await load(ctx, id, 'exec', signal)
    return container.lock.shared(async () => {
      await makeRoom(ctx, container, execId)
      signal.throwIfAborted()
      return begin(ctx, container, execId, spec, { ...options, signal })
    }, signal)
  })
}

function begin(ctx: ClientContext, container: KnownContainer, execId: string, spec: ProcessSpec, options: StdioOptions): Promise<number> {
  const run = new ProcessRun(container.id, execId)
  container.execs.set(execId, run)
  return run.during(async () => {
    try {
      await startExec(ctx, container, run, spec, options)
      options.signal?.throwIfAborted()
      return run.pid
    } catch (error) {
      throw (await undo(ctx, container, run, error)) as Error
    }
  })
}

/** Refuses what cannot be, and waits for an exec of the same name that has ended and is being deleted. */
async function makeRoom(ctx: ClientContext, container: KnownContainer, execId: string): Promise<void> {
  const { id: containerId, init } = container
  if (init === undefined || init.phase === 'exited') {
    throw new TeuError('ERR_TEU_NOT_RUNNING', `Cannot exec in container "${containerId}": it is not running`, {
      containerId,
      operation: 'exec',
    })
  }
  const ended = container.execs.get(execId)
  if (ended?.exit !== undefined && !ended.isForeign) await settlesWithin(ended.removed.promise, ctx.timing.cleanupMs)
  if (!container.execs.has(execId)) return
  throw new TeuError('ERR_TEU_ALREADY_EXISTS', `Cannot exec in container "${containerId}": process "${execId}" exists`, {
    containerId,
    operation: 'exec',
  })
}

async function startExec(
  ctx: ClientContext,
  container: KnownContainer,
  run: ProcessRun,
  spec: ProcessSpec,
  options: StdioOptions,
): Promise<void> {
  const { containerId, processId: execId } = run
  const { tasks } = ctx.services
  const stdio = await openStdio(ctx, container, run, spec.terminal === true, options)
  options.signal?.throwIfAborted()
  // From here on without the signal, as in start.
  await tasks.exec({ containerId, execId, ...stdio, spec: jsonAny(TYPE_URL.process, spec) })
  run.phase = 'created'
  owe(container, run, 'exec-added')
  const { pid } = await tasks.start({ containerId, execId })
  run.pid = pid
  run.phase = 'running'
  run.isStartTold = true
  owe(container, run, 'exec-started')
  run.io?.opened()
  watchEnd(ctx, container, run)
}

/** Removes what a failed exec has made.
 *  @returns the error for the caller */
async function undo(ctx: ClientContext, container: KnownContainer, run: ProcessRun, cause: unknown): Promise<unknown> {
  const { containerId, processId } = run
  const failure = await refine(ctx, { name: 'exec', containerId, processId }, cause)
  const wasTold = run.isStartTold
  run.isDiscarded = true
  run.io?.cancel()
  const suppressed: unknown[] = []
  // The one who was first keeps the name.
  if (run.phase !== 'starting' || !isTeuError(failure, 'ERR_TEU_ALREADY_EXISTS')) {
    await surely(ctx, () => killAndDelete(ctx, containerId, processId)).catch((error: unknown) => suppressed.push(error))
  }
  if (!wasTold) run.exited.reject(failure)
  if (wasTold) container.queue.push(() => settleExit(ctx, container, run, { exitCode: KILLED, source: 'resync' }))
  await forgetExec(container, run)
  return withSuppressed(failure, suppressed)
}

async function killAndDelete(ctx: ClientContext, containerId: string, execId: string): Promise<void> {
  const process = await readProcess(ctx, containerId, execId)
  if (process === undefined) return
  const status = taskStatus(process.status)
  const isPaused = status === 'paused' || status === 'pausing'
  try {
    if (status === 'running' || isPaused) await ctx.services.tasks.kill({ containerId, execId, signal: SIGKILL })
    // On cgroup v1 a paused process ends when it is resumed, and not before.
    if (isPaused) return void deleteLater(ctx, containerId, execId)
    if (status === 'running') await ctx.services.tasks.wait({ containerId, execId }, { timeoutMs: ctx.timing.cleanupMs })
    await deleteExec(ctx, containerId, execId)
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
  }
}

/** What is not deleted in the life of this client goes with the task. */
async function deleteLater(ctx: ClientContext, containerId: string, execId: string): Promise<void> {
  try {
    await ctx.services.tasks.wait({ containerId, execId }, { signal: ctx.closed })
    await deleteExec(ctx, containerId, execId)
  } catch (error) {
    const isExpected = ctx.closed.aborted || isTeuError(error, 'ERR_TEU_NOT_FOUND')
    if (!isExpected) report({ what: `delete process ${execId}`, containerId, error })
  }
}
