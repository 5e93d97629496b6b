/** Comparing a run with what the daemon says about it now. */

import { TeuError } from '@teu/spec'
import type { ClientContext } from '../context.ts'
import { settleExit, UNKNOWN_EXIT_CODE } from '../events/settle-exit.ts'
import { tellDelete } from '../events/tell-delete.ts'
import { tellPause, tellStart } from '../events/tell-owed.ts'
import type { Process } from '../gen/containerd/v1/types/task.gen.ts'
import { processInfo } from '../task-status.ts'
import { INIT_PROCESS } from '../types.ts'
import { findOom } from './find-oom.ts'
import { forgetTask } from './forget-task.ts'
import type { KnownContainer } from './known-container.ts'
import type { ProcessRun } from './process-run.ts'
import { readProcess } from './read-process.ts'

/** Reads the state of a run and tells of what has changed unnoticed. Runs in the container's queue.
 *  @throws {TeuError} when the daemon does not answer; nothing is concluded then */
export async function checkRun(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  if (isDecidedElsewhere(run)) return
  const process = await readProcess(ctx, container.id, run.processId)
  // The call may have begun, or the exit come, while this one was on its way.
  if (isDecidedElsewhere(run)) return
  if (process === undefined || (process.pid !== 0 && !run.mayHavePid(process.pid))) return lose(ctx, container, run)
  const info = processInfo(process)
  if (run.processId === INIT_PROCESS && info.status !== 'created' && info.status !== 'unknown') {
    noteStart(ctx, container, run)
    await findOom(ctx, container, run)
    if (isDecidedElsewhere(run)) return
  }
  switch (info.status) {
    case 'stopped':
      return settleExit(ctx, container, run, { exitCode: info.exitCode ?? UNKNOWN_EXIT_CODE, exitedAt: info.exitedAt, source: 'resync' })
    case 'running':
    case 'paused':
    case 'pausing':
      noteStart(ctx, container, run)
      // Only a container as a whole is paused; its execs merely say so too.
      if (run.processId === INIT_PROCESS) tellPause(ctx, container, run, info.status !== 'running')
      return
    case 'created':
    case 'unknown':
  }
}

/** Tells that a task is gone whose end was told before. Runs in the container's queue.
 *  @throws {TeuError} when the daemon does not answer; nothing is concluded then */
export async function checkGone(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  const process = await readProcess(ctx, container.id)
  const isGone = process === undefined || (process.pid !== 0 && !run.mayHavePid(process.pid))
  // A call of this client that deletes it will say so.
  if (!isGone || run.isBeingDeleted || container.init !== run) return
  await tellDelete(ctx, container, run)
  if (container.init === run) await forgetTask(ctx, container, run)
}

/** The exit is being told, or a call of this client will say what becomes of the run. */
function isDecidedElsewhere(run: ProcessRun): boolean {
  return run.exit !== undefined || run.inFlight !== undefined || run.isBeingDeleted || run.isDiscarded
}

async function lose(ctx: ClientContext, container: KnownContainer, run: ProcessRun): Promise<void> {
  const what = run.processId === INIT_PROCESS ? 'task' : `process "${run.processId}"`
  const error = new TeuError('ERR_TEU_NOT_FOUND', `The ${what} went away, and nobody knows how it ended`, { containerId: container.id })
  if (run.processId !== INIT_PROCESS)
    return settleExit(ctx, container, run, run.heard ?? { exitCode: UNKNOWN_EXIT_CODE, error, source: 'resync' })
  run.hear({ exitCode: UNKNOWN_EXIT_CODE, error, source: 'resync' })
  await tellDelete(ctx, container, run)
  if (container.init === run) await forgetTask(ctx, container, run)
}

function noteStart(ctx: ClientContext, container: KnownContainer, run: ProcessRun): void {
  run.phase = 'running'
  run.isStartTold = true
  if (run.owesStart) tellStart(ctx, container, run)
}

/** The phase that a process of the wire is in. */
export function phaseOf(process: Process): ProcessRun['phase'] {
  const { status } = processInfo(process)
  return status === 'created' ? 'created' : status === 'stopped' ? 'exited' : 'running'
}
